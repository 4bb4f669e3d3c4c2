import { isObject } from '../domain/json.ts';
import type { Source } from '../diagnostics/source.ts';
import type { Problem } from '../diagnostics/source-error.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { areGlobsWithin } from '../policy/unreachable.ts';
import { type ExcludedMask, excludedByMask, type IncludedMask, includedByMask } from './artifactory-mask.ts';
import { globOf } from './glob-of.ts';
import { type Commented, type ImportedPolicy, type ImportGround, keepsAll } from './imported-policy.ts';
import { narrowFirst } from './narrow-first.ts';
import { originalArtifactory } from './original/artifactory.ts';
import { parseSettings, settingsError } from './parse-settings.ts';
import { CleanupRule, CleanupPolicy, Settings } from './settings/artifactory-cleanup.ts';

// https://github.com/devopshq/artifactory-cleanup, artifactory_cleanup/rules: what all conditions of a policy select goes, but what its
// Keep… rules take out of that. A rule for Docker images makes one thing of a folder with a manifest.json, which is a tag.
const DAY_BEGINS = 'Ages count from the beginning of the day there: a day more here.';
const BUILT =
  'ATTENTION: Artifactory goes by when an image was uploaded. Where the registry tells only when it was built, that counts here, and is ' +
  'earlier.';
const STOPS = 'ATTENTION: there, any other tag stops it with an error before anything is deleted; here such a tag stays.';
/** As good as for ever, in days. */
const EVER = 36_500;
/** Versions of three numbers, with or without a "v", as KeepLatestNVersionImagesByProperty finds them. */
const THREE_NUMBERS = /^\(?\^(v\??)?(?:\\d|\[0-9\])\+\\\.(?:\\d|\[0-9\])\+\\\.(?:\\d|\[0-9\])\+\$\)?$/;

export function isArtifactoryCleanup(data: unknown): boolean {
  return isObject(data) && isObject(data['artifactory-cleanup']);
}

/** The policies of artifactory-cleanup that are about Docker images. */
export function importArtifactoryCleanup(source: Source, _data: unknown, { of }: ImportGround): ImportedPolicy[] {
  const read = parseSettings(source, Settings);
  const { policies } = read.data['artifactory-cleanup'];
  const problems: Problem[] = [];
  const left: string[] = [];
  const imported = policies.flatMap((policy, index): ImportedPolicy[] => {
    const { name, rules } = policy;
    if (!rules.some((one) => one.rule.includes('Docker') || one.rule === 'KeepLatestNVersionImagesByProperty')) {
      left.push(`LEFT OUT: the policy "${name}", which has no rule for Docker images.`);
      return [];
    }
    const keys = of === undefined ? keysOf(policy) : [globOf(of)];
    if (keys === undefined) {
      const message = 'names no repository: without one of Repo, RepoList and RepoByMask it would be for all of the server';
      problems.push(read.problemAt(['artifactory-cleanup', 'policies', index, 'rules'], message));
      return [];
    }
    return policiesFor(policy, keys);
  });
  if (problems.length > 0) throw settingsError(problems);
  if (imported.length === 0) throw settingsError([read.problemAt(['artifactory-cleanup', 'policies'], left.join(' '))]);
  const [first, ...others] = narrowFirst(imported, (inner, outer) =>
    areGlobsWithin(inner.repositories ?? [], outer.repositories ?? []),
  ) as [ImportedPolicy, ...ImportedPolicy[]];
  return [{ ...first, comments: [...first.comments, ...left] }, ...others];
}

/** Globs for the keys of the repositories; undefined where none is named. */
function keysOf({ name, rules }: CleanupPolicy): string[] | undefined {
  const named = rules.flatMap((one): string[][] => {
    if (one.rule === 'Repo') return [[globOf(one.name ?? name)]];
    if (one.rule === 'RepoList') return [one.repos.map(globOf)];
    return one.rule === 'RepoByMask' ? [[globOf(one.mask).replaceAll('\\*', '*').replaceAll('\\?', '?')]] : [];
  });
  // All of them must hold: those of the first that are surely among those of each other.
  const [first, ...others] = named;
  return first?.filter((key) => others.every((keys) => areGlobsWithin([key], keys)));
}

/** One policy for each name of images that an IncludeDockerImages has; else one for all. */
function policiesFor(policy: CleanupPolicy, keys: readonly string[]): ImportedPolicy[] {
  const { name, rules } = policy;
  const includes = rules.flatMap((one) => (one.rule === 'IncludeDockerImages' || one.rule === 'IncludePath' ? [one.masks] : []));
  const excludes = rules.flatMap((one) => (one.rule === 'ExcludeDockerImages' || one.rule === 'ExcludePath' ? one.masks : []));
  const included = (includes[0] ?? ['*:*']).map(includedByMask);
  const excluded = excludes.map(excludedByMask);
  const unsaid = [
    ...(includes.length > 1 ? ['several masks that must all hold'] : []),
    ...included.flatMap((one, index) => (one ? [] : [`the mask "${includes[0]?.[index]}"`])),
    ...excluded.flatMap((one, index) => (one ? [] : [`the mask "${excludes[index]}"`])),
    ...rules.filter((one) => UNSAID.has(one.rule)).map((one) => one.rule),
  ];
  const comments = [
    `From the policy "${name}" of artifactory-cleanup.`,
    'The key of the repository is the first part of a name here. Take it away where the repository has a host of its own.',
    BUILT,
    ...(included.length > 1 ? ['Of several policies for one repository the first decides alone.'] : []),
  ];
  const original = originalArtifactory(rules);
  const within = (glob: string): string[] => keys.map((key) => `${key}/${glob}`);
  const without = excluded.flatMap((one) => one?.repositories ?? []).flatMap((glob) => within(glob).map((one) => `!${one}`));
  if (unsaid.length > 0) {
    const everything = { name: 'everything', tags: ['**'], untagged: 'too' as const };
    const note = `NOT IMPORTED: ${[...new Set(unsaid)].join(', ')} cannot be said here.`;
    return [{ name, comments, repositories: within('**'), rules: [keepsAll(everything, ruleWords(policy), note)], original }];
  }
  const selected = included as IncludedMask[];
  const places = [...new Set(selected.map(({ repositories }) => repositories))];
  const exclude = (excluded as ExcludedMask[]).flatMap(({ tags }) => tags);
  return places.map((repositories) => ({
    name: places.length === 1 ? name : `${name}: ${repositories}`,
    comments,
    repositories: [...within(repositories), ...without],
    rules: rulesOf(policy, {
      include: [...new Set(selected.filter((one) => one.repositories === repositories).map(({ tags }) => tags))],
      exclude: [...new Set(exclude)],
    }),
    original,
  }));
}

/** Rules about what is not known here: whatever they would leave stays. */
const UNSAID: ReadonlySet<CleanupRule['rule']> = new Set([
  'PropertyEq',
  'PropertyNeq',
  'DeleteByRegexpName',
  'DeleteEmptyFolders',
  'KeepLatestVersionNFilesInFolder',
  'KeepLatestNupkgNVersions',
  'DeleteDockerImageIfNotContainedInProperties',
  'DeleteDockerImageIfNotContainedInPropertiesValue',
  'IncludeFilename',
  'ExcludeFilename',
  'FilterByRegexpPath',
] as const);

/** What must be true of an image that goes: its age, and when it was last pulled, in days. */
interface Ages {
  readonly days: number;
  readonly pulledDays: number;
}

function agesOf(one: CleanupRule): Ages | undefined {
  switch (one.rule) {
    case 'DeleteOlderThan':
    case 'DeleteDockerImagesOlderThan':
      return { days: one.days + 1, pulledDays: 0 };
    case 'DeleteNotUsedSince':
    case 'DeleteDockerImagesNotUsed':
      return { days: one.days + 1, pulledDays: one.days + 1 };
    case 'DeleteWithoutDownloads':
      return { days: 1, pulledDays: EVER };
    case 'DeleteOlderThanNDaysWithoutDownloads':
    case 'DeleteDockerImagesOlderThanNDaysWithoutDownloads':
      return { days: one.days + 1, pulledDays: EVER };
    default:
      return undefined;
  }
}

interface Tags {
  readonly include: string[];
  readonly exclude: string[];
}

function rulesOf(policy: CleanupPolicy, { include, exclude }: Tags): Commented<RuleSpec>[] {
  const { rules } = policy;
  const ages = rules.flatMap((one) => agesOf(one) ?? []);
  const keptDays = Math.max(0, ...ages.map((age) => age.days));
  const pulledDays = Math.max(0, ...ages.map((age) => age.pulledDays));
  const comments = [ruleWords(policy), ...(keptDays > 0 ? [DAY_BEGINS] : [])];
  const kept = { ...(keptDays > 0 && { days: keptDays }), ...(pulledDays > 0 && { pulledDays }) };
  const part = { name: 'cleanup', tags: [...include, ...exclude.map((tag) => `!${tag}`)] };
  const counts = rules.flatMap((one, index) => countOf(one, rules.slice(0, index)) ?? []);
  // Each keeps so many of what those before it have left.
  const number = counts.reduce((sum, counted) => sum + counted.count, 0);
  const [first, ...others] = counts;
  const unsaid =
    counts.some(({ isUnsaid }) => isUnsaid) ||
    others.some(({ order, per, regex }) => order !== first?.order || per !== first?.per || regex !== first?.regex)
      ? 'its Keep rules'
      : first && pulledDays > 0
        ? 'how many are kept of those that were not pulled'
        : first?.order === 'pulled' && keptDays > 0
          ? 'DeleteLeastRecentlyUsedFiles beside an age'
          : undefined;
  if (unsaid !== undefined) return [keepsAll(part, ...comments, `NOT IMPORTED: ${unsaid} cannot be said here.`)];
  const { order, per, regex } = first ?? {};
  const keep = { ...kept, ...(number > 0 && (keptDays > 0 ? { older: number } : { last: number })) };
  return [
    {
      part: {
        ...part,
        ...(regex !== undefined && { tags: { include, ...(exclude.length > 0 && { exclude }), regex } }),
        order: order ?? 'tagged',
        ...(per !== undefined && { per }),
        keep: Object.keys(keep).length > 0 ? keep : 'none',
      },
      comments: [...comments, ...(regex === undefined ? [] : [STOPS])],
    },
  ];
}

interface Counted {
  readonly count: number;
  readonly order?: 'semver' | 'pulled';
  readonly per?: string;
  /** What the tags must be that are counted. Where another is met, the tool stops with an error. */
  readonly regex?: string;
  readonly isUnsaid?: boolean;
}

/** The newest so many that a rule keeps. `above`: the rules before it. */
function countOf(one: CleanupRule, above: readonly CleanupRule[]): Counted | undefined {
  // Before a rule for Docker images, files are counted, each of which has a folder of its own.
  const countsFiles = !above.some(({ rule: name }) => name.includes('Docker'));
  switch (one.rule) {
    case 'KeepLatestNDockerImages':
      return { count: one.count };
    case 'KeepLatestNFiles':
    case 'KeepLatestNFilesInFolder':
      return { count: one.count, isUnsaid: countsFiles };
    case 'DeleteLeastRecentlyUsedFiles':
      return { count: one.keep, order: 'pulled', isUnsaid: countsFiles };
    case 'KeepLatestNVersionImagesByProperty': {
      const per = { 1: 'major', 2: 'minor' }[one.number_of_digits_in_version ?? 1];
      const [isVersion, v = ''] = THREE_NUMBERS.exec(one.custom_regexp ?? '^\\d+\\.\\d+\\.\\d+$') ?? [];
      if (per === undefined || isVersion === undefined) return { count: one.count, isUnsaid: true };
      return { count: one.count, order: 'semver', per, regex: `${v}\\d+\\.\\d+\\.\\d+` };
    }
    default:
      return undefined;
  }
}

function ruleWords({ rules }: CleanupPolicy): string {
  return rules
    .map(({ rule: name, ...values }) => {
      const words = Object.values(values).flat().join(' ');
      return words === '' ? name : `${name} ${words}`;
    })
    .join(', ');
}
