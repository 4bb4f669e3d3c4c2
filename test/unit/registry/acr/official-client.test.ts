import { ContainerRegistryClient } from '@azure/container-registry';
import { describe, expect, it } from 'vitest';
import { identity } from '../../../fakes/acr/accounts.ts';
import type { FakeAcr } from '../../../fakes/acr/fake-acr.ts';
import { HAS_OPENSSL, makeCertificates } from '../../http/test-certificates.ts';
import { app, withAcr } from './acr-fixture.ts';

/** The fake, spoken to by Microsoft's own client: what it can do there, our adapter may rely on. It wants TLS. */
async function withClient(abac = false): Promise<{ acr: FakeAcr; client: ContainerRegistryClient }> {
  const { ca, server } = makeCertificates();
  const roles = abac ? ['Container Registry Repository Contributor', 'Container Registry Repository Catalog Lister'] : ['Contributor'];
  const acr = await withAcr({ tls: server, maxPage: 2, abac, accounts: [identity('entra-token', roles, { abac })] });
  const credential = { getToken: async () => ({ token: 'entra-token', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const client = new ContainerRegistryClient(acr.url, credential, { tlsOptions: { ca }, retryOptions: { maxRetries: 0 } });
  put(acr, 'team/app', [['one', 'v1', 'v2'], ['two', 'v3'], ['three']]);
  put(acr, 'team/other', [['one', 'v1']]);
  put(acr, 'third', [['one', 'v1']]);
  return { acr, client };
}

/** Straight into the store: pushing is not what is looked at here. */
function put({ store }: FakeAcr, name: string, images: readonly (readonly [seed: string, ...tags: string[]])[]): void {
  const repository = store.ensureRepository(name);
  for (const [seed, ...tags] of images) {
    const { digest, mediaType, bytes, blobs } = app(seed);
    for (const blob of blobs) store.blobs.set(blob.digest, blob.bytes);
    const locks = { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true };
    repository.manifests.set(digest, {
      digest,
      mediaType,
      bytes,
      imageSize: 70,
      architecture: 'amd64',
      os: 'linux',
      createdTime: store.now(),
      lastUpdateTime: store.now(),
      locks,
    });
    for (const tag of tags) store.setTag(repository, tag, digest);
  }
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}

describe.skipIf(!HAS_OPENSSL)(`the official client${HAS_OPENSSL ? '' : ' [skipped: no openssl]'}`, () => {
  it.each([false, true])('lists repositories, manifests and tags over several pages (ABAC: %s)', async (abac) => {
    const { client } = await withClient(abac);
    expect(await all(client.listRepositoryNames())).toEqual(['team/app', 'team/other', 'third']);
    const repository = client.getRepository('team/app');
    expect(await repository.getProperties()).toMatchObject({ name: 'team/app', manifestCount: 3, tagCount: 3, canDelete: true });
    const manifests = await all(repository.listManifestProperties());
    expect(manifests.map(({ digest }) => digest).toSorted()).toEqual(['one', 'two', 'three'].map((seed) => app(seed).digest).toSorted());
    expect(manifests.find(({ digest }) => digest === app('one').digest)).toMatchObject({
      tags: ['v1', 'v2'],
      architecture: 'amd64',
      operatingSystem: 'linux',
      canWrite: true,
    });
    // The client lists all tags of the repository, whatever the artifact.
    const tags = await all(client.getArtifact('team/app', app('one').digest).listTagProperties());
    expect(tags.map(({ name, digest }) => [name, digest])).toEqual([
      ['v1', app('one').digest],
      ['v2', app('one').digest],
      ['v3', app('two').digest],
    ]);
    const newest = await all(repository.listManifestProperties({ order: 'LastUpdatedOnDescending' }));
    expect(newest).toHaveLength(3);
  });

  it('locks, takes off and deletes', async () => {
    const { acr, client } = await withClient();
    const image = client.getArtifact('team/app', app('one').digest);
    expect(await image.updateTagProperties('v1', { canDelete: false })).toMatchObject({ canDelete: false });
    await expect(image.deleteTag('v1')).rejects.toMatchObject({ statusCode: 405 });
    await image.deleteTag('v2');
    expect([...acr.store.repository('team/app').tags.keys()]).toEqual(['v1', 'v3']);
    await image.updateManifestProperties({ canWrite: false });
    await expect(image.delete()).rejects.toMatchObject({ statusCode: 405 });
    await client.getArtifact('team/app', app('two').digest).delete();
    expect(acr.store.repository('team/app').manifests.has(app('two').digest)).toBe(false);
    await client.deleteRepository('third');
    expect(await all(client.listRepositoryNames())).toEqual(['team/app', 'team/other']);
    await expect(client.getRepository('third').getProperties()).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('NAME_UNKNOWN') as string,
    });
    await expect(image.getTagProperties('none')).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('TAG_UNKNOWN') as string,
    });
  });
});
