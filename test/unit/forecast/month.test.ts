import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/inventory.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { everyday } from '../../sweep.ts';
import { NOTHING_IN_USE, policy } from '../plan/fixture.ts';
import { forecastOf } from './forecast-fixture.ts';
import { DAY, RegistryMonth } from './registry-month.ts';

const START = Date.UTC(2026, 5, 1);
const nightly = policy({
  keepAtLeast: 1,
  rules: [
    { name: 'releases', tags: ['v*.*.*'], order: 'semver', keep: { last: 15 } },
    { name: 'lines', tags: ['v*.*'], keep: 'all' },
    { name: 'main', tags: ['main-*'], keep: { last: 10, days: 7 } },
    { name: 'branches', tags: { regex: '(?<branch>feature-.+)-[0-9a-f]{7}' }, per: 'branch', keep: { days: 10 } },
    { name: 'nightly', tags: ['nightly-*'], keep: { last: 14 } },
    { name: 'untagged', untagged: true, keep: { days: 3 } },
  ],
});

describe('a month of a registry that lives on is what was forecast at its start, by a quarter', () => {
  // Two months differ by chance alone: what is pushed in one may be a quarter more or less than in the one before, which the forecast is
  // from.
  test.for(everyday(1, [4, 1, 2, 3, 5]).flatMap((seed) => [`${seed} never cleaned`, `${seed} cleaned each night`]))('life %s', (life) => {
    const registry = new RegistryMonth(Number(life.charAt(0)), START);
    const policies = life.includes('never') ? [] : [nightly];
    registry.live(30, policies);
    const month = registry.live(30, policies);
    const { start, summary, daily, growth } = forecastOf(registry.inventory().repositories, [nightly], registry.now, 30);
    const before = registry.live(0);
    const lived = registry.live(30, [nightly]);

    expect(start).toEqual({ images: before.images, bytes: before.bytes });
    expect(daily).toHaveLength(30);
    // Of what was deleted since, some can only be guessed.
    if (policies.length === 0) expect(summary.pushed).toBe(month.pushed);
    const forecast = { pushed: summary.pushed, deleted: summary.deleted, images: summary.end.images, bytes: summary.end.bytes };
    const real = { ...lived, pushed: month.pushed };
    for (const key of ['pushed', 'deleted', 'images', 'bytes'] as const) {
      expect(forecast[key] / real[key], `${key}: ${forecast[key]} forecast, ${real[key]} lived`).toBeGreaterThan(0.75);
      expect(forecast[key] / real[key], `${key}: ${forecast[key]} forecast, ${real[key]} lived`).toBeLessThan(1.25);
    }
    expect(growth).toEqual({ imagesPerDay: 0, causes: [] });
  });
});

describe('where nothing is pushed any more', () => {
  /** What was pushed lies longer back than the forecast looks. */
  const registry = new RegistryMonth(7, START);
  registry.live(10);
  const now = registry.now + 16 * DAY;
  const { repositories } = registry.inventory();

  test.for([
    ['without a bound', policy({ rules: [{ name: 'all', tags: ['**'], keep: { days: 22 } }] })],
    ['with a bound on each run', policy({ rules: [{ name: 'all', tags: ['**'], keep: { days: 22 } }], perRun: { deletions: 7 } })],
    ['with a floor', policy({ keepAtLeast: 40, rules: [{ name: 'all', tags: ['**'], keep: { days: 20, last: 3 } }] })],
  ] as const)('the forecast is what is planned on each later day, %s', ([, rules]) => {
    const { daily, summary } = forecastOf(repositories, [rules], now, 15);

    let left = repositories;
    const expected = Array.from({ length: 15 }, (_, index) => {
      const at = now + (index + 1) * DAY;
      const plan = makePlan(
        { kind: 'Inventory', formatVersion: '1.0', takenAt: '', repositories: left },
        { policies: [rules], inUse: NOTHING_IN_USE, now: at, createdAt: at, version: '1.0.0' },
      );
      const gone = new Set(
        plan.repositories.flatMap(({ images }) => images.filter(({ action }) => action === 'delete')).map((one) => one.digest),
      );
      left = left.map((one) => ({ ...one, manifests: one.manifests.filter(({ digest }) => !gone.has(digest)) }));
      return { at: new Date(at).toISOString(), pushed: 0, deleted: plan.summary.images.delete };
    });

    expect(daily.map(({ at, pushed, deleted }) => ({ at, pushed, deleted }))).toEqual(expected);
    expect(summary.deleted).toBeGreaterThan(50);
  });

  test('a limit that is exceeded keeps everything, every day, and says so', () => {
    const rules = policy({ rules: [{ name: 'all', tags: ['**'], keep: { days: 10 } }], limits: { maxDeletions: 5 } });
    const { daily, summary, start } = forecastOf(repositories, [rules], now, 5);

    expect(summary).toMatchObject({ deleted: 0, end: start });
    expect(daily.every(({ blockedBy }) => blockedBy?.[0]?.includes('maxDeletions is 5'))).toBe(true);
  });
});

describe('what is told', () => {
  const builds = (name: (day: number) => string, days = 20): Manifest[] =>
    Array.from({ length: days }, (_, day) => ({
      digest: `sha256:${(day + 1).toString(16).padStart(64, '0')}` as never,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 1000,
      tags: [name(day)],
      children: [],
      pushedAt: new Date(START - day * DAY - DAY / 2).toISOString(),
    }));
  const repository = (manifests: readonly Manifest[]): Parameters<typeof forecastOf>[0] => {
    const [one] = new RegistryMonth(1, START).inventory().repositories;
    return one ? [{ ...one, manifests }] : [];
  };

  test('a repository that no rule ever empties grows for good, and the reason is named', () => {
    const some = policy({ rules: [{ name: 'releases', tags: ['v*'], keep: { last: 3 } }] });
    const { growth, summary } = forecastOf(repository(builds((day) => `dev-${(0xabcdef1 + day).toString(16)}`)), [some], START, 20);

    expect(summary).toMatchObject({ pushed: 20, deleted: 0, end: { images: 40, bytes: 40_000 } });
    expect(growth).toEqual({
      imagesPerDay: 1,
      causes: [{ registry: 'prod', repository: 'team/api', policy: 'nightly', code: 'no_rule', imagesPerDay: 1 }],
    });
  });

  test('what rules keep for longer than the forecast reaches is no growth for good', () => {
    const all = policy({ rules: [{ name: 'all', tags: ['**'], keep: { days: 90 } }] });
    const { growth, notes } = forecastOf(repository(builds((day) => `dev-${(0xabcdef1 + day).toString(16)}`)), [all], START, 20);

    expect(growth.imagesPerDay).toBe(0);
    expect(notes.join('\n')).toMatch(/At the end there are still 1 more images each day\. .* --days 60/);
  });

  test('versions go on counting, so that an order by versions takes the old ones', () => {
    const releases = policy({ rules: [{ name: 'releases', tags: ['v*'], order: 'semver', keep: { last: 20 } }] });
    const { summary } = forecastOf(repository(builds((day) => `v1.4.${20 - day}`)), [releases], START, 20);
    expect(summary).toMatchObject({ pushed: 20, deleted: 20, end: { images: 20 } });
  });

  test('an image of unknown time is no push, and that is said', () => {
    const all = policy({ rules: [{ name: 'all', tags: ['**'], keep: { days: 5 } }] });
    const unknown = builds((day) => `b${day}`, 4).map(({ pushedAt: _pushedAt, ...one }) => one);
    const { summary, notes } = forecastOf(repository(unknown), [all], START, 20);
    expect(summary).toMatchObject({ pushed: 0, deleted: 0 });
    expect(notes.join('\n')).toContain('The times of 4 images are not known');
  });

  test('what was pulled within the last day goes on being pulled, what was not is pulled no more', () => {
    const used = policy({ rules: [{ name: 'used', tags: ['**'], keep: { pulledDays: 5 } }] });
    const pulledAt = (hours: number): string => new Date(START - hours * 3_600_000).toISOString();
    const old = builds((day) => `b${day}`, 2).map((one, index) => ({
      ...one,
      pushedAt: new Date(START - 50 * DAY).toISOString(),
      pulledAt: pulledAt(index === 0 ? 3 : 48),
    }));
    expect(forecastOf(repository(old), [used], START, 20).daily.map(({ deleted }) => deleted)).toEqual(
      Array.from({ length: 20 }, (_, index) => Number(index === 3)),
    );
  });

  test('the order of the inventory does not matter', () => {
    const all = policy({ rules: [{ name: 'all', tags: ['**'], keep: { last: 5 } }] });
    const manifests = builds((day) => `main-${(0xabcdef1 + day).toString(16)}`);
    expect(forecastOf(repository(manifests.toReversed()), [all], START, 20)).toEqual(forecastOf(repository(manifests), [all], START, 20));
  });
});
