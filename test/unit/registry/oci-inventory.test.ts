import { describe, expect, it } from 'vitest';
import { attachmentTag, attestation, cosignSignature, helmChart, sbom } from '../../../src/demo/attachments.ts';
import { artifact, content, image, index, layer } from '../../../src/demo/image.ts';
import { errorReply } from '../../../src/demo/reply.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import { buildCache } from './build-cache.ts';
import { asked, cacheFolder, fill, find, openCache, withServer } from './oci-fixture.ts';

const created = '2024-03-01T12:00:00Z';
const base = layer('base', 512);
const app = image({
  layers: [base, layer('app', 100)],
  created,
  labels: { team: 'payments', keep: 'true' },
  annotations: { source: 'git' },
});

describe('an image', () => {
  it('has its tags, time, labels, annotations, platform, config and blobs', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1', 'latest']]);
    const inventory = await registry.inventory('team/app');
    const config = app.blobs[0]!;
    expect(inventory).toMatchObject({ registry: 'prod', type: 'oci', repository: 'team/app', complete: true });
    expect(inventory).not.toHaveProperty('problems');
    expect(inventory.manifests).toEqual([
      {
        digest: app.digest,
        mediaType: OCI_MANIFEST,
        size: app.bytes.length + config.bytes.length + 512 + 100,
        tags: ['latest', 'v1'],
        createdAt: '2024-03-01T12:00:00.000Z',
        config: config.digest,
        children: [],
        labels: { team: 'payments', keep: 'true' },
        annotations: { source: 'git' },
        platforms: ['linux/amd64'],
        blobs: [
          { digest: app.digest, size: app.bytes.length },
          { digest: config.digest, size: config.bytes.length },
          { digest: base.digest, size: 512 },
          { digest: app.blobs[2]!.digest, size: 100 },
        ],
      },
    ]);
  });

  it('counts a layer that it holds twice once', async () => {
    const { server, registry } = await withServer();
    const twice = image({ layers: [base, base], created });
    await fill(server, [[twice, 'v1']]);
    const manifest = find(await registry.inventory('team/app'), 'v1');
    expect(manifest.blobs?.map(({ digest }) => digest)).toEqual([twice.digest, twice.blobs[0]!.digest, base.digest]);
    expect(manifest.size).toBe(twice.bytes.length + twice.blobs[0]!.bytes.length + 512);
  });

  it('is read in Docker format as well', async () => {
    const { server, registry } = await withServer();
    const docker = image({ layers: [base], created, labels: { a: 'b' }, platform: 'linux/arm/v7', format: 'docker' });
    await fill(server, [[index([docker], { format: 'docker' }), 'v1']]);
    const inventory = await registry.inventory('team/app');
    expect(find(inventory, 'v1')).toMatchObject({ mediaType: DOCKER_LIST, children: [docker.digest], platforms: ['linux/arm/v7'] });
    expect(find(inventory, docker.digest)).toMatchObject({
      mediaType: DOCKER_MANIFEST,
      tags: [],
      labels: { a: 'b' },
      platforms: ['linux/arm/v7'],
    });
  });

  it('has no time where its config has none, and not the time of its reading', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[image({ layers: [base] }), 'v1']]);
    expect(find(await registry.inventory('team/app'), 'v1')).not.toHaveProperty('createdAt');
  });

  it('keeps the time of a reproducible build as it is: what that means is decided elsewhere', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[image({ layers: [base], created: '0001-01-01T00:00:00Z' }), 'v1']]);
    expect(find(await registry.inventory('team/app'), 'v1').createdAt).toBe('0001-01-01T00:00:00.000Z');
  });
});

describe('an index', () => {
  const amd = image({ layers: [base], created: '2024-03-01T12:00:00Z', platform: 'linux/amd64' });
  const arm = image({ layers: [base], created: '2024-03-01T12:30:00Z', platform: 'linux/arm64/v8' });

  it('has the labels that its images agree on, so that a protected label protects it', async () => {
    const { server, registry } = await withServer();
    const labelled = (platform: string, arch: string) => image({ layers: [base], created, labels: { keep: 'true', arch }, platform });
    await fill(server, [[index([labelled('linux/amd64', 'amd64'), labelled('linux/arm64', 'arm64')]), 'v1']]);
    expect(find(await registry.inventory('team/app'), 'v1').labels).toEqual({ keep: 'true' });
  });

  it('knows the labels of what an index calls an attestation where that has a tag of its own, for they may protect it', async () => {
    const { server, registry } = await withServer();
    const labelled = image({ layers: [base], created, labels: { keep: 'true' }, platform: 'linux/amd64' });
    const entry = { ...attestation(amd), child: labelled };
    await fill(server, [
      [index([amd, entry]), 'v1'],
      [labelled, 'pinned'],
    ]);
    expect(find(await registry.inventory('team/app'), 'pinned').labels).toEqual({ keep: 'true' });
  });

  it('knows the labels of an image whose only tag is its own digest, or the hash of something that is not here', async () => {
    const { server, registry } = await withServer();
    const labelled = (name: string) => image({ layers: [base], created, labels: { name } });
    const [mirrored, hashed] = [labelled('mirrored'), labelled('hashed')];
    await fill(server, [
      [mirrored, attachmentTag(mirrored.digest)],
      [hashed, `sha256-${'7'.repeat(64)}`],
    ]);
    const inventory = await registry.inventory('team/app');
    expect([mirrored, hashed].map(({ digest }) => find(inventory, digest).labels)).toEqual([{ name: 'mirrored' }, { name: 'hashed' }]);
  });

  it('is as new as its newest image, has their platforms, and counts its own bytes alone', async () => {
    const { server, registry } = await withServer();
    const multi = index([amd, arm, attestation(amd)], { annotations: { a: 'b' } });
    await fill(server, [[multi, 'v1']]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.manifests).toHaveLength(4);
    expect(find(inventory, 'v1')).toEqual({
      digest: multi.digest,
      mediaType: OCI_INDEX,
      size: multi.bytes.length,
      tags: ['v1'],
      createdAt: '2024-03-01T12:30:00.000Z',
      children: multi.children.map(({ digest }) => digest),
      annotations: { a: 'b' },
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      blobs: [{ digest: multi.digest, size: multi.bytes.length }],
    });
  });

  it('is as new as the newest image to any depth', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[index([index([index([arm])]), amd]), 'v1']]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.manifests).toHaveLength(5);
    expect(find(inventory, 'v1')).toMatchObject({ createdAt: '2024-03-01T12:30:00.000Z', platforms: ['linux/amd64', 'linux/arm64/v8'] });
  });

  it('has no time where one of its images has none, for that may be the newest', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[index([amd, image({ layers: [base], platform: 'linux/s390x' })]), 'v1']]);
    expect(find(await registry.inventory('team/app'), 'v1')).not.toHaveProperty('createdAt');
  });

  it('does not need the time of a child that is no image', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[index([amd, artifact({ artifactType: 'application/spdx+json' })]), 'v1']]);
    expect(find(await registry.inventory('team/app'), 'v1').createdAt).toBe('2024-03-01T12:00:00.000Z');
  });

  it('falls back to its own annotation', async () => {
    const { server, registry } = await withServer();
    await fill(server, [
      [index([artifact({ artifactType: 'a/b' })], { annotations: { 'org.opencontainers.image.created': created } }), 'v1'],
    ]);
    expect(find(await registry.inventory('team/app'), 'v1').createdAt).toBe('2024-03-01T12:00:00.000Z');
  });

  it('that is a cache of BuildKit has the layers that it lists as its blobs, and they are not asked for as manifests', async () => {
    const { server, registry } = await withServer();
    const cache = buildCache('one', 'two');
    const [one, two, config] = cache.blobs;
    await fill(server, [[app, 'v1']]);
    const stored = server.storage.repository('team/app');
    stored.manifests.set(cache.digest, { ...stored.manifests.get(app.digest)!, mediaType: cache.mediaType, bytes: cache.bytes });
    stored.tags.set('cache', cache.digest);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(find(inventory, 'cache')).toMatchObject({
      size: cache.bytes.length + 2 * 700 + config!.bytes.length,
      children: [one!.digest, two!.digest, config!.digest],
      blobs: [cache, one, two, config].map((blob) => ({ digest: blob!.digest, size: blob!.bytes.length })),
    });
    expect(asked(server).filter((request) => cache.blobs.some(({ digest }) => request.includes(digest)))).toEqual([]);
  });

  it('lists a child that was never pushed and is complete all the same', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[index([amd, arm]), 'v1']]);
    server.storage.repository('team/app').manifests.delete(arm.digest);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(inventory.manifests.map(({ digest }) => digest)).not.toContain(arm.digest);
    expect(find(inventory, 'v1')).toMatchObject({
      children: [amd.digest, arm.digest],
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      createdAt: '2024-03-01T12:00:00.000Z',
    });
  });
});

describe('artifacts and attachments', () => {
  it('has the artifact type of a chart and the time of its annotation', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[helmChart({ name: 'web', version: '1.0.0', created }), '1.0.0']]);
    expect(find(await registry.inventory('team/app'), '1.0.0')).toMatchObject({
      artifactType: 'application/vnd.cncf.helm.config.v1+json',
      createdAt: '2024-03-01T12:00:00.000Z',
    });
  });

  describe('a Wasm module', () => {
    const config = (json: string) => content('application/vnd.wasm.config.v0+json', json);
    const told = { created: '2024-05-01T00:00:00Z', architecture: 'wasm', os: 'wasip2', config: { Labels: { keep: 'true' } } };

    it('has the time of its config, and nothing else of it', async () => {
      const { server, registry } = await withServer({ referrersApi: false });
      const wasm = artifact({ artifactType: 'application/wasm', config: config(JSON.stringify(told)), layers: [layer('wasm', 10)] });
      await fill(server, [[wasm, 'v1']]);
      const read = find(await registry.inventory('team/app'), 'v1');
      expect(read).toMatchObject({ createdAt: '2024-05-01T00:00:00.000Z' });
      expect([read.labels, read.platforms]).toEqual([undefined, undefined]);
    });

    it('has the time of its annotation, for which no config is read', async () => {
      const { server, registry } = await withServer({ referrersApi: false });
      const annotations = { 'org.opencontainers.image.created': '2024-06-01T00:00:00Z' };
      await fill(server, [[artifact({ config: config(JSON.stringify(told)), annotations }), 'v1']]);
      expect(find(await registry.inventory('team/app'), 'v1').createdAt).toBe('2024-06-01T00:00:00.000Z');
      expect(asked(server).filter((line) => line.includes('/blobs/'))).toEqual([]);
    });

    it.each(['[]', '{"created":7}', '{}'])('has no time where its config is %s, and that is no problem', async (json) => {
      const { server, registry } = await withServer({ referrersApi: false });
      await fill(server, [[artifact({ config: config(json), layers: [layer('wasm', 10)] }), 'v1']]);
      const inventory = await registry.inventory('team/app');
      expect(inventory.complete).toBe(true);
      expect(find(inventory, 'v1').createdAt).toBeUndefined();
    });

    it('has no time where the registry has lost its config, and that is no problem', async () => {
      const { server, registry } = await withServer({ referrersApi: false });
      await fill(server, [[artifact({ config: config(JSON.stringify(told)) }), 'v1']]);
      server.onRequest(({ path }) => (path.includes('/blobs/') ? errorReply('BLOB_UNKNOWN') : undefined));
      const inventory = await registry.inventory('team/app');
      expect(inventory.complete).toBe(true);
      expect(find(inventory, 'v1').createdAt).toBeUndefined();
    });
  });

  it('has cosign tags and fallback tags as the tags that they are', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    const signature = cosignSignature(app);
    const bill = sbom(app, created);
    await fill(server, [[app, 'v1'], [signature, attachmentTag(app.digest, 'sig')], [bill]]);
    const inventory = await registry.inventory('team/app');
    expect(find(inventory, signature.digest).tags).toEqual([attachmentTag(app.digest, 'sig')]);
    expect(find(inventory, attachmentTag(app.digest))).toMatchObject({ mediaType: OCI_INDEX, children: [bill.digest] });
    expect(find(inventory, bill.digest)).toMatchObject({ subject: app.digest, artifactType: 'application/spdx+json', tags: [] });
  });

  it('has an attestation that is both child and referrer once, with both edges', async () => {
    const { server, registry } = await withServer();
    const entry = attestation(app, { subject: true });
    const multi = index([app, entry]);
    await fill(server, [[multi, 'v1']]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.manifests).toHaveLength(3);
    expect(find(inventory, entry.child.digest)).toMatchObject({
      subject: app.digest,
      artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    });
    expect(find(inventory, 'v1').children).toContain(entry.child.digest);
  });

  it('finds referrers of images, of children and of referrers', async () => {
    const { server, registry } = await withServer({ pageSize: 1 });
    const multi = index([app]);
    const [one, two] = [sbom(app, created), sbom(multi, created)];
    const signature = artifact({
      artifactType: 'application/vnd.cncf.notary.signature',
      subject: one,
      config: content('application/vnd.oci.empty.v1+json', '{}'),
    });
    const another = artifact({ artifactType: 'application/vnd.cncf.notary.signature', subject: app });
    await fill(server, [[multi, 'v1'], [one], [two], [signature], [another]]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.problems).toBeUndefined();
    expect(inventory.manifests.map(({ digest }) => digest)).toEqual(
      [multi, app, one, two, signature, another].map(({ digest }) => digest).toSorted(),
    );
    expect(find(inventory, signature.digest).subject).toBe(one.digest);
  });
});

describe('what something is attached to', () => {
  const bill = sbom(app, created);
  const signature = cosignSignature(app);
  const gone = cosignSignature(image({ layers: [], created }));

  it.each([false, true])('is there without a tag: then that is no orphan (referrers API: %s)', async (referrersApi) => {
    const { server, registry } = await withServer({ referrersApi });
    await fill(server, [
      [index([app])],
      [signature, attachmentTag(app.digest, 'sig')],
      [artifact({ artifactType: 'a/b', subject: index([app]) }), 'notes'],
    ]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(find(inventory, app.digest)).toMatchObject({ tags: [], createdAt: '2024-03-01T12:00:00.000Z' });
    expect(find(inventory, index([app]).digest)).toMatchObject({ tags: [], children: [app.digest] });
  });

  it.each(['src', 'vex'])('is there without a tag under the suffix %s too, for that decides what the tag is', async (suffix) => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [[app], [signature, `${attachmentTag(app.digest)}.${suffix}`]]);
    const inventory = await registry.inventory('team/app');
    expect(find(inventory, app.digest).tags).toEqual([]);
  });

  it('is not there, and that is no problem', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    const absent = image({ layers: [], created }).digest;
    await fill(server, [
      [app, 'v1'],
      [gone, attachmentTag(absent, 'sig')],
    ]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(inventory.manifests.map(({ digest }) => digest)).toEqual([app.digest, gone.digest].toSorted());
    expect(asked(server).filter((line) => line.includes(`/manifests/${absent}`))).toEqual([`GET /manifests/${absent}`]);
  });

  it('is not taken for there because it is in the cache', async () => {
    const { server, registry } = await withServer({ referrersApi: false }, { cache: openCache(await cacheFolder()) });
    await fill(server, [[app], [bill, 'bill'], [signature, attachmentTag(app.digest, 'sig')]]);
    expect((await registry.inventory('team/app')).manifests.map(({ digest }) => digest)).toContain(app.digest);
    server.requests.length = 0;
    expect((await registry.inventory('team/app')).manifests.map(({ digest }) => digest)).toContain(app.digest);
    expect(asked(server).filter((line) => line.includes(app.digest))).toEqual([`HEAD /manifests/${app.digest}`]);
    server.storage.repository('team/app').manifests.delete(app.digest);
    expect((await registry.inventory('team/app')).manifests.map(({ digest }) => digest)).not.toContain(app.digest);
  });

  it('makes the repository incomplete where it cannot be read', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [[app], [signature, attachmentTag(app.digest, 'sig')]]);
    server.onRequest(({ path }) => (path.endsWith(`/manifests/${app.digest}`) ? { status: 404 } : undefined));
    expect((await registry.inventory('team/app')).complete).toBe(false);
  });
});

it('sorts manifests by digest and tags by code unit, whatever order the answers come in', async () => {
  const { server, registry } = await withServer({ ignorePaging: true });
  const images = Array.from({ length: 12 }, (_, n) => image({ layers: [layer(`l${n}`, 10)], created }));
  await fill(
    server,
    images.map((one, n) => [one, `z${n}`, `B${n}`, `a${n}`] as const),
  );
  server.onRequest(async () => void (await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))));
  const inventory = await registry.inventory('team/app');
  expect(inventory.manifests.map(({ digest }) => digest)).toEqual(images.map(({ digest }) => digest).toSorted());
  for (const { tags } of inventory.manifests) expect(tags).toEqual([...tags].toSorted());
});

it('tells its progress', async () => {
  const { server, registry } = await withServer();
  await fill(server, [[index([app]), 'v1']]);
  const seen: [number, number][] = [];
  await registry.inventory('team/app', { onProgress: (done, total) => seen.push([done, total]) });
  expect(seen.at(-1)).toEqual([3, 3]);
});
