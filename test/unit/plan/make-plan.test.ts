import { describe, expect, test } from 'vitest';
import type { Inventory, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { type PlanContext, Planner } from '../../../src/plan/planner.ts';
import { planRepository } from '../../../src/plan/plan-repository.ts';
import { capabilities, daysAgo, digest, manifest, NOTHING_IN_USE, NOW, policy, repository } from './fixture.ts';

const context: PlanContext = { policies: [policy()], inUse: NOTHING_IN_USE, now: NOW, createdAt: NOW + 1500, version: '1.2.3' };

function inventory(...repositories: RepositoryInventory[]): Inventory {
  return { kind: 'Inventory', formatVersion: '1.0', takenAt: daysAgo(0), repositories };
}

describe('the document', () => {
  test('says what it is, who made it, when, as of when, and by which policies', () => {
    expect(makePlan(inventory(), context)).toEqual({
      kind: 'Plan',
      formatVersion: '1.0',
      tool: { name: 'regprune', version: '1.2.3' },
      createdAt: '2026-12-01T00:00:01.500Z',
      now: '2026-12-01T00:00:00.000Z',
      policies: [{ name: 'nightly', source: 'policy.yaml', digest: digest('f') }],
      applyable: true,
      blockedBy: [],
      repositories: [],
      summary: { images: { keep: 0, untag: 0, delete: 0 }, tags: { keep: 0, delete: 0 }, bytes: { deleted: 0, freed: 0, exact: true } },
      diagnostics: [{ code: 'nothing_selected', policy: 'nightly', message: 'the policy "nightly" governs no repository of this run' }],
    });
  });

  test('an image is told as it was read, its tags sorted, with what becomes of it', () => {
    const read = manifest('a', {
      tags: ['v2', 'v10', 'b'],
      size: 7,
      pushedAt: daysAgo(9),
      createdAt: daysAgo(10),
      pulledAt: daysAgo(1),
      labels: { a: 'b' },
    });
    const [planned] = makePlan(inventory(repository([read])), context).repositories;
    expect(planned?.images).toEqual([
      {
        digest: digest('a'),
        mediaType: read.mediaType,
        tags: ['b', 'v10', 'v2'],
        size: 7,
        pushedAt: daysAgo(9),
        createdAt: daysAgo(10),
        pulledAt: daysAgo(1),
        action: 'delete',
        untag: [],
        reasons: ['b', 'v10', 'v2'].map((tag) => ({ code: 'expired', tag, rule: 'all', rank: 1, time: daysAgo(9), ageDays: 9 })),
      },
    ]);
  });

  test('what is not known is left out, not null', () => {
    const [planned] = makePlan(inventory(repository([manifest('a')])), context).repositories;
    expect(planned?.images[0]).toEqual({
      digest: digest('a'),
      mediaType: manifest('a').mediaType,
      tags: [],
      size: 100,
      action: 'keep',
      untag: [],
      reasons: [{ code: 'no_rule' }],
    });
  });

  test('images are sorted by digest, repositories by registry and name, whatever order they came in', () => {
    const made = makePlan(
      inventory(
        repository([manifest('c'), manifest('a'), manifest('b')], { registry: 'b', repository: 'x' }),
        repository([], { registry: 'a', repository: 'z' }),
        repository([], { registry: 'a', repository: 'Z' }),
        repository([], { registry: 'a', repository: 'a-b' }),
        repository([], { registry: 'a', repository: 'a/b' }),
      ),
      context,
    );
    expect(made.repositories.map(({ registry, repository: name }) => `${registry} ${name}`)).toEqual([
      'a Z',
      'a a-b',
      'a a/b',
      'a z',
      'b x',
    ]);
    expect(made.repositories[4]?.images.map((image) => image.digest)).toEqual([digest('a'), digest('b'), digest('c')]);
  });

  test('a repository names the base URL that it was read from, if it was', () => {
    const read = repository([]);
    expect(planRepository({ ...read, url: 'https://registry.example.com' }, [policy()], NOTHING_IN_USE, NOW).plan.url).toBe(
      'https://registry.example.com',
    );
    expect(planRepository(read, [policy()], NOTHING_IN_USE, NOW).plan).not.toHaveProperty('url');
  });

  test('a repository says for how long what is deleted can be restored, where that is known', () => {
    const read = repository([]);
    expect(planRepository({ ...read, recoverableDays: 7 }, [policy()], NOTHING_IN_USE, NOW).plan.recoverableDays).toBe(7);
    expect(planRepository(read, [policy()], NOTHING_IN_USE, NOW).plan).not.toHaveProperty('recoverableDays');
  });

  test('repositories that come one by one make the same plan, whatever their order', () => {
    const repositories = [
      repository([manifest('a', { tags: ['v1'], pushedAt: daysAgo(9) })]),
      repository([manifest('b')], { repository: 'b' }),
    ];
    const planner = new Planner(context);
    for (const read of repositories.toReversed()) planner.add(read);
    expect(planner.plan()).toEqual(makePlan(inventory(...repositories), context));
  });
});

test('freed bytes are not exact beside a repository that no policy governs and nobody read: it may keep the same blobs', () => {
  const blobs = [{ digest: digest('f'), size: 10 }];
  const expires = { keepAtLeast: 0, repositories: ['team/*'], rules: [{ name: 'none', tags: ['**'], keep: 'none' as const }] };
  const read = repository([manifest('a', { tags: ['v1'], pushedAt: daysAgo(9), blobs })]);
  const bytes = (...beside: RepositoryInventory[]): unknown =>
    makePlan(inventory(read, ...beside), { ...context, policies: [policy(expires)] }).summary.bytes;
  expect(bytes()).toMatchObject({ freed: 10, exact: true });
  expect(bytes(repository([], { repository: 'other' }))).toMatchObject({ freed: 10, exact: false });
  expect(bytes(repository([manifest('b', { blobs })], { repository: 'other' }))).toMatchObject({ freed: 0, exact: true });
});

describe('the ages in reasons', () => {
  test.each([
    [9, 9],
    [9.99, 9],
    [0.5, 0],
    [-0.5, -1],
  ])('%d days are told as %d', (days, told) => {
    const read = repository([manifest('a', { tags: ['v1'], pushedAt: daysAgo(days) })]);
    const [planned] = makePlan(inventory(read), {
      ...context,
      policies: [policy({ grace: '0s', rules: [{ name: 'all', tags: ['**'], order: 'alphabetical', keep: 'all' }] })],
    }).repositories;
    // Within the grace of 0 seconds lies only what is pushed ahead of now.
    if (days >= 0) expect(planned?.images[0]?.reasons[0]?.ageDays).toBe(told);
    else expect(planned?.images[0]?.reasons).toEqual([{ code: 'grace', time: daysAgo(days) }]);
  });
});

describe('diagnostics', () => {
  test.each([
    [repository([]), []],
    [repository([], { complete: false }), ['incomplete']],
    [repository([], { capabilities: capabilities({ pushedAt: false }) }), ['clock_fallback']],
    [repository([], { notes: ['what nothing is decided by'] }), ['note']],
    [repository([], { registry: 'other' }), ['ungoverned']],
    [repository([], { registry: 'other', complete: false, capabilities: capabilities({ pushedAt: false }) }), ['incomplete', 'ungoverned']],
    [repository([], { capabilities: capabilities({ pushedAt: false, createdAt: false }) }), []],
  ])('%#: %j', (read, codes) => {
    const made = makePlan(inventory(read), { ...context, policies: [policy({ registries: ['prod'] })] });
    const diagnostics = made.diagnostics.filter(({ code }) => code !== 'nothing_selected');
    expect(diagnostics.map(({ code }) => code)).toEqual(codes);
    for (const { registry, repository: name, message } of diagnostics)
      expect([registry, name, message.length > 0]).toEqual([read.registry, read.repository, true]);
  });
});

test('a limit and an unread source block together', () => {
  const read = repository([manifest('a', { tags: ['v1'], pushedAt: daysAgo(9) })]);
  const made = makePlan(inventory(read), { ...context, inUse: { ...NOTHING_IN_USE, problems: ['cluster eu: refused'] }, maxDeletions: 0 });
  expect([made.applyable, made.blockedBy.map(({ code }) => code)]).toEqual([false, ['maxDeletions', 'inUseIncomplete']]);
});

test('of several users of an image the same one is named whatever order they come in, and how many more there are', () => {
  const read = repository([manifest('a', { tags: ['v1'], pushedAt: daysAgo(9), config: 'c' })]);
  const users = ['pod b', 'pod a', 'pod c', 'pod b'].map((source) => ({ image: { digest: digest('a') }, source }));
  const reasons = (images: typeof users): unknown =>
    planRepository(read, [policy()], { ...NOTHING_IN_USE, images }, NOW).plan.images[0]?.reasons;
  expect(reasons(users)).toEqual([{ code: 'in_use', by: 'pod a, and 2 more' }]);
  expect(reasons(users.toReversed())).toEqual(reasons(users));
});
