import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Blob } from '../../../src/domain/inventory.ts';
import { buildGraph } from '../../../src/graph/graph.ts';
import { Blobs, type BlobUse } from '../../../src/plan/blobs.ts';
import { asDigest } from '../../digest.ts';
import { manifest } from './fixture.ts';

const GB = 2 ** 30;

function blob(name: string, size: number): Blob {
  return { digest: asDigest(`sha256:${createHash('sha256').update(name).digest('hex')}`), size };
}

/** What a repository of two images does to its blobs: `a` goes and `b` stays. */
function use(blobs: Blobs, goes: readonly Blob[], stays: readonly Blob[]): BlobUse {
  const { nodes } = buildGraph([manifest('a', { tags: ['a'], blobs: goes }), manifest('b', { tags: ['b'], blobs: stays })]);
  const decision = (action: 'delete' | 'keep') => ({ action, untag: [], reasons: [] });
  return blobs.use(
    nodes,
    nodes.map(({ manifest: { tags } }) => decision(tags[0] === 'a' ? 'delete' : 'keep')),
  );
}

test('what only manifests that go hold is freed, once, whatever its size and however many sums came before', () => {
  const blobs = new Blobs();
  const base = blob('base', 5 * GB);
  const uses = Array.from({ length: 600 }, (_, number) => {
    const goes = Array.from({ length: 10 }, (__, layer) => blob(`${number} ${layer}`, layer === 0 ? 7 * GB : 100 + layer));
    return use(blobs, [base, ...goes, ...goes], number === 599 ? [base] : [blob(`kept ${number}`, 1)]);
  });
  const own = 7 * GB + 945;
  // Each sum is of its own: the base layer counts where the repository that keeps it is not among them.
  for (const one of uses.slice(0, 599)) expect(blobs.freed([one])).toBe(own + base.size);
  expect(blobs.freed(uses.slice(0, 599))).toBe(599 * own + base.size);
  expect(blobs.freed(uses)).toBe(600 * own);
});
