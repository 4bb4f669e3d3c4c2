import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachmentTag, attestation, cosignSignature, sbom } from '../../../../src/demo/attachments.ts';
import { artifact, content, image, index, layer } from '../../../../src/demo/image.ts';
import { OCI_INDEX } from '../../../../src/domain/media-types.ts';
import { ContentCache } from '../../../../src/distribution/cache.ts';
import { APP, callsOf, connect, failure, fakeGar } from './gar-fixture.ts';
import { asDigest } from '../../../digest.ts';
import type { Digest } from '../../../../src/domain/digest.ts';
import { SWEEPING } from '../../../sweep.ts';

const app = image({ layers: [layer('app', 100)], created: '2025-01-01T00:00:00Z' });
const arm = image({ layers: [layer('arm', 100)], created: '2025-01-02T00:00:00Z', platform: 'linux/arm64' });

describe('the inventory of an image', () => {
  it('takes the settings of the repository and the list of its images, and no manifest of what that tells', async () => {
    const fake = await fakeGar();
    const both = index([app, arm, attestation(app)]);
    fake.push(APP, both, ['v1'], { pushedAt: '2025-02-01T00:00:00Z' });
    fake.push(APP, cosignSignature(both), [attachmentTag(both.digest, 'sig')]);
    const { complete, manifests } = await connect(fake).inventory(APP);
    expect(complete).toBe(true);
    const [found] = manifests.filter(({ digest }) => digest === both.digest);
    expect(found).toMatchObject({
      tags: ['v1'],
      children: both.children.map(({ digest }) => digest),
      pushedAt: '2025-02-01T00:00:00.000Z',
      createdAt: '2025-01-02T00:00:00.000Z',
    });
    expect(callsOf(fake)).toEqual(['GET repositories/images', 'GET dockerImages']);
    expect(fake.calls.every(({ path }) => !path.includes('%25'))).toBe(true);
    expect(fake.violations).toEqual([]);
  });

  it('tells when a tag was first seen on an image that was there before, for no API tells when it was set', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'regprune-gar-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const fake = await fakeGar();
    fake.push(APP, app, ['v1'], { pushedAt: '2025-01-01T00:00:00Z' });
    const read = () => connect(fake, { cache: new ContentCache(folder) }).inventory(APP);
    expect((await read()).manifests[0]).not.toHaveProperty('firstSeen');
    fake.push(APP, app, ['promoted'], { pushedAt: '2025-01-01T00:00:00Z' });
    expect(Object.keys((await read()).manifests[0]?.firstSeen ?? {})).toEqual(['promoted']);
    expect(await read()).toEqual(await read());
  });

  it('reads the manifests of artifacts for their subjects, and none of them twice where there is a cache', async () => {
    const fake = await fakeGar();
    const bill = sbom(app, '2025-01-01T00:00:00Z');
    fake.push(APP, app, ['v1']);
    fake.push(APP, bill);
    const folder = await mkdtemp(join(tmpdir(), 'regprune-gar-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const reads: string[] = [];
    const read = async (): Promise<unknown> => {
      reads.length = 0;
      const cache = new ContentCache(folder);
      const { manifests } = await connect(
        fake,
        { cache },
        { onTrace: ({ url }) => void (url.includes('/v2/') && reads.push(url)) },
      ).inventory(APP);
      await cache.close();
      return manifests.find(({ digest }) => digest === bill.digest);
    };
    expect(await read()).toMatchObject({ subject: app.digest, artifactType: 'application/spdx+json' });
    expect(reads).toEqual([expect.stringContaining(bill.digest)]);
    expect(await read()).toMatchObject({ subject: app.digest });
    expect(reads).toEqual([]);
  });

  it('finds what is attached by a fallback tag', async () => {
    const fake = await fakeGar();
    const bill = sbom(app, '2025-01-01T00:00:00Z');
    fake.push(APP, app, ['v1']);
    fake.push(APP, bill);
    const list = content(
      OCI_INDEX,
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [{ mediaType: bill.mediaType, digest: bill.digest, size: bill.bytes.length, artifactType: bill.artifactType }],
      }),
    );
    fake.store.put(fake.repository(APP), 'team/app', { ...list, tag: attachmentTag(app.digest) });
    const { manifests } = await connect(fake).inventory(APP);
    expect(manifests.find(({ digest }) => digest === list.digest)).toMatchObject({
      tags: [attachmentTag(app.digest)],
      children: [bill.digest],
    });
  });

  it('reads an index of which the list does not tell what it holds', async () => {
    const fake = await fakeGar();
    const both = index([app, arm]);
    fake.push(APP, both, ['v1']);
    const stored = fake.repository(APP).packages.get('team/app')!.images;
    stored.set(both.digest, { ...stored.get(both.digest)!, children: [] });
    const { manifests } = await connect(fake).inventory(APP);
    expect(manifests.find(({ digest }) => digest === both.digest)).toMatchObject({
      children: [app.digest, arm.digest],
      size: both.bytes.length,
    });
  });

  it('has every tag of an image with more than the hundred that are told of it', async () => {
    const fake = await fakeGar();
    const tags = Array.from({ length: 250 }, (_, n) => `build-${n}`);
    fake.push(APP, app, tags);
    const registry = connect(fake);
    const { manifests } = await registry.inventory(APP);
    expect(manifests[0]!.tags).toEqual(tags.toSorted());
    expect((await registry.tagsOf!(APP, app.digest)).toSorted()).toEqual(tags.toSorted());
  });

  it('is read once for all images of a repository, and anew for one that is asked for again', async () => {
    const fake = await fakeGar();
    const names = ['one', 'two', 'three'].map((name) => `my-project/images/${name}`);
    for (const name of names) fake.push(name, app, ['v1']);
    const registry = connect(fake);
    await Promise.all(names.map((name) => registry.inventory(name)));
    expect(callsOf(fake)).toEqual(['GET repositories/images', 'GET dockerImages']);
    fake.push(names[0]!, arm, ['v2']);
    expect((await registry.inventory(names[0]!)).manifests).toHaveLength(2);
  });

  it('protects every tag of a repository with immutable tags, where none can be taken off', async () => {
    const fake = await fakeGar();
    fake.push(APP, app, ['v1', 'v2']);
    fake.push(APP, arm);
    fake.repository(APP).immutableTags = true;
    const registry = connect(fake);
    const { capabilities, manifests } = await registry.inventory(APP);
    expect(capabilities.deleteTag).toBe(false);
    expect(Object.fromEntries(manifests.map(({ digest, lockedTags }) => [digest, lockedTags]))).toEqual({
      [app.digest]: ['v1', 'v2'],
      [arm.digest]: undefined,
    });
    expect(await failure(registry.checkDelete(APP, { tags: true }))).toMatchObject({ code: 'NOT_APPLYABLE' });
    expect(await registry.deleteTag(APP, 'v1', app.digest)).toMatchObject({ outcome: 'locked' });
    expect(await registry.deleteManifest(APP, app.digest)).toMatchObject({ outcome: 'locked' });
    expect(await registry.deleteManifest(APP, arm.digest)).toEqual({ outcome: 'deleted' });
  });

  it('is refused of a virtual repository and of one that holds no images, and had of a remote one that is named', async () => {
    const fake = await fakeGar();
    fake.push(APP, app, ['v1']);
    const repository = fake.repository(APP);
    repository.mode = 'VIRTUAL_REPOSITORY';
    expect(await failure(connect(fake).inventory(APP))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('virtual') as string,
    });
    expect(await failure(connect(fake).checkDelete(APP, { tags: false }))).toMatchObject({ code: 'DELETE_DISABLED' });
    repository.mode = 'STANDARD_REPOSITORY';
    repository.format = 'NPM';
    expect((await failure(connect(fake).inventory(APP))).message).toContain('NPM');
    repository.format = 'DOCKER';
    repository.mode = 'REMOTE_REPOSITORY';
    expect((await connect(fake).inventory(APP)).complete).toBe(true);
  });

  it('of an image that is not there is an error, and of one without any version is empty', async () => {
    const fake = await fakeGar();
    fake.push(APP, app, ['v1']);
    const registry = connect(fake);
    const { packages } = fake.repository(APP);
    const stored = packages.get('team/app')!;
    packages.delete('team/app');
    fake.push('my-project/images/other', app, ['v1']);
    expect(await failure(registry.inventory(APP))).toMatchObject({ code: 'NOT_FOUND' });
    packages.set('team/app', { ...stored, images: new Map() });
    expect(await registry.inventory(APP)).toMatchObject({ complete: true, manifests: [] });
  });

  it('is not found of a project, or of a repository of Artifact Registry: those hold images', async () => {
    const fake = await fakeGar();
    for (const name of ['my-project', 'my-project/images']) {
      expect(await failure(connect(fake).inventory(name))).toMatchObject({
        code: 'NOT_FOUND',
        hint: expect.stringContaining(`prod/${name}/**`) as string,
      });
    }
  });

  it('waits where the quota is used up', async () => {
    const fake = await fakeGar();
    fake.push(APP, app, ['v1']);
    // More often than the HTTP client itself tries.
    fake.exhaust(20);
    expect((await connect(fake).inventory(APP)).complete).toBe(true);
  });

  it('tells the artifact type of a chart, and when it was made, from its manifest', async () => {
    const fake = await fakeGar();
    const chart = artifact({
      config: content('application/vnd.cncf.helm.config.v1+json', '{}'),
      annotations: { 'org.opencontainers.image.created': '2025-03-01T00:00:00Z' },
    });
    fake.push(APP, chart, ['1.0.0']);
    const [found] = (await connect(fake).inventory(APP)).manifests;
    expect(found).toMatchObject({ artifactType: 'application/vnd.cncf.helm.config.v1+json', createdAt: '2025-03-01T00:00:00.000Z' });
    expect(found).not.toHaveProperty('annotations');
  });
});

const COUNT = SWEEPING ? 100_000 : 3000;

describe(`${COUNT} images in one repository`, () => {
  it('take a request for each 1000 of them, and one for its settings', async () => {
    const fake = await fakeGar();
    const repository = fake.repository(APP);
    fake.push(APP, app, ['v0']);
    const stored = repository.packages.get('team/app')!;
    const digestOf = (n: number): Digest => asDigest(`sha256:${n.toString(16).padStart(64, '0')}`);
    const base = { bytes: Buffer.alloc(0), size: 1000, uploadedAt: Date.UTC(2025, 0, 1), updatedAt: Date.UTC(2025, 0, 1), children: [] };
    for (let n = 4; n < COUNT + 3; n += 4) {
      const children = [1, 2, 3].map((m) => ({
        digest: digestOf(n + m),
        mediaType: app.mediaType,
        platform: m === 3 ? { os: 'unknown', architecture: 'unknown' } : { os: 'linux', architecture: `arch${m}` },
      }));
      stored.images.set(digestOf(n), { ...base, digest: digestOf(n), mediaType: OCI_INDEX, children });
      stored.tags.set(`v${n}`, digestOf(n));
      for (const child of children)
        stored.images.set(child.digest, {
          ...base,
          digest: child.digest,
          mediaType: app.mediaType,
          ...(child.platform.os === 'linux' && { buildTime: '2025-01-01T00:00:00Z' }),
        });
    }
    expect(stored.images.size).toBe(COUNT + 1);
    const { complete, manifests } = await connect(fake).inventory(APP);
    expect(complete).toBe(true);
    expect(manifests).toHaveLength(COUNT + 1);
    expect(fake.calls).toHaveLength(1 + COUNT / 1000 + 1);
  });
});
