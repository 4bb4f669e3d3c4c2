import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { makeSource } from '../../../src/diagnostics/source.ts';
import type { Manifest } from '../../../src/domain/inventory.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { type FormatName, importPolicies } from '../../../src/policy-import/policy-formats.ts';
import { policyText } from '../../../src/policy-import/policy-text.ts';
import { compilePolicy } from '../../../src/policy/policy.ts';
import { asDigest } from '../../digest.ts';
import { SWEEPING } from '../../sweep.ts';
import { capabilities } from '../plan/fixture.ts';

/*
 * What is imported never deletes more than the original does. Each registry is read here a second time, by its documentation and in a few
 * lines, and asked what it would delete of random images by random settings.
 */

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-01T00:00:00Z');

const digest = (n: number): ReturnType<typeof asDigest> => asDigest(`sha256:${String(n).padStart(64, '0')}`);

/** Ages in days, each image at its own. All its times are the same but that of its pull. */
interface Image {
  readonly id: number;
  readonly tags: readonly string[];
  readonly age: number;
  readonly pulled: number | undefined;
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
const newest = (list: readonly Image[]): Image[] => list.toSorted((a, b) => a.age - b.age);
const tagged = (image: Image, begins: string): boolean => image.tags.some((tag) => tag.startsWith(begins));

/** What goes: images by their number, and tags that are taken off images that stay. */
async function planned(list: readonly Image[], settings: unknown, from: FormatName): Promise<{ images: number[]; tags: string[] }> {
  const text = typeof settings === 'string' ? settings : JSON.stringify(settings);
  const yaml = policyText(importPolicies(makeSource('settings', text), from, { of: undefined }), 'settings');
  const policies = await loadPolicies([makeSource('imported', yaml)]);
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
      repositories: [{ registry: 'r', type: 'oci', repository: 'p/r/app', complete: true, capabilities: capabilities(), manifests }],
    },
    {
      policies: policies.map(({ spec }) => compilePolicy(spec, { source: 'imported', digest: digest(99) })),
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
    images: gone.map((image) => list.findIndex(({ id }) => digest(id) === image.digest)),
    tags: repository?.images.flatMap(({ untag }) => untag) ?? [],
  };
}

/** Checks it, and that the cases are telling: in a part of them something goes. */
async function neverMore<Settings>(
  settings: fc.Arbitrary<Settings>,
  from: FormatName,
  written: (settings: Settings) => unknown,
  original: (list: readonly Image[], settings: Settings) => { readonly images: readonly number[]; readonly tags?: readonly string[] },
): Promise<void> {
  let telling = 0;
  await fc.assert(
    fc.asyncProperty(images, settings, async (list, given) => {
      const ours = await planned(list, written(given), from);
      const theirs = original(list, given);
      expect({
        images: ours.images.filter((id) => !theirs.images.includes(id)),
        tags: ours.tags.filter((tag) => !(theirs.tags ?? []).includes(tag)),
      }).toEqual({ images: [], tags: [] });
      if (ours.images.length > 0) telling += 1;
    }),
    { numRuns: SWEEPING ? 400 : 60, seed: 20_261_101 },
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
    return neverMore(
      rules,
      'ecr',
      (list) => ({
        rules: list.map(([select, counted], index) => ({
          rulePriority: index + 1,
          selection: { ...select, ...counted },
          action: { type: 'expire' },
        })),
      }),
      (list, given) => {
        const matches = (image: Image, { tagStatus, tagPrefixList }: (typeof given)[number][0]): boolean =>
          tagStatus === 'any' ||
          (tagStatus === 'untagged' ? image.tags.length === 0 : (tagPrefixList ?? []).every((begins) => tagged(image, begins)));
        const gone = given.flatMap(([select, { countType, countNumber }], index) => {
          const selected = newest(list.filter((image) => matches(image, select)));
          return selected
            .filter((image, rank) => (countType === 'imageCountMoreThan' ? rank >= countNumber : image.age > countNumber))
            .filter((image) => !given.slice(0, index).some(([above]) => matches(image, above)));
        });
        return { images: gone.map(({ id }) => id) };
      },
    );
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
      (list, rules) => {
        const kept = rules.flatMap(({ template, number, begins, excludes, untagged }) => {
          const selected = newest(
            list.filter((image) =>
              image.tags.length === 0 ? untagged !== excludes : image.tags.some((tag) => tag.startsWith(begins) !== excludes),
            ),
          );
          const byPull = selected.toSorted((a, b) => (a.pulled ?? Infinity) - (b.pulled ?? Infinity));
          if (template === 'latestPushedK') return selected.slice(0, number);
          if (template === 'latestPulledN') return byPull.slice(0, number);
          if (template === 'nDaysSinceLastPush') return selected.filter(({ age }) => age <= number);
          return template === 'always' ? selected : selected.filter(({ pulled = Infinity }) => pulled <= number);
        });
        return { images: list.filter((image) => !kept.includes(image)).map(({ id }) => id) };
      },
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
      (list, policies) => {
        const matched = ({ keep, condition: { tagState, tagPrefixes, days: age }, count }: (typeof policies)[number]): Image[] => {
          if (keep && count !== undefined) return newest(list).slice(0, count);
          return list.filter((image) => {
            const state = tagPrefixes
              ? tagPrefixes.some((begins) => tagged(image, begins))
              : tagState === 'any' || (tagState === 'tagged') === image.tags.length > 0;
            return state && (age === undefined || (keep ? image.age < age : image.age > age));
          });
        };
        const kept = policies.filter(({ keep }) => keep).flatMap(matched);
        const gone = policies.filter(({ keep }) => !keep).flatMap(matched);
        return { images: gone.filter((image) => !kept.includes(image)).map(({ id }) => id) };
      },
    );
  });

  test('acr purge', () => {
    const purge = fc.record({
      search: fc.constantFrom('.*', '^a', '^ab', 'b1$', '^latest$|prod'),
      ago: days,
      keep: fc.integer({ min: 0, max: 3 }),
      untagged: fc.boolean(),
    });
    return neverMore(
      fc.array(purge, { minLength: 1, maxLength: 2 }),
      'acr',
      (purges) =>
        purges
          .map(
            ({ search, ago, keep, untagged }) =>
              `acr purge --filter 'p/r/app:${search}' --ago ${ago}d --keep ${keep}${untagged ? ' --untagged' : ''}`,
          )
          .join('\n'),
      (list, purges) => {
        const off = new Set<string>();
        const gone = new Set<number>();
        // They run every night: what one leaves without a tag, the one before it finds the next time.
        for (const { search, ago, keep, untagged } of [...purges, ...purges]) {
          const eligible = newest(list).flatMap(({ tags, age }) =>
            tags.filter((tag) => !off.has(tag) && new RegExp(search).test(tag) && age > ago),
          );
          for (const tag of eligible.slice(keep)) off.add(tag);
          for (const { id, tags, age } of list) if (untagged && age > ago && tags.every((tag) => off.has(tag))) gone.add(id);
        }
        return { images: [...gone], tags: [...off] };
      },
    );
  });

  test('auto-prune policies of Quay', () => {
    const policy = fc.record({
      count: fc.boolean(),
      number: small,
      pattern: fc.constantFrom(undefined, '^a', 'b', '^(?:latest|prod-.*)$', 'a[0-9]'),
      matches: fc.boolean(),
    });
    return neverMore(
      fc.array(policy, { minLength: 1, maxLength: 3 }),
      'quay',
      (policies) => ({
        policies: policies.map(({ count, number, pattern, matches }) => ({
          method: count ? 'number_of_tags' : 'creation_date',
          value: count ? number : `${number * 7}d`,
          tagPattern: pattern,
          tagPatternMatches: matches,
        })),
      }),
      (list, policies) => {
        const off = policies.flatMap(({ count, number, pattern, matches }) => {
          const selected = newest(list).flatMap(({ tags, age }) =>
            tags.filter((tag) => pattern === undefined || new RegExp(pattern).test(tag) === matches).map((tag) => ({ tag, age })),
          );
          return (count ? selected.slice(number) : selected.filter(({ age }) => age > number * 7)).map(({ tag }) => tag);
        });
        // What has no tag is collected in any case, and is not asked about here.
        return { tags: off, images: list.filter(({ tags }) => tags.every((tag) => off.includes(tag))).map(({ id }) => id) };
      },
    );
  });

  test('a cleanup policy of GitLab', () => {
    const settings = fc.record({
      keep_n: fc.option(small, { nil: undefined }),
      older: fc.option(days, { nil: undefined }),
      regex: fc.constantFrom('.*', 'a.*', 'a1|b.', '(?:a1|b.)', '^ab.*'),
      kept: fc.constantFrom(undefined, 'ab.*', 'a1|b1', 'prod.*'),
    });
    return neverMore(
      settings,
      'gitlab',
      ({ keep_n, older, regex, kept }) => ({
        keep_n,
        older_than: older === undefined ? null : `${older}d`,
        name_regex: regex,
        name_regex_keep: kept,
      }),
      (list, { keep_n = 0, older = 0, regex, kept }) => {
        const off = newest(list)
          .flatMap(({ tags, age }) => tags.map((tag) => ({ tag, age })))
          .filter(
            ({ tag }) =>
              tag !== 'latest' && new RegExp(`^${regex}$`).test(tag) && !(kept !== undefined && new RegExp(`^${kept}$`).test(tag)),
          )
          .slice(keep_n)
          .filter(({ age }) => age > older)
          .map(({ tag }) => tag);
        return { tags: off, images: list.filter(({ tags }) => tags.every((tag) => off.includes(tag))).map(({ id }) => id) };
      },
    );
  });
});
