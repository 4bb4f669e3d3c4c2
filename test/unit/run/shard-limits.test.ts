import { expect, test } from 'vitest';
import type { Policy } from '../../../src/policy/policy.ts';
import { partOf, policiesOf } from '../../../src/run/shard-limits.ts';

test('the parts of all shards are the limit together, also where there are more shards than it allows', () => {
  for (const [limit, of] of [
    [10, 3],
    [500, 16],
    [5, 16],
    [0, 4],
  ] as const) {
    const parts = Array.from({ length: of }, (_, number) => partOf(limit, { index: number + 1, of }));
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(limit);
    expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
  }
});

test('what a policy allows is divided, but for percentages', () => {
  const policy = { name: 'a', limits: { maxDeletions: 10, maxDeletePercent: 50, maxDeleteBytes: 99 }, perRun: { deletions: 7 } };
  const policies = [policy, { name: 'b', limits: {}, perRun: {} }] as unknown as readonly Policy[];
  expect(policiesOf(policies, { index: 1, of: 2 })).toEqual([
    { name: 'a', limits: { maxDeletions: 5, maxDeletePercent: 50, maxDeleteBytes: 50 }, perRun: { deletions: 4 } },
    { name: 'b', limits: {}, perRun: {} },
  ]);
  expect(policiesOf(policies, undefined)).toBe(policies);
});
