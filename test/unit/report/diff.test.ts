import { expect, test } from 'vitest';
import type { Change, PlanDiff, Side } from '../../../src/plan/diff-plans.ts';
import { diffMarkdown } from '../../../src/report/diff.ts';
import { asDigest } from '../../digest.ts';

const none = { deletedNow: 0, keptNow: 0 };
const CHANGE: Change = { images: { deletedNow: 100, keptNow: 0 }, tags: none, orphaned: none, bytes: { deletedNow: 1000, keptNow: 0 } };

/** A change in many repositories, with hostile names. */
function hugeDiff(): PlanDiff {
  const name = '<b>&|`' + 'x'.repeat(200);
  const keep: Side = { action: 'keep', untag: [], reasons: [{ code: 'newest', rule: name, rank: 1 }] };
  const gone: Side = { action: 'delete', untag: [], reasons: [{ code: 'expired', rule: name, rank: 1 }] };
  const images = Array.from({ length: 100 }, (_, index) => ({
    digest: asDigest(`sha256:${index}`),
    tags: [`${index}${name}`],
    size: 10,
    sizeWithParts: 10,
    before: keep,
    after: gone,
  }));
  const repositories = Array.from({ length: 200 }, (_, index) => ({
    registry: 'prod',
    repository: `${name}${index}`,
    policy: { before: 'p', after: 'p' },
    change: CHANGE,
    images,
  }));
  return {
    kind: 'PlanDiff',
    formatVersion: '1.0',
    now: '2026-11-24T00:00:00.000Z',
    deletesMore: true,
    summary: { ...CHANGE, bytes: { ...CHANGE.bytes, deleted: 1000 } },
    blockedBy: { before: [], after: [] },
    governed: 2,
    unread: Array.from({ length: 500 }, () => ({ registry: 'prod', repository: name, code: 'AUTH', message: name })),
    rules: Array.from({ length: 200 }, (_, index) => ({ ...CHANGE, policy: name, rule: String(index) })),
    repositories,
  };
}

test('a comment has room for the Markdown of any change, and no host reads the names in it', () => {
  const text = diffMarkdown(hugeDiff());

  expect(text.length).toBeLessThan(65_536);
  expect(text.length).toBeGreaterThan(40_000);
  expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  expect(text.replaceAll(/^<details>.*$/gm, '').replaceAll(/`[^`]*`/g, '')).not.toContain('<b>');
  expect(text).toMatch(/^<details><summary><code>prod\/&lt;b&gt;&amp;/m);
  expect(text).toMatch(/\| … and \d+ more; see the JSON document \| \| \| \|\n/);
  expect(text).toMatch(/The images of \d+ repositories more are in the JSON document\.\n$/);
});
