import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attachmentTag, attestation, cosignSignature, helmChart, sbom } from '../../../src/demo/attachments.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { RecordFile } from '../../../src/distribution/record-file.ts';
import { adapter, asked, cacheFolder, fill, openCache, withServer } from './oci-fixture.ts';

const created = '2024-03-01T12:00:00Z';
const one = image({ layers: [layer('1', 10)], created });
const two = image({ layers: [layer('2', 10)], created: '2024-04-01T12:00:00Z' });
const amd = image({ layers: [layer('3', 10)], created, platform: 'linux/amd64' });
const arm = image({ layers: [layer('4', 10)], created, platform: 'linux/arm64' });
const entry = attestation(amd);
const multi = index([amd, arm, entry]);
const outer = index([multi, two]);
const signature = cosignSignature(one);
const chart = helmChart({ name: 'web', version: '1.0.0', created });

const contents = [
  [one, 'v1', 'v1.0', 'latest'],
  [two, 'v2'],
  [multi, 'multi', 'multi-2'],
  [outer, 'outer'],
  [signature, attachmentTag(one.digest, 'sig')],
  [chart, '1.0.0'],
] as const;
const TAGS = ['v1', 'v1.0', 'latest', 'v2', 'multi', 'multi-2', 'outer', attachmentTag(one.digest, 'sig'), '1.0.0'];
const config = (thing: typeof one) => `GET /blobs/${thing.blobs[0]!.digest}`;
/** Every image's config but the chart's, the signature's and the attestation's. */
const CONFIGS = [one, two, amd, arm].map(config);
/** Children without a tag of their own. */
const CHILDREN = [amd, arm, entry.child].map(({ digest }) => `GET /manifests/${digest}`);
const PROBE = 'GET /tags/list?n=none';
const LIST = 'GET /tags/list';

function onlyReads(server: EmbeddedRegistry): void {
  expect(new Set(server.requests.map(({ method }) => method))).toEqual(
    new Set(server.requests.some(({ method }) => method === 'HEAD') ? ['GET', 'HEAD'] : ['GET']),
  );
  expect(asked(server)).toEqual([...new Set(asked(server))]);
}

describe('without a referrers API', () => {
  it('sends one GET a tag, one a child, one a config, and nothing twice', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, contents);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    const lookUps = asked(server).filter((line) => line.includes('/referrers/'));
    expect(lookUps).toHaveLength(1);
    expect(asked(server)).toEqual(
      [LIST, PROBE, ...TAGS.map((tag) => `GET /manifests/${tag}`), ...CHILDREN, ...CONFIGS, ...lookUps].toSorted(),
    );
    onlyReads(server);
  });

  it('does not read the config of an attestation that a fallback tag lists besides', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    const provenance = attestation(amd, { subject: true });
    await fill(server, [[index([amd, provenance]), 'v1'], [provenance.child]]);
    expect((await registry.inventory('team/app')).manifests.flatMap(({ tags }) => tags)).toContain(attachmentTag(amd.digest));
    expect(asked(server).filter((line) => line.includes('/blobs/'))).toEqual([config(amd)]);
  });

  it('asks neither for referrers nor for tag deletion again in the next repository', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, contents);
    await fill(server, contents, 'team/other');
    await registry.inventory('team/app');
    server.requests.length = 0;
    const inventory = await registry.inventory('team/other');
    expect(inventory.capabilities.deleteTag).toBe(true);
    expect(server.requests.filter(({ path }) => /referrers|n=none/.test(path))).toEqual([]);
    expect(server.requests).toHaveLength(1 + TAGS.length + CHILDREN.length + CONFIGS.length);
  });

  it('asks once even where repositories are read side by side', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, contents);
    await fill(server, contents, 'team/other');
    await Promise.all([registry.inventory('team/app'), registry.inventory('team/other')]);
    expect(server.requests.filter(({ path }) => path.includes('/referrers/'))).toHaveLength(1);
    expect(server.requests.filter(({ path }) => path.includes('n=none'))).toHaveLength(1);
  });
});

describe('with the referrers API', () => {
  it('adds one look-up for each manifest, and one GET for each referrer', async () => {
    const { server, registry } = await withServer();
    const bill = sbom(amd, created);
    await fill(server, [...contents, [bill]]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    const manifests = [one, two, multi, outer, signature, chart, amd, arm, entry.child, bill].map(({ digest }) => digest);
    expect(inventory.manifests.map(({ digest }) => digest)).toEqual(manifests.toSorted());
    expect(asked(server)).toEqual(
      [
        LIST,
        PROBE,
        ...TAGS.map((tag) => `GET /manifests/${tag}`),
        ...CHILDREN,
        `GET /manifests/${bill.digest}`,
        ...CONFIGS,
        ...manifests.map((digest) => `GET /referrers/${digest}`),
      ].toSorted(),
    );
    onlyReads(server);
  });
});

it('reads once what indexes of different depth hold, and reads the config of what only some of them call an attestation', async () => {
  const { server, registry } = await withServer();
  const inner = index([amd, { child: arm, platform: 'unknown/unknown' }]);
  await fill(server, [[index([index([inner]), inner, arm]), 'v1']]);
  const inventory = await registry.inventory('team/app');
  expect(inventory.manifests).toHaveLength(5);
  expect(asked(server)).toContain(config(arm));
  onlyReads(server);
});

it('asks whether one tag can be taken off once and no more, even where there is no answer', async () => {
  const { server, registry } = await withServer({ referrersApi: false });
  await fill(server, contents);
  await fill(server, contents, 'team/other');
  server.onRequest(({ path }) => (path.endsWith('n=none') ? 'reset' : undefined));
  expect((await registry.inventory('team/app')).capabilities.deleteTag).toBe(false);
  expect((await registry.inventory('team/other')).capabilities.deleteTag).toBe(false);
  expect(asked(server).filter((line) => line === PROBE)).toHaveLength(1);
});

it('does not ask whether one tag can be taken off where no digest has two', async () => {
  const { server, registry } = await withServer({ referrersApi: false });
  await fill(server, [
    [one, 'v1', attachmentTag(two.digest)],
    [two, 'v2'],
  ]);
  const { capabilities } = await registry.inventory('team/app');
  expect(capabilities.deleteTag).toBe(false);
  expect(asked(server)).not.toContain(PROBE);
});

describe('with a cache', () => {
  it('sends one HEAD a tag and the list when nothing has changed, also in another run', async () => {
    const folder = await cacheFolder();
    const cache = openCache(folder);
    const { server, registry } = await withServer({ referrersApi: false }, { cache });
    await fill(server, contents);
    const cold = await registry.inventory('team/app');
    await cache.close();
    server.requests.length = 0;
    const warm = await adapter(server.url, { cache: openCache(folder) }).inventory('team/app');
    expect(warm).toEqual(cold);
    const lookUps = asked(server).filter((line) => line.includes('/referrers/'));
    expect(lookUps).toHaveLength(1);
    expect(asked(server)).toEqual([LIST, PROBE, ...TAGS.map((tag) => `HEAD /manifests/${tag}`), ...lookUps].toSorted());
    onlyReads(server);
  });

  it('sends a GET for a new tag, and for a moved one only where its image is new', async () => {
    const folder = await cacheFolder();
    const { server, registry } = await withServer({ referrersApi: false }, { cache: openCache(folder) });
    await fill(server, [
      [one, 'v1', 'a'],
      [two, 'v2', 'b'],
    ]);
    await registry.inventory('team/app');
    const three = image({ layers: [layer('5', 10)], created });
    await fill(server, [
      [two, 'a'],
      [three, 'v1', 'b'],
      [one, 'c'],
    ]);
    const inventory = await registry.inventory('team/app');
    expect(Object.fromEntries(inventory.manifests.flatMap(({ tags, digest }) => tags.map((tag) => [tag, digest])))).toEqual({
      v1: three.digest,
      a: two.digest,
      v2: two.digest,
      b: three.digest,
      c: one.digest,
    });
    expect(asked(server)).toEqual(
      [
        LIST,
        'HEAD /manifests/v1',
        'HEAD /manifests/a',
        'HEAD /manifests/v2',
        'HEAD /manifests/b',
        `GET /manifests/${three.digest}`,
        'GET /manifests/c',
        config(three),
      ].toSorted(),
    );
  });

  it('reads a tag whole where HEAD does not name the digest', async () => {
    const { server, registry } = await withServer({ referrersApi: false }, { cache: openCache(await cacheFolder()) });
    await fill(server, [[one, 'v1']]);
    await registry.inventory('team/app');
    server.requests.length = 0;
    server.onRequest(({ method }) =>
      method === 'HEAD'
        ? ({ headers: { 'docker-content-digest': _digest, ...headers } = {}, ...reply }) => ({ ...reply, headers })
        : undefined,
    );
    const inventory = await registry.inventory('team/app');
    expect(inventory.manifests.map(({ digest }) => digest)).toEqual([one.digest]);
    expect(asked(server)).toEqual([LIST, 'GET /manifests/v1', 'HEAD /manifests/v1'].toSorted());
  });

  it('holds contents and tags, and nothing of the credentials', async () => {
    const folder = await cacheFolder();
    const cache = openCache(folder);
    const { server, registry } = await withServer(
      { referrersApi: false, auth: { scheme: 'basic', user: 'ann', password: 's3cret' } },
      { cache, user: 'ann', password: 's3cret' },
    );
    await push(server, 'team/app', one, ['v1'], { auth: { user: 'ann', password: 's3cret' } });
    expect((await registry.inventory('team/app')).complete).toBe(true);
    await cache.close();
    const files = await readdir(folder);
    expect(files.toSorted()).toEqual(['contents', 'facts']);
    const texts = files.map((file) => unpackedText(join(folder, file)));
    expect(texts.join('')).toContain('layers');
    const secrets = ['ann', 's3cret', Buffer.from('ann:s3cret').toString('base64')];
    expect(texts.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  });

  it.each(['/proc/no/such/folder', '/dev/null/folder'])('stays without effect where it cannot be written (%s)', async (folder) => {
    const { server, registry } = await withServer({ referrersApi: false }, { cache: openCache(folder) });
    await fill(server, [[one, 'v1']]);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect((await registry.inventory('team/app')).manifests).toEqual(inventory.manifests);
    expect(server.requests.filter(({ path }) => path.endsWith('/manifests/v1')).map(({ method }) => method)).toEqual(['GET', 'GET']);
  });
});

/** What a file of the cache holds. */
function unpackedText(path: string): string {
  const file = new RecordFile(path);
  let text = '';
  file.scan((place) => (text += file.read(place)?.payload.toString() ?? ''));
  file.close();
  return text;
}

it('needs one token for all of a repository', async () => {
  const users = [{ name: 'ann', password: 's3cret', access: { 'team/app': ['pull', 'push'] } }];
  const { server, registry } = await withServer({ auth: { scheme: 'bearer', users } }, { user: 'ann', password: 's3cret' });
  await push(server, 'team/app', multi, ['v1'], { auth: { user: 'ann', password: 's3cret' } });
  server.requests.length = 0;
  expect((await registry.inventory('team/app')).complete).toBe(true);
  expect(
    server.requests.filter(({ path }) => path.startsWith('/token')).map(({ path }) => new URL(path, server.url).searchParams.get('scope')),
  ).toEqual(['repository:team/app:pull']);
  expect(server.requests.filter(({ status }) => status === 401).map(({ path }) => path)).toEqual(['/v2/']);
});
