import { expect, test } from 'vitest';
import { lostParts } from '../../../src/apply/lost-parts.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { buildCache } from '../registry/build-cache.ts';

test('of a cache of BuildKit are looked for as blobs, since no layer is to be had as a manifest', async () => {
  const cache = buildCache('one', 'two');
  const [, gone] = cache.blobs;
  const asked: string[] = [];
  const registry: Pick<Registry, 'hasBlob' | 'hasManifest'> = {
    hasBlob: async (_, digest) => digest !== gone!.digest,
    hasManifest: async (_, digest) => {
      asked.push(digest);
      throw new Error('the registry answered status 500');
    },
  };
  expect(await lostParts(registry as Registry, 'team/app', cache)).toEqual([gone!.digest]);
  expect(asked).toEqual([]);
});
