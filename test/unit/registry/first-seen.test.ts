import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, layer } from '../../../src/demo/image.ts';
import { errorReply } from '../../../src/demo/reply.ts';
import { ContentCache } from '../../../src/distribution/cache.ts';
import type { RepositoryInventory } from '../../../src/domain/inventory.ts';
import { adapter, cacheFolder, fill, openCache, withServer } from './oci-fixture.ts';

const created = '2024-03-01T12:00:00Z';
const one = image({ layers: [layer('1', 10)], created });
const two = image({ layers: [layer('2', 10)], created });

/** The time of each tag that has one. */
function timesIn({ manifests }: RepositoryInventory): Record<string, string> {
  return Object.assign({}, ...manifests.map(({ firstSeen }) => firstSeen));
}

/** Another run with the same cache. */
async function run(server: EmbeddedRegistry, folder: string): Promise<RepositoryInventory> {
  const cache = openCache(folder);
  const inventory = await adapter(server.url, { cache }).inventory('team/app');
  await cache.close();
  return inventory;
}

/** A server whose repository was read once, with v1 and v2 in it. */
async function readOnce(): Promise<{ server: EmbeddedRegistry; folder: string }> {
  const { server } = await withServer({ referrersApi: false });
  const folder = await cacheFolder();
  await fill(server, [
    [one, 'v1'],
    [two, 'v2'],
  ]);
  await run(server, folder);
  return { server, folder };
}

it('a tag that is new or has moved since the repository was read before was first seen now, and is so in every later run', async () => {
  const { server, folder } = await readOnce();
  const before = new Date().toISOString();
  await fill(server, [
    [one, 'promoted'],
    [one, 'v2'],
  ]);
  const second = await run(server, folder);
  const times = timesIn(second);
  expect(Object.keys(times)).toEqual(['promoted', 'v2']);
  for (const time of Object.values(times)) expect(time >= before && time <= new Date().toISOString()).toBe(true);
  expect(await run(server, folder)).toEqual(second);
});

it('no tag of a repository that was never read before was first seen, nor where nothing remembers', async () => {
  const { server, folder } = await readOnce();
  expect(timesIn(await run(server, folder))).toEqual({});
  await fill(server, [[one, 'v3']]);
  expect(timesIn(await adapter(server.url).inventory('team/app'))).toEqual({});
  expect(timesIn(await run(server, await cacheFolder()))).toEqual({});
});

it('a tag that could not be read before was not first seen when it can be', async () => {
  const { server } = await withServer({ referrersApi: false });
  const folder = await cacheFolder();
  await fill(server, [
    [one, 'v1'],
    [two, 'v2'],
  ]);
  const off = server.onRequest(({ path }) => (path.endsWith('/v2') ? errorReply('UNKNOWN') : undefined));
  expect((await run(server, folder)).complete).toBe(false);
  off();
  expect(timesIn(await run(server, folder))).toEqual({});
});

it('a time outlives a run that could not read its tag', async () => {
  const { server, folder } = await readOnce();
  await fill(server, [[one, 'v3']]);
  const times = timesIn(await run(server, folder));
  const off = server.onRequest(({ path }) => (path.endsWith('/v3') ? errorReply('UNKNOWN') : undefined));
  expect((await run(server, folder)).complete).toBe(false);
  off();
  expect(timesIn(await run(server, folder))).toEqual(times);
});

it('a tag that goes back to where it once was is first seen again', async () => {
  const { server, folder } = await readOnce();
  await fill(server, [[one, 'v2']]);
  const moved = timesIn(await run(server, folder))['v2']!;
  await fill(server, [[two, 'v2']]);
  expect(timesIn(await run(server, folder))['v2']! >= moved).toBe(true);
});

it('nothing is told where the time cannot be kept, since it would be another one in every run', async () => {
  const { server, folder } = await readOnce();
  await fill(server, [[one, 'v3']]);
  class FullCache extends ContentCache {
    override writeTags(): Promise<boolean> {
      return Promise.resolve(false);
    }
  }
  const cache = new FullCache(folder);
  expect(timesIn(await adapter(server.url, { cache }).inventory('team/app'))).toEqual({});
});

it('a damaged file counts as a repository that was never read', async () => {
  const { server, folder } = await readOnce();
  await truncate(join(folder, 'facts'), (await stat(join(folder, 'facts'))).size - 1);
  await fill(server, [[one, 'v3']]);
  expect(timesIn(await run(server, folder))).toEqual({});
});
