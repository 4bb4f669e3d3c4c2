import { describe, expect, test } from 'vitest';
import { trippedLimits, unreadSources } from '../../../src/plan/limits.ts';
import type { RepositoryPlan } from '../../../src/plan/plan.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { policy } from './fixture.ts';

/** A planned repository of which only the counts matter. */
function planned(
  governing: string | undefined,
  images: { readonly keep?: number; readonly untag?: number; readonly delete?: number },
  deleted = 0,
): RepositoryPlan {
  const counts = { keep: 0, untag: 0, delete: 0, ...images };
  return {
    registry: 'prod',
    type: 'oci',
    repository: 'team/app',
    ...(governing !== undefined && { policy: governing }),
    complete: true,
    clock: 'pushed',
    images: [],
    steps: [],
    summary: { images: counts, tags: { keep: 0, delete: 0 }, bytes: { deleted, freed: 0, exact: true } },
  };
}

function tripped(limits: PolicySpec['limits'], repositories: readonly RepositoryPlan[], maxDeletions?: number): string[] {
  return trippedLimits(repositories, [policy({ name: 'a', limits })], maxDeletions).map(
    (block) => `${block.code} ${block.policy ?? 'run'} ${block.limit} ${block.actual}`,
  );
}

describe('a limit trips above its bound', () => {
  test.each([
    [{ maxDeletions: 3 }, []],
    [{ maxDeletions: 2 }, ['maxDeletions a 2 3']],
    [{ maxDeletions: 0 }, ['maxDeletions a 0 3']],
    // 3 of 12: what is untagged is there too.
    [{ maxDeletePercent: 25 }, []],
    [{ maxDeletePercent: 24.99 }, ['maxDeletePercent a 24.99 25']],
    [{ maxDeletePercent: 0 }, ['maxDeletePercent a 0 25']],
    [{ maxDeleteBytes: 1000 }, []],
    [{ maxDeleteBytes: '999B' }, ['maxDeleteBytes a 999 1000']],
    [{ maxDeleteBytes: '1KB' }, []],
    [
      { maxDeletions: 1, maxDeletePercent: 1, maxDeleteBytes: 1 },
      ['maxDeletions a 1 3', 'maxDeletePercent a 1 25', 'maxDeleteBytes a 1 1000'],
    ],
    [{}, []],
  ])('%j: %j', (limits, blocks) => {
    expect(tripped(limits, [planned('a', { keep: 7, untag: 2, delete: 3 }, 1000)])).toEqual(blocks);
  });
});

test('a policy is counted over all its repositories, and over no others', () => {
  const repositories = [
    planned('a', { keep: 1, delete: 2 }, 10),
    planned('a', { keep: 3, delete: 2 }, 20),
    planned('b', { delete: 50 }, 5000),
    planned(undefined, { keep: 99 }),
  ];
  expect(tripped({ maxDeletions: 3, maxDeletePercent: 49, maxDeleteBytes: 29 }, repositories)).toEqual([
    'maxDeletions a 3 4',
    'maxDeletePercent a 49 50',
    'maxDeleteBytes a 29 30',
  ]);
});

test('of nothing, nothing is a share', () => {
  expect(tripped({ maxDeletePercent: 0 }, [planned('a', {})])).toEqual([]);
  expect(tripped({ maxDeletePercent: 0 }, [])).toEqual([]);
});

test('--max-deletions counts over the whole run', () => {
  const repositories = [planned('a', { delete: 2 }), planned('b', { delete: 2 })];
  expect(tripped({ maxDeletions: 2 }, repositories, 3)).toEqual(['maxDeletions run 3 4']);
  expect(tripped({ maxDeletions: 1 }, repositories, 0)).toEqual(['maxDeletions a 1 2', 'maxDeletions run 0 4']);
  expect(tripped({}, repositories, 4)).toEqual([]);
});

test('a tripped limit says what would be deleted and what is allowed', () => {
  const [deletions, percent] = trippedLimits(
    [planned('a', { keep: 2, delete: 1 }, 5)],
    [policy({ name: 'a', limits: { maxDeletions: 0, maxDeletePercent: 30 } })],
    undefined,
  );
  expect(deletions?.message).toBe('policy "a" would delete 1 images; its maxDeletions is 0');
  expect(percent?.message).toBe('policy "a" would delete 33.3 % of what its rules could delete (1 of 3); its maxDeletePercent is 30');
});

test('each source that could not be read blocks', () => {
  expect(
    unreadSources({ images: [], hosts: {}, problems: ['cluster eu: refused', 'pods.txt: no such file'] }).map(({ code, message }) => [
      code,
      message,
    ]),
  ).toEqual([
    ['inUseIncomplete', 'what is in use is not known: cluster eu: refused'],
    ['inUseIncomplete', 'what is in use is not known: pods.txt: no such file'],
  ]);
  expect(unreadSources({ images: [], hosts: {}, problems: [] })).toEqual([]);
});
