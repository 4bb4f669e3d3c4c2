import { isObject } from '../domain/json.ts';
import type { Source } from '../diagnostics/source.ts';
import type { ProtectSpec, RuleSpec } from '../policy/schema.ts';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';
import { type Commented, type ImportedPolicy, type ImportGround, keepsAll } from './imported-policy.ts';
import { originalGar } from './original/gar.ts';
import type { Original } from './original/original.ts';
import { parseSettings } from './parse-settings.ts';
import { CleanupPolicy, PolicyList, Repository } from './settings/gar-cleanup.ts';

export function isGarCleanup(data: unknown): boolean {
  if (isObject(data)) return isObject(data['cleanupPolicies']);
  return Array.isArray(data) && data.some((one) => isObject(one) && 'action' in one && ('condition' in one || 'mostRecentVersions' in one));
}

/** The cleanup policies of a repository of Artifact Registry: the file they are set from, or what `gcloud … describe` prints. */
export function importGarCleanup(source: Source, data: unknown, { of }: ImportGround): ImportedPolicy[] {
  const described = isObject(data) ? parseSettings(source, Repository).data : undefined;
  const list = described
    ? Object.entries(described.cleanupPolicies).map(([name, policy]) => ({ name, ...policy }))
    : parseSettings(source, PolicyList).data;
  const repository = of === undefined ? pathOf(described?.name) : globOf(of);
  const within = repository ?? '*/*';
  const packages = [...new Set(list.flatMap(packagesOf))].toSorted((a, b) => b.length - a.length);
  // Of a package, all policies are asked whose prefix its name begins with. The longest prefixes come first, the rest last.
  const parts = grouped([...packages, ''], (prefix) => list.filter((policy) => isFor(policy, prefix)));
  const comments = [
    `From the cleanup policies of ${repository === undefined ? 'a repository of Artifact Registry' : repository}.`,
    'There, a version that is deleted goes with all its tags by one of them; here it stays while any of its tags stays.',
    'There, the parts of multi-arch images count as versions; here they are not counted, and go with their image.',
    ...(described?.cleanupPolicyDryRun ? ['ATTENTION: there they are a dry run (cleanupPolicyDryRun) and delete nothing.'] : []),
    ...(within.startsWith('*/')
      ? [
          `ATTENTION: nothing names project${repository === undefined ? ' and repository' : ''}, so this is for all of them: write ` +
            `what is meant in the place of "${within}", or import with --of PROJECT/REPOSITORY.`,
        ]
      : []),
  ];
  return parts.flatMap(({ prefixes: names, policies }) => {
    const deleting = policies.filter((policy) => policy.action === 'delete');
    if (deleting.length === 0 && names.includes('') && parts.length > 1) return [];
    return [policyFor(names, policies, within, comments, originalGar(list))];
  });
}

function policyFor(
  names: readonly string[],
  policies: readonly CleanupPolicy[],
  within: string,
  comments: readonly string[],
  original: Original,
): ImportedPolicy {
  const keeping = policies.filter((policy) => policy.action === 'keep');
  const newest = Math.max(0, ...keeping.map(({ mostRecentVersions }) => mostRecentVersions?.keepCount ?? 0));
  const isRest = names.includes('');
  return {
    name: isRest ? (within === '*/*' ? 'cleanup' : `cleanup of ${within}`) : `cleanup of ${names.map((name) => `${name}*`).join(', ')}`,
    comments: [
      ...comments,
      ...(newest > 0 ? [`At least the newest ${newest} of each package stay: keepNewest counts tagged images alone.`] : []),
    ],
    repositories: isRest ? [`${within}/**`] : names.map((name) => `${within}/${globOf(name)}*/**`),
    ...(newest > 0 && { keepNewest: newest }),
    // Artifact Registry never takes a tag off an image that stays.
    sharedTags: 'keep',
    protect: keeping.flatMap(protectionsOf),
    rules: rulesOf(policies, newest),
    original,
  };
}

/** What a Keep policy for certain tags keeps: images with such a tag, as a whole. */
function protectionsOf(policy: CleanupPolicy): Commented<ProtectSpec>[] {
  const { condition } = policy;
  if (!condition?.tagPrefixes || isUnsaid(policy)) return [];
  const comments = [`Keep policy ${nameOf(policy)}`];
  const { newerThan, olderThan } = condition;
  if (newerThan ?? olderThan)
    comments.push(`There only those that are ${newerThan ? `newer than ${newerThan}` : `older than ${olderThan}`}; here all of them.`);
  return [{ part: { tags: tagGlobs(condition.tagPrefixes), wholeImage: true }, comments }];
}

/** The rules of one policy: those for certain tags, the longest prefixes first, then all tags, then images without one. */
function rulesOf(policies: readonly CleanupPolicy[], newest: number): Commented<RuleSpec>[] {
  const unsaid = policies.filter((policy) => policy.action === 'keep' && isUnsaid(policy));
  if (unsaid.length > 0)
    return [
      keepsAll(
        { name: 'everything', tags: ['**'], untagged: 'too' },
        `NOT IMPORTED: the Keep policy ${unsaid.map(nameOf).join(', ')} names versions by the first digits of their digest, which cannot ` +
          'be said here. Protect the whole digests ("protect: [{digests: […]}]"), take the policy out and import again.',
      ),
    ];
  const left = policies.filter((policy) => policy.action === 'delete' && isUnsaid(policy));
  const deleting = policies.filter((policy) => policy.action === 'delete' && !isUnsaid(policy));
  const prefixLists = deleting.flatMap(({ condition }) => (condition?.tagPrefixes ? condition.tagPrefixes : []));
  const ofTags = [...new Set(prefixLists)].toSorted((a, b) => b.length - a.length);
  const rules = grouped([...ofTags, ''], (prefix) => deleting.filter((policy) => deletesTag(policy, prefix))).flatMap(
    ({ prefixes: tags, policies: those }): Commented<RuleSpec>[] => {
      if (those.length === 0) return [];
      const rest = tags.includes('');
      const name = rest ? 'tagged' : tags.map((tag) => `${tag}*`).join(', ');
      return [
        { part: { name, tags: rest ? ['**'] : tagGlobs(tags), ...keepOf(those, policies, 'tagged', 0) }, comments: those.map(wordsOf) },
      ];
    },
  );
  const bare = deleting.filter(({ condition }) => !condition?.tagPrefixes && condition?.tagState !== 'tagged');
  if (bare.length > 0)
    rules.push({ part: { name: 'untagged', untagged: true, ...keepOf(bare, policies, 'untagged', newest) }, comments: bare.map(wordsOf) });
  const notes = left.map(
    (policy) => `LEFT OUT: the Delete policy ${nameOf(policy)} asks for digests by their first digits or for what is newer.`,
  );
  if (rules.length === 0) return [keepsAll({ name: 'everything', tags: ['**'] }, 'No Delete policy is for these packages.', ...notes)];
  const [first, ...others] = rules as [Commented<RuleSpec>, ...Commented<RuleSpec>[]];
  return [{ ...first, comments: [...notes, ...first.comments] }, ...others];
}

/** What stays of what several Delete policies name: what is younger than the shortest of them asks, or than a Keep policy asks. */
function keepOf(
  deleting: readonly CleanupPolicy[],
  policies: readonly CleanupPolicy[],
  state: 'tagged' | 'untagged',
  last: number,
): Pick<RuleSpec, 'keep'> {
  const kept = policies.flatMap(({ action: what, condition = {}, mostRecentVersions }) =>
    what === 'keep' && !mostRecentVersions && !condition.tagPrefixes && [state, 'any', undefined].includes(stateOf(condition))
      ? [condition]
      : [],
  );
  // All of them, or those that are older: nothing younger is kept by name, so that only "all" is sure to keep enough.
  if (kept.some(({ newerThan }) => newerThan === undefined)) return { keep: 'all' };
  const young = Math.max(0, ...kept.map(({ newerThan }) => daysIn(newerThan ?? '') ?? 0));
  const days = Math.max(young, Math.min(...deleting.map(({ condition }) => daysIn(condition?.olderThan ?? '') ?? 0)));
  const words = { ...(days > 0 && { days }), ...(last > 0 && { last }) };
  return { keep: Object.keys(words).length > 0 ? words : 'none' };
}

function stateOf({ tagState }: NonNullable<CleanupPolicy['condition']>): 'tagged' | 'untagged' | 'any' | undefined {
  return tagState === 'tag_state_unspecified' ? undefined : tagState;
}

function deletesTag({ condition }: CleanupPolicy, prefix: string): boolean {
  if (condition?.tagPrefixes) return condition.tagPrefixes.some((one) => prefix.startsWith(one));
  return condition?.tagState !== 'untagged';
}

/** True of a policy with a condition that cannot be said here. */
function isUnsaid({ action: what, condition }: CleanupPolicy): boolean {
  return condition?.versionNamePrefixes !== undefined || (what === 'delete' && condition?.newerThan !== undefined);
}

/** The prefixes by what is found for them; those for which the same is found stand together. The empty prefix is for all others. */
function grouped(
  names: readonly string[],
  find: (name: string) => readonly CleanupPolicy[],
): { prefixes: string[]; policies: readonly CleanupPolicy[] }[] {
  const groups: { prefixes: string[]; policies: readonly CleanupPolicy[] }[] = [];
  for (const name of names) {
    const policies = find(name);
    const same = groups.find(
      (group) => group.policies.length === policies.length && group.policies.every((one, at) => one === policies[at]),
    );
    if (same) same.prefixes.push(name);
    else groups.push({ prefixes: [name], policies });
  }
  return groups;
}

function packagesOf({ condition, mostRecentVersions }: CleanupPolicy): readonly string[] {
  return condition?.packageNamePrefixes ?? mostRecentVersions?.packageNamePrefixes ?? [];
}

function isFor(policy: CleanupPolicy, prefix: string): boolean {
  const packages = packagesOf(policy);
  return packages.length === 0 || packages.some((one) => prefix.startsWith(one));
}

function tagGlobs(tags: readonly string[]): string[] {
  return tags.map((tag) => `${globOf(tag)}*`);
}

function nameOf({ name, id }: CleanupPolicy): string {
  return `"${name ?? id ?? ''}"`;
}

function wordsOf(policy: CleanupPolicy): string {
  const { olderThan, tagPrefixes, tagState } = policy.condition ?? {};
  const what = tagPrefixes ? `tags that begin with ${tagPrefixes.join(', ')}` : tagState === undefined ? 'everything' : tagState;
  return `Delete policy ${nameOf(policy)}: ${what}${olderThan === undefined ? '' : ` older than ${olderThan}`}`;
}

/** The glob for `PROJECT/REPOSITORY` of `projects/PROJECT/locations/…/repositories/REPOSITORY`, where "-" is any project. */
function pathOf(name: string | undefined): string | undefined {
  const [, project, repository] = /^projects\/([^/]+)\/locations\/[^/]+\/repositories\/([^/]+)$/.exec(name ?? '') ?? [];
  return project && repository ? `${project === '-' ? '*' : globOf(project)}/${globOf(repository)}` : undefined;
}
