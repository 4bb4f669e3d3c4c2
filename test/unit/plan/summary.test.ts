import { describe, expect, test } from 'vitest';
import type { Blob, Manifest } from '../../../src/domain/inventory.ts';
import { buildGraph, type Node } from '../../../src/graph/graph.ts';
import type { Decision } from '../../../src/plan/decision.ts';
import { Blobs, type BlobUse } from '../../../src/plan/blobs.ts';
import type { Summary } from '../../../src/plan/plan.ts';
import { addSummaries, summarize } from '../../../src/plan/summary.ts';
import { attachmentTag, digest, manifest } from './fixture.ts';

const KEEP: Decision = { action: 'keep', untag: [], reasons: [] };
const GO: Decision = { action: 'delete', untag: [], reasons: [] };

/** The decisions on these manifests: `kept` stay, and of those that have tags to take off, these are taken off. */
function decisions(nodes: readonly Node[], kept: readonly string[], untag: readonly string[] = []): Decision[] {
  return nodes.map((node) => {
    const off = node.ordinaryTags.filter((tag) => untag.includes(tag));
    const decision: Decision = off.length > 0 ? { action: 'untag', untag: off, reasons: [] } : KEEP;
    return kept.includes(node.manifest.digest.slice(7, 8)) ? decision : GO;
  });
}

function summary(manifests: readonly Manifest[], kept: readonly string[], untag: readonly string[] = []): Summary {
  const { nodes } = buildGraph(manifests);
  return summarize(nodes, decisions(nodes, kept, untag), { freed: 0, exact: false });
}

/** What these repositories free together: of each its manifests, and those that stay. */
function freed(...repositories: (readonly [manifests: readonly Manifest[], kept: string])[]): number {
  const blobs = new Blobs();
  return blobs.freed(repositories.map(([manifests, kept]) => use(manifests, kept, blobs)));
}

function use(manifests: readonly Manifest[], kept: string, blobs = new Blobs()): BlobUse {
  const { nodes } = buildGraph(manifests);
  return blobs.use(nodes, decisions(nodes, [...kept]));
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
    expect(freed([manifests, 'c'])).toBe(102);
    expect(freed([manifests, ''])).toBe(1103);
    expect(freed([manifests, 'abc'])).toBe(0);
    expect(freed([manifests, 'bc'])).toBe(1);
  });

  test('a blob that a manifest lists twice is freed once', () => {
    expect(freed([[manifest('a', { blobs: [layer, layer] })], ''])).toBe(100);
  });

  test('a blob that another repository of the same storage keeps is not freed, whichever comes first', () => {
    const deleted = [[manifest('a', { blobs: [base, layer] })], ''] as const;
    const kept = [[manifest('b', { blobs: [base] })], 'b'] as const;
    expect(freed(deleted, kept)).toBe(100);
    expect(freed(kept, deleted)).toBe(100);
    expect(freed(deleted, deleted)).toBe(1100);
    expect(freed()).toBe(0);
  });

  test('are exact only where the blobs of every manifest are known, of the kept ones too', () => {
    expect(use([manifest('a', { blobs: [base] }), manifest('b', { blobs: [] })], 'b').exact).toBe(true);
    expect(use([manifest('a', { blobs: [base] }), manifest('b')], 'b').exact).toBe(false);
    expect(use([manifest('a'), manifest('b', { blobs: [base] })], 'b').exact).toBe(false);
    expect(use([], '').exact).toBe(true);
  });
});

describe('counts', () => {
  test('images are roots that are not attachments, and whatever has an ordinary tag', () => {
    const manifests = [
      manifest('a', { tags: ['v1', 'latest'], children: ['b', 'c'], size: 5 }),
      manifest('b', { size: 50 }),
      manifest('c', { tags: ['v1-arm64'], size: 50 }),
      manifest('d', { tags: [attachmentTag('a', '.sig')], size: 7 }),
      manifest('e', { subject: 'a', tags: ['sbom'], size: 8 }),
      manifest('f', { size: 9 }),
      manifest('1', { subject: '9', size: 3 }),
    ];
    // a, c, e and f are images; b is a part, d an attachment, 1 an orphaned one.
    expect(summary(manifests, ['f'])).toEqual({
      images: { keep: 1, untag: 0, delete: 3 },
      orphaned: { keep: 0, delete: 1 },
      tags: { keep: 0, delete: 4 },
      bytes: { deleted: 5 + 50 + 50 + 7 + 8 + 3, freed: 0, exact: false },
    });
  });

  test('of an untagged image the tags that go and those that stay', () => {
    const manifests = [manifest('a', { tags: ['v1', 'x', 'y'] }), manifest('b', { tags: ['z'] })];
    expect(summary(manifests, ['a', 'b'], ['x', 'y'])).toMatchObject({
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
