import { describe, expect, test } from 'vitest';
import type { Blob, Manifest } from '../../../src/domain/inventory.ts';
import { buildGraph } from '../../../src/graph/graph.ts';
import type { Decision } from '../../../src/plan/decide.ts';
import { addSummaries, blobUse, freedBytes, summarize } from '../../../src/plan/summary.ts';
import { attachmentTag, digest, manifest } from './fixture.ts';

const KEEP: Decision = { action: 'keep', untag: [], reasons: [] };
const GO: Decision = { action: 'delete', untag: [], reasons: [] };

function decisions(
  manifests: readonly Manifest[],
  kept: readonly string[],
  untag: readonly string[] = [],
): Map<Parameters<typeof summarize>[0] extends ReadonlyMap<infer N, unknown> ? N : never, Decision> {
  return new Map(
    [...buildGraph(manifests).nodes.values()].map((node) => {
      const off = node.ordinaryTags.filter((tag) => untag.includes(tag));
      const decision: Decision = off.length > 0 ? { action: 'untag', untag: off, reasons: [] } : KEEP;
      return [node, kept.includes(node.manifest.digest.slice(7, 8)) ? decision : GO];
    }),
  );
}

function use(manifests: readonly Manifest[], ...kept: string[]): ReturnType<typeof blobUse> {
  return blobUse(decisions(manifests, kept));
}

const blob = (alias: string, size: number): Blob => ({ digest: digest(alias), size });
const [base, layer] = [blob('1', 1000), blob('2', 100)];

describe('freed bytes', () => {
  test('are those of blobs that only deleted manifests hold, each once', () => {
    const manifests = [
      manifest('a', { blobs: [blob('a', 1), base, layer] }),
      manifest('b', { blobs: [blob('b', 1), base, layer] }),
      manifest('c', { blobs: [blob('c', 1), base] }),
    ];
    expect(freedBytes([use(manifests, 'c')])).toBe(102);
    expect(freedBytes([use(manifests)])).toBe(1103);
    expect(freedBytes([use(manifests, 'a', 'b', 'c')])).toBe(0);
    expect(freedBytes([use(manifests, 'b', 'c')])).toBe(1);
  });

  test('a blob that a manifest lists twice is freed once', () => {
    expect(freedBytes([use([manifest('a', { blobs: [layer, layer] })])])).toBe(100);
  });

  test('a blob that another repository of the same storage keeps is not freed, whichever comes first', () => {
    const deleted = use([manifest('a', { blobs: [base, layer] })]);
    const kept = use([manifest('b', { blobs: [base] })], 'b');
    expect(freedBytes([deleted, kept])).toBe(100);
    expect(freedBytes([kept, deleted])).toBe(100);
    expect(freedBytes([deleted, deleted])).toBe(1100);
    expect(freedBytes([])).toBe(0);
  });

  test('are exact only where the blobs of every manifest are known, of the kept ones too', () => {
    expect(use([manifest('a', { blobs: [base] }), manifest('b', { blobs: [] })], 'b').exact).toBe(true);
    expect(use([manifest('a', { blobs: [base] }), manifest('b')], 'b').exact).toBe(false);
    expect(use([manifest('a'), manifest('b', { blobs: [base] })], 'b').exact).toBe(false);
    expect(use([]).exact).toBe(true);
  });
});

describe('counts', () => {
  test('images are roots that are no attachments, and whatever has an ordinary tag', () => {
    const manifests = [
      manifest('a', { tags: ['v1', 'latest'], children: ['b', 'c'], size: 5 }),
      manifest('b', { size: 50 }),
      manifest('c', { tags: ['v1-arm64'], size: 50 }),
      manifest('d', { tags: [attachmentTag('a', '.sig')], size: 7 }),
      manifest('e', { subject: 'a', tags: ['sbom'], size: 8 }),
      manifest('f', { size: 9 }),
      manifest('1', { subject: '9', size: 3 }),
    ];
    const made = decisions(manifests, ['f']);
    // a, c, e and f are images; b is a part, d an attachment, 1 an orphaned one.
    expect(summarize(made, blobUse(made))).toEqual({
      images: { keep: 1, untag: 0, delete: 3 },
      tags: { keep: 0, delete: 4 },
      bytes: { deleted: 5 + 50 + 50 + 7 + 8 + 3, freed: 0, exact: false },
    });
  });

  test('of an untagged image the tags that go and those that stay', () => {
    const made = decisions([manifest('a', { tags: ['v1', 'x', 'y'] }), manifest('b', { tags: ['z'] })], ['a', 'b'], ['x', 'y']);
    expect(summarize(made, blobUse(made))).toMatchObject({
      images: { keep: 1, untag: 1, delete: 0 },
      tags: { keep: 2, delete: 2 },
      bytes: { deleted: 0 },
    });
  });
});

test('sums', () => {
  const one = { images: { keep: 1, untag: 2, delete: 3 }, tags: { keep: 4, delete: 5 }, bytes: { deleted: 6, freed: 7, exact: true } };
  const unsure = { ...one, bytes: { ...one.bytes, exact: false } };
  expect(addSummaries([one, unsure])).toEqual({
    images: { keep: 2, untag: 4, delete: 6 },
    tags: { keep: 8, delete: 10 },
    bytes: { deleted: 12, freed: 14, exact: false },
  });
  expect(addSummaries([])).toEqual({
    images: { keep: 0, untag: 0, delete: 0 },
    tags: { keep: 0, delete: 0 },
    bytes: { deleted: 0, freed: 0, exact: true },
  });
});
