import { describe, expect, test } from 'vitest';
import type { Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { attachmentTag, daysAgo, manifest, NOTHING_IN_USE, NOW, policy, repository } from './fixture.ts';

const old = (alias: string, days: number, parts: Parameters<typeof manifest>[1] = {}): Manifest =>
  manifest(alias, { tags: [`t${alias}`], pushedAt: daysAgo(days), ...parts });

function planned(repositories: readonly RepositoryInventory[], specs: readonly Partial<PolicySpec>[], atMost?: number): Plan {
  return makePlan(
    { kind: 'Inventory', formatVersion: '1.0', takenAt: daysAgo(0), repositories },
    {
      policies: specs.map((spec) => policy({ grace: '0s', ...spec })),
      inUse: NOTHING_IN_USE,
      now: NOW,
      createdAt: NOW,
      version: '0',
      ...(atMost !== undefined && { atMost }),
    },
  );
}

/** The aliases of what goes in one run of so many, sorted. */
function gone(manifests: readonly Manifest[], deletions: number): string {
  return goneIn(planned([repository(manifests)], [{ perRun: { deletions } }]));
}

function goneIn({ repositories }: Plan): string {
  return repositories
    .flatMap(({ images }) => images.flatMap(({ action, digest }) => (action === 'delete' ? [digest.slice(7, 8)] : [])))
    .toSorted()
    .join('');
}

describe('of what a run may not delete all', () => {
  test.each([
    [0, ''],
    [1, 'b'],
    [2, 'bc'],
    [3, 'abc'],
    [4, 'abc'],
  ])('%i go, the oldest: %j', (deletions, aliases) => {
    expect(gone([old('a', 1), old('b', 3), old('c', 2)], deletions)).toBe(aliases);
  });

  test('what has no known time goes last', () => {
    expect(gone([manifest('a', { tags: ['x'] }), old('b', 1), old('c', 2)], 2)).toBe('bc');
  });

  test('an image goes with its parts and attachments, which are not counted', () => {
    const manifests = [old('a', 1), old('e', 5, { children: ['c'] }), manifest('c'), manifest('d', { tags: [attachmentTag('e', '.sig')] })];
    expect(gone(manifests, 1)).toBe('cde');
  });

  test('a child that two images hold goes when the second one goes', () => {
    const manifests = [old('e', 5, { children: ['c'] }), old('f', 4, { children: ['c'] }), manifest('c')];
    expect(gone(manifests, 1)).toBe('e');
    expect(gone(manifests, 2)).toBe('cef');
  });

  test('an image that an index holds goes only together with that, or after it', () => {
    const manifests = [old('a', 9), old('e', 5, { children: ['a'] })];
    expect(gone(manifests, 1)).toBe('e');
    expect(gone(manifests, 2)).toBe('ae');
  });

  test('a limit counts what goes in this run', () => {
    const { applyable } = planned([repository([old('a', 1), old('b', 2)])], [{ perRun: { deletions: 1 }, limits: { maxDeletions: 1 } }]);
    expect(applyable).toBe(true);
  });
});

describe('over several repositories', () => {
  const repositories = [repository([old('a', 1), old('b', 4)]), repository([old('c', 2), old('d', 3)], { repository: 'team/web' })];

  test('a policy counts all that it governs', () => {
    expect(goneIn(planned(repositories, [{ perRun: { deletions: 3 } }]))).toBe('bcd');
  });

  test('each policy counts its own, and the run counts everything', () => {
    const specs = [
      { name: 'app', repositories: ['team/app'], perRun: { deletions: 1 } },
      { name: 'web', repositories: ['team/web'] },
    ];
    expect(goneIn(planned(repositories, specs))).toBe('bcd');
    expect(goneIn(planned(repositories, specs, 2))).toBe('bd');
  });

  test('bytes are counted anew', () => {
    const { summary } = planned(repositories, [{ perRun: { deletions: 1 } }]);
    expect([summary.images, summary.bytes.deleted]).toEqual([{ keep: 3, untag: 0, delete: 1 }, 100]);
  });
});
