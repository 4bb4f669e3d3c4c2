import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { image, index, layer, type Pushable } from '../../src/demo/image.ts';
import { createHttpClient } from '../../src/http/create-http-client.ts';
import type { HttpClient } from '../../src/http/http-client.ts';
import { createEcrRegistry } from '../../src/registry/ecr/create-registry.ts';
import { openEcrRegistry } from '../../src/registry/ecr/open-registry.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { type Moto, skipWithoutMoto, startMoto } from './servers/moto.ts';
import { asDigest } from '../digest.ts';

const REPOSITORY = 'team/app';
const CREDENTIALS = { accessKeyId: 'AKIAMOTO000000000000', secretAccessKey: 'moto-takes-any-secret' };

const missing = skipWithoutMoto();

/**
 * What goes over the wire, against a server that is not ours. For how ECR behaves moto is no witness: it ignores pages and filters, deletes
 * what an index holds, and does not say which untagged images it has deleted.
 */
describe.skipIf(missing)(`the adapter for ECR on moto${missing ? ' [skipped: the program moto_server is not installed]' : ''}`, () => {
  const one = image({ layers: [layer('one', 100)] });
  const child = image({ layers: [layer('child', 100)] });
  const list = index([child]);
  let moto: Moto;
  let http: HttpClient;
  let registry: Registry;

  beforeAll(async () => {
    moto = await startMoto();
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    const client = new ECRClient({ region: 'eu-central-1', endpoint: moto.url, credentials: CREDENTIALS });
    await client.send(new CreateRepositoryCommand({ repositoryName: REPOSITORY }));
    const put = ({ bytes, mediaType, digest }: Pushable, imageTag: string): Promise<unknown> =>
      client.send(
        new PutImageCommand({
          repositoryName: REPOSITORY,
          imageManifest: bytes.toString('utf8'),
          imageManifestMediaType: mediaType,
          imageDigest: digest,
          imageTag,
        }),
      );
    await put(child, 'child');
    await put(list, 'list');
    await put(one, 'v1');
    await put(one, 'latest');
    client.destroy();
    http = createHttpClient({ userAgent: 'test/1', env: {} });
    registry = createEcrRegistry({
      name: 'moto',
      url: 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com',
      endpoint: moto.url,
      http,
      credentials: CREDENTIALS,
    });
  });
  afterAll(async () => {
    await http?.close();
    await moto?.stop();
  });

  it('lists repositories and reads what is in them', async () => {
    const names: string[] = [];
    for await (const name of registry.repositories()) names.push(name);
    expect(names).toEqual([REPOSITORY]);
    const { complete, manifests } = await registry.inventory(REPOSITORY);
    expect(complete).toBe(true);
    expect(Object.fromEntries(manifests.map(({ digest, tags, children }) => [digest, { tags, children }]))).toEqual({
      [child.digest]: { tags: ['child'], children: [] },
      [list.digest]: { tags: ['list'], children: [child.digest] },
      [one.digest]: { tags: ['latest', 'v1'], children: [] },
    });
  });

  it('finds images by tag and by digest, and tells what is not there', async () => {
    expect(await registry.resolveTag(REPOSITORY, 'v1')).toBe(one.digest);
    expect(await registry.resolveTag(REPOSITORY, 'nowhere')).toBeUndefined();
    expect((await registry.tagsOf!(REPOSITORY, one.digest)).toSorted()).toEqual(['latest', 'v1']);
    expect(Buffer.from((await registry.readManifest(REPOSITORY, one.digest))!.bytes)).toEqual(one.bytes);
    expect(await registry.readManifest(REPOSITORY, asDigest(`sha256:${'0'.repeat(64)}`))).toBeUndefined();
    await expect(registry.listTags('team/nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is asked which account a registry under a name of its own is of', async () => {
    const own = await openEcrRegistry({
      name: 'own',
      url: 'https://images.example.com',
      region: 'eu-central-1',
      endpoint: moto.url,
      http,
      credentials: CREDENTIALS,
    });
    expect(own.url).toBe('https://123456789012.dkr.ecr.eu-central-1.amazonaws.com');
    expect((await own.listTags(REPOSITORY)).toSorted()).toEqual(['child', 'latest', 'list', 'v1']);
  });

  it('takes a tag off, deletes images, and puts one back', async () => {
    await registry.checkDelete(REPOSITORY, { tags: true });
    expect(await registry.deleteTag(REPOSITORY, 'latest', one.digest)).toEqual({ outcome: 'deleted' });
    expect(await registry.deleteTag(REPOSITORY, 'v1', one.digest)).toMatchObject({ outcome: 'locked' });
    const manifest = (await registry.readManifest(REPOSITORY, one.digest))!;
    const outcomes = await Promise.all([one, list].map(({ digest }) => registry.deleteManifest(REPOSITORY, digest)));
    expect(outcomes).toEqual([{ outcome: 'deleted' }, { outcome: 'deleted' }]);
    expect(await registry.deleteManifest(REPOSITORY, one.digest)).toEqual({ outcome: 'gone' });
    expect(await registry.listTags(REPOSITORY)).toEqual(['child']);
    await registry.putManifest(REPOSITORY, manifest, 'v1');
    expect((await registry.listTags(REPOSITORY)).toSorted()).toEqual(['child', 'v1']);
  });
});
