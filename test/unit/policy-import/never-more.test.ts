import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { makeSource } from '../../../src/diagnostics/source.ts';
import type { Manifest } from '../../../src/domain/inventory.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { type FormatName, importPolicies } from '../../../src/policy-import/policy-formats.ts';
import type { Sample } from '../../../src/policy-import/original/original.ts';
import { policyText } from '../../../src/policy-import/policy-text.ts';
import { settled } from '../../../src/policy-import/settled.ts';
import { governingPolicy } from '../../../src/policy/governing.ts';
import { compilePolicy } from '../../../src/policy/policy.ts';
import { asDigest } from '../../digest.ts';
import { SWEEPING } from '../../sweep.ts';
import { capabilities } from '../plan/fixture.ts';

/*
 * What is imported never deletes more than the original does. Each registry and tool is read a second time, by its sources or its
 * documentation and in a few lines (src/policy-import/original), and asked what it would delete of random images by random settings.
 */

const DAY = 86_400_000;
const REPOSITORY = 'p/r/app';
const NOW = Date.parse('2026-11-01T00:00:00Z');

const digest = (n: number): ReturnType<typeof asDigest> => asDigest(`sha256:${String(n).padStart(64, '0')}`);

/** Each image at an age of its own. */
interface Image extends Sample {
  readonly id: number;
}

const tagNames = ['a1', 'a2', 'ab1', 'ab2', 'b1', 'b2', 'latest', 'prod-1'];
const images = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 8 }), { minLength: tagNames.length, maxLength: tagNames.length }),
    fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 9, maxLength: 9 }),
    fc.array(fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }), { minLength: 9, maxLength: 9 }),
  )
  .map(([owners, ages, pulls]): Image[] =>
    ages.map((age, id) => ({
      id,
      age: age + 0.5,
      pulled: pulls[id] === undefined ? undefined : Math.min(pulls[id], age) + 0.25,
      tags: tagNames.filter((_tag, at) => owners[at] === id),
    })),
  );

const small = fc.integer({ min: 1, max: 4 });
const days = fc.integer({ min: 1, max: 40 });
const prefix = fc.constantFrom('a', 'ab', 'b', 'latest', 'prod');
/** What goes: images by their number, and tags that are taken off images that stay. */
interface Gone {
  readonly images: readonly number[];
  readonly tags: readonly string[];
}

/** What goes by the policy that is imported, and by the original. */
async function planned(list: readonly Image[], settings: unknown, from: FormatName): Promise<{ ours: Gone; theirs: Gone }> {
  const text = typeof settings === 'string' ? settings : JSON.stringify(settings);
  const imported = settled(importPolicies(makeSource('settings', text), from, { of: undefined }));
  const loaded = await loadPolicies([makeSource('imported', policyText(imported, 'settings'))]);
  const policies = loaded.map(({ spec }) => compilePolicy(spec, { source: 'imported', digest: digest(99) }));
  const governing = governingPolicy(policies, 'r', REPOSITORY)?.name;
  const original = imported.find(({ name }) => name === governing)?.original(REPOSITORY, list);
  const at = (age: number): string => new Date(NOW - age * DAY).toISOString();
  const manifests = list.map(({ id, tags, age, pulled }): Manifest => ({
    digest: digest(id),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 1,
    children: [],
    tags: [...tags],
    tagTimes: Object.fromEntries(tags.map((tag) => [tag, at(age)])),
    pushedAt: at(age),
    createdAt: at(age),
    ...(pulled !== undefined && { pulledAt: at(pulled) }),
  }));
  const plan = makePlan(
    {
      kind: 'Inventory',
      formatVersion: '1.0',
      takenAt: new Date(NOW).toISOString(),
      repositories: [{ registry: 'r', type: 'oci', repository: REPOSITORY, complete: true, capabilities: capabilities(), manifests }],
    },
    {
      policies,
      inUse: { images: [], problems: [], hosts: {} },
      lists: {},
      now: NOW,
      createdAt: NOW,
      version: '0',
    },
  );
  const [repository] = plan.repositories;
  const gone = repository?.images.filter(({ action }) => action === 'delete') ?? [];
  return {
    ours: {
      images: gone.map((image) => list.findIndex(({ id }) => digest(id) === image.digest)),
      tags: repository?.images.flatMap(({ untag }) => untag) ?? [],
    },
    theirs: { images: (original?.images ?? []).map((image) => list.indexOf(image as Image)), tags: original?.tags ?? [] },
  };
}

/** Checks it, and that the cases are telling: in a part of them something goes. */
async function neverMore<Settings>(
  settings: fc.Arbitrary<Settings>,
  from: FormatName,
  written: (settings: Settings) => unknown,
): Promise<void> {
  let telling = 0;
  await fc.assert(
    fc.asyncProperty(images, settings, async (list, given) => {
      const { ours, theirs } = await planned(list, written(given), from);
      expect({
        images: ours.images.filter((id) => !theirs.images.includes(id)),
        tags: ours.tags.filter((tag) => !theirs.tags.includes(tag)),
      }).toEqual({ images: [], tags: [] });
      if (ours.images.length > 0) telling += 1;
    }),
    { numRuns: SWEEPING ? 400 : 40, seed: 20_261_101 },
  );
  expect(telling).toBeGreaterThan(10);
}

describe('an import never deletes more than', () => {
  test('a lifecycle policy of ECR', () => {
    const count = fc.oneof(
      small.map((countNumber) => ({ countType: 'imageCountMoreThan', countNumber })),
      days.map((countNumber) => ({ countType: 'sinceImagePushed', countUnit: 'days', countNumber })),
    );
    const selection = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.uniqueArray(prefix, { minLength: 1, maxLength: 2 }).map((tagPrefixList) => ({ tagStatus: 'tagged', tagPrefixList })),
      },
      { weight: 1, arbitrary: fc.constant({ tagStatus: 'untagged', tagPrefixList: undefined }) },
    );
    const rules = fc
      .tuple(fc.array(fc.tuple(selection, count), { maxLength: 3 }), fc.option(count))
      .map(([some, any]) => [...some, ...(any ? [[{ tagStatus: 'any', tagPrefixList: undefined }, any] as const] : [])])
      .filter((list) => list.length > 0 && list.filter(([{ tagStatus }]) => tagStatus === 'untagged').length < 2);
    return neverMore(rules, 'ecr', (list) => ({
      rules: list.map(([select, counted], index) => ({
        rulePriority: index + 1,
        selection: { ...select, ...counted },
        action: { type: 'expire' },
      })),
    }));
  });

  test('a tag retention of Harbor', () => {
    const rule = fc.record({
      template: fc.constantFrom('latestPushedK', 'nDaysSinceLastPush', 'nDaysSinceLastPull', 'always', 'latestPulledN'),
      number: small,
      begins: fc.constantFrom('', 'a', 'ab', 'b'),
      excludes: fc.boolean(),
      untagged: fc.boolean(),
    });
    return neverMore(
      fc.array(
        fc.oneof(
          { weight: 1, arbitrary: rule },
          { weight: 3, arbitrary: rule.map((one) => ({ ...one, template: 'latestPushedK', excludes: false })) },
        ),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      'harbor',
      (rules) => ({
        rules: rules.map(({ template, number, begins, excludes, untagged }, id) => ({
          id,
          action: 'retain',
          template,
          params: template === 'always' ? {} : { [template]: number },
          tag_selectors: [
            {
              kind: 'doublestar',
              decoration: excludes ? 'excludes' : 'matches',
              pattern: begins === '' ? '**' : `${begins}*`,
              extras: JSON.stringify({ untagged }),
            },
          ],
          scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
        })),
      }),
    );
  });

  test('cleanup policies of Artifact Registry', () => {
    const condition = fc.record({
      tagState: fc.constantFrom('tagged', 'untagged', 'any'),
      tagPrefixes: fc.option(fc.uniqueArray(prefix, { minLength: 1, maxLength: 2 }), { nil: undefined }),
      days: fc.option(days, { nil: undefined }),
    });
    const keeps = fc.oneof(
      fc.record({ keep: fc.constant(true), condition, count: fc.option(small, { nil: undefined }) }),
      fc.record({
        keep: fc.constant(true),
        condition: condition.map((one) => ({ ...one, tagPrefixes: undefined, days: (one.days ?? 10) + 10 })),
        count: fc.constant(undefined),
      }),
    );
    const deletes = condition.map((one) => ({ keep: false, condition: one, count: undefined }));
    return neverMore(
      fc.tuple(fc.array(deletes, { minLength: 1, maxLength: 3 }), fc.array(keeps, { maxLength: 2 })).map((lists) => lists.flat()),
      'gar',
      (policies) =>
        policies.map(({ keep, count, condition: { tagState, tagPrefixes, days: age } }, index) => ({
          name: `policy ${index}`,
          action: { type: keep ? 'Keep' : 'Delete' },
          ...(keep && count !== undefined
            ? { mostRecentVersions: { keepCount: count } }
            : {
                condition: {
                  tagState: tagPrefixes ? 'tagged' : tagState,
                  tagPrefixes,
                  ...(age !== undefined && { [keep ? 'newerThan' : 'olderThan']: `${age}d` }),
                },
              }),
        })),
    );
  });

  test('acr purge', () => {
    const purge = fc.record({
      search: fc.constantFrom('.*', '^a', '^ab', 'b1$', '^latest$|prod'),
      ago: days,
      keep: fc.integer({ min: 0, max: 3 }),
      untagged: fc.constantFrom('', ' --untagged', ' --untagged', ' --untagged-only'),
    });
    return neverMore(fc.array(purge, { minLength: 1, maxLength: 2 }), 'acr', (purges) => {
      // Of images with other tags besides, ATTENTION says that they are counted.
      const isCounted = purges.some(({ keep, untagged }) => keep > 0 && untagged !== '');
      return purges
        .map(
          ({ search, ago, keep, untagged }) =>
            `acr purge --filter 'p/r/app:${isCounted ? '.*' : search}' --ago ${ago}d --keep ${keep}${untagged}`,
        )
        .join('\n');
    });
  });

  test('auto-prune policies of Quay', () => {
    const policy = fc.record({
      count: fc.boolean(),
      number: small,
      pattern: fc.constantFrom(undefined, '^a', 'b', '^(?:latest|prod-.*)$', 'a[0-9]'),
      matches: fc.boolean(),
    });
    return neverMore(fc.array(policy, { minLength: 1, maxLength: 3 }), 'quay', (policies) => ({
      policies: policies.map(({ count, number, pattern, matches }) => ({
        method: count ? 'number_of_tags' : 'creation_date',
        value: count ? number : `${number * 7}d`,
        tagPattern: pattern,
        tagPatternMatches: matches,
      })),
    }));
  });

  test('a cleanup policy of GitLab', () => {
    const settings = fc.record({
      keep_n: fc.option(small, { nil: undefined }),
      older: fc.option(days, { nil: undefined }),
      regex: fc.constantFrom('.*', 'a.*', 'a1|b.', '(?:a1|b.)', '^ab.*'),
      kept: fc.constantFrom(undefined, 'ab.*', 'a1|b1', 'prod.*'),
    });
    return neverMore(settings, 'gitlab', ({ keep_n, older, regex, kept }) => ({
      keep_n,
      older_than: older === undefined ? null : `${older}d`,
      name_regex: regex,
      name_regex_keep: kept,
    }));
  });

  test('a retention of zot', () => {
    const within = fc.option(
      days.map((number) => `${number * 24}h`),
      { nil: undefined },
    );
    const bounds = {
      mostRecentlyPushedCount: fc.integer({ min: 0, max: 3 }),
      mostRecentlyPulledCount: fc.constantFrom(0, 0, 0, 2),
      pulledWithin: within,
      pushedWithin: within,
    };
    const keepTags = fc.record({ patterns: fc.subarray(['^a', 'b1$', 'ab.*', '^(latest|prod-.*)$'], { maxLength: 2 }), ...bounds });
    const policy = fc.record({
      repositories: fc.constant(['p/**']),
      keepTags: fc.array(keepTags, { maxLength: 3 }),
      keepUntagged: fc.option(fc.record(bounds), { nil: undefined }),
      deleteUntagged: fc.boolean(),
    });
    return neverMore(fc.tuple(policy, days), 'zot', ([one, delay]) => ({
      storage: { retention: { delay: `${delay * 24}h`, policies: [one] } },
    }));
  });

  test('steps of a GitHub workflow', () => {
    const some = <Value>(...values: Value[]): fc.Arbitrary<Value | undefined> => fc.option(fc.constantFrom(...values), { nil: undefined });
    const count = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
    const cleanup = fc.record({
      'delete-tags': some('a*', 'ab*,b?', '*1', 'nothing', 'b1, a1'),
      'exclude-tags': some('latest', 'a1,prod*'),
      'keep-n-tagged': count,
      'older-than': fc.option(
        days.map((number) => `${number} days`),
        { nil: undefined },
      ),
    });
    const byExpression = fc.record({
      'use-regex': fc.constant(true),
      'delete-tags': some('^a', 'b1$', '^(ab|b)'),
      'exclude-tags': some('^latest$', '^(?:a|b)1$'),
      'keep-n-untagged': count,
    });
    const retention = fc.record({
      account: fc.constant('p'),
      'image-names': fc.constant('r/app'),
      'image-tags': some('a*', '!ab* !latest', '* !prod*'),
      'tag-selection': fc.constantFrom('tagged', 'untagged', 'both'),
      'cut-off': days.map((number) => `${number}d`),
      'keep-n-most-recent': fc.integer({ min: 0, max: 3 }),
      'timestamp-to-use': fc.constant('created_at'),
    });
    const versions = fc.record({
      owner: fc.constant('p'),
      'package-name': fc.constant('r/app'),
      'package-type': fc.constant('container'),
      'min-versions-to-keep': fc.integer({ min: 0, max: 5 }),
      'delete-only-untagged-versions': fc.boolean(),
    });
    const named = (inputs: object): object => ({ owner: 'p', package: 'r/app', ...inputs });
    const step = fc.oneof(
      { weight: 2, arbitrary: cleanup.map((inputs) => ({ uses: 'dataaxiom/ghcr-cleanup-action@v1', with: named(inputs) })) },
      { weight: 1, arbitrary: byExpression.map((inputs) => ({ uses: 'dataaxiom/ghcr-cleanup-action@v1', with: named(inputs) })) },
      { weight: 1, arbitrary: retention.map((inputs) => ({ uses: 'snok/container-retention-policy@v3', with: inputs })) },
      { weight: 1, arbitrary: versions.map((inputs) => ({ uses: 'actions/delete-package-versions@v5', with: inputs })) },
    );
    return neverMore(fc.array(step, { minLength: 1, maxLength: 3 }), 'github', (steps) => ({ jobs: { clean: { steps } } }));
  });

  test('policies of artifactory-cleanup', () => {
    const masks = fc.subarray(['*:a*', 'r/app:ab1', '*:latest', 'r/*:b*', 'r*', '*prod*', '*1'], { minLength: 1, maxLength: 2 });
    const withDays = (...names: string[]): fc.Arbitrary<object> =>
      fc.record({ rule: fc.constantFrom(...names), days: fc.integer({ min: 0, max: 30 }) });
    const withCount = (...names: string[]): fc.Arbitrary<object> => fc.record({ rule: fc.constantFrom(...names), count: small });
    const rule = fc.oneof(
      fc.record({ rule: fc.constantFrom('ExcludeDockerImages', 'IncludeDockerImages', 'ExcludePath'), masks }),
      withDays('DeleteDockerImagesOlderThan', 'DeleteOlderThan', 'DeleteDockerImagesNotUsed'),
      withDays('DeleteDockerImagesOlderThanNDaysWithoutDownloads', 'DeleteDockerImagesOlderThan'),
      withCount('KeepLatestNDockerImages', 'KeepLatestNFilesInFolder', 'KeepLatestNFiles'),
      fc.constantFrom({ rule: 'DeleteWithoutDownloads' }, { rule: 'DeleteLeastRecentlyUsedFiles', keep: 2 }),
    );
    return neverMore(fc.array(rule, { minLength: 1, maxLength: 4 }), 'artifactory', (rules) => ({
      'artifactory-cleanup': {
        policies: [{ name: 'p', rules: [{ rule: 'Repo' }, { rule: 'DeleteDockerImagesOlderThan', days: 1 }, ...rules] }],
      },
    }));
  });
});
