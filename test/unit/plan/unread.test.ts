import { describe, expect, test } from 'vitest';
import type { Plan, RepositoryPlan, Unread } from '../../../src/plan/plan.ts';
import { withUnread } from '../../../src/plan/unread.ts';

const SUMMARY = { images: { keep: 0, untag: 0, delete: 0 }, tags: { keep: 0, delete: 0 }, bytes: { deleted: 0, freed: 0, exact: true } };
const READ: RepositoryPlan = {
  registry: 'prod',
  type: 'oci',
  repository: 'team/app',
  policy: 'all',
  complete: true,
  clock: 'created',
  images: [],
  steps: [],
  summary: SUMMARY,
};
const { policy: _policy, ...UNGOVERNED } = READ;
const FAILED: Unread = { registry: 'prod', repository: 'team/web', code: 'UNREACHABLE', message: 'no answer' };

function planOf(...repositories: readonly RepositoryPlan[]): Plan {
  return {
    kind: 'Plan',
    formatVersion: '1.0',
    tool: { name: 'regprune', version: '0' },
    createdAt: '2026-11-24T03:10:00.000Z',
    now: '2026-11-24T03:10:00.000Z',
    policies: [],
    applyable: true,
    blockedBy: [],
    repositories,
    summary: SUMMARY,
    diagnostics: [],
  };
}

describe('what could not be read', () => {
  test('stands in the plan, sorted, before the repositories', () => {
    const registry: Unread = { registry: 'prod', code: 'AUTH', message: 'denied' };

    const plan = withUnread(planOf(READ), [FAILED, { ...FAILED, registry: 'other' }, registry]);

    expect(plan).toMatchObject({ applyable: true, blockedBy: [], unread: [{ registry: 'other' }, registry, FAILED] });
    expect(Object.keys(plan).indexOf('unread')).toBeLessThan(Object.keys(plan).indexOf('repositories'));
  });

  test.for<[string, readonly RepositoryPlan[]]>([
    ['there is no repository', []],
    ['no repository was read', [{ ...READ, complete: false }]],
    ['only the name of a repository is known, which no policy governs', [UNGOVERNED]],
  ])('keeps the plan from being carried out if %s', ([, repositories]) => {
    expect(withUnread(planOf(...repositories), [FAILED])).toMatchObject({ applyable: false, blockedBy: [{ code: 'nothingRead' }] });
  });

  test('is not there if everything was read', () => {
    expect(withUnread(planOf(), [])).toEqual(planOf());
  });
});
