import semver from 'semver';
import type * as z from 'zod';
import { compileGlobs, type NameMatcher } from './glob.ts';
import { type ParsedGlob, parseGlob } from './parse-glob.ts';
import type { RuleSpec as RuleSchema } from './rule-schema.ts';

type RuleSpec = z.infer<typeof RuleSchema>;

/** A rule or policy that can never decide anything, because one above it takes all that it could. */
export interface Unreachable {
  readonly index: number;
  /** The name of the one above. */
  readonly by: string;
}

/** What of a policy says which repositories it governs. */
interface Governing {
  readonly name: string;
  readonly registries?: readonly string[] | undefined;
  readonly repositories?: readonly string[] | undefined;
}

/**
 * The rules of a policy that one above them surely leaves nothing to. Where it is not certain, none is told; undefined stands for a rule
 * that is wrong.
 */
export function unreachableRules(rules: readonly (RuleSpec | undefined)[]): Unreachable[] {
  const entries = rules.map((rule) => rule && { name: rule.name, rule, ...tagsOf(rule) });
  return unreachable(entries, (above, below) => takesAllOf(above, below));
}

/** The policies that one above them surely leaves nothing to, told as {@link unreachableRules} does. */
export function unreachablePolicies(policies: readonly (Governing | undefined)[]): Unreachable[] {
  const entries = policies.map(
    (policy) => policy && { name: policy.name, registries: policy.registries, ...namesOf(policy.repositories ?? ['**']) },
  );
  return unreachable(entries, ({ registries, ...above }, below) => {
    const hasRegistries = registries === undefined || (below.registries?.every((name) => registries.includes(name)) ?? false);
    return hasRegistries && covers(above, below, true);
  });
}

/** Names that some glob matches and none of the others does. */
interface Names {
  readonly include: readonly Glob[];
  readonly exclude: readonly Glob[];
}

interface Glob extends ParsedGlob {
  readonly text: string;
  readonly matches: NameMatcher;
}

/** So many globs are compared with each other, so that no file takes long. People write a few dozen. */
const MOST_COMPARISONS = 1_000_000;

function unreachable<Entry extends Names & { readonly name: string }>(
  entries: readonly (Entry | undefined)[],
  takesAll: (above: Entry, below: Entry) => boolean,
): Unreachable[] {
  const found: Unreachable[] = [];
  let comparisons = 0;
  for (const [index, below] of entries.entries()) {
    if (!below) continue;
    for (const above of entries.slice(0, index)) {
      if (!above) continue;
      comparisons += (above.include.length + above.exclude.length) * (below.include.length + below.exclude.length);
      if (comparisons > MOST_COMPARISONS) return found;
      if (!takesAll(above, below)) continue;
      found.push({ index, by: above.name });
      break;
    }
  }
  return found;
}

/** The keys of a rule that select by the image: a rule with one of them leaves what it does not select to others. */
const IMAGE_SELECTORS = [
  'labels',
  'annotations',
  'mediaTypes',
  'artifactTypes',
  'platforms',
  'largerThan',
  'signed',
  'unsigned',
  'vulnerabilities',
  'unscanned',
  'noSbom',
] as const satisfies readonly (keyof RuleSpec)[];

interface RuleEntry extends Names {
  readonly rule: RuleSpec;
  readonly regex: string | undefined;
  readonly semver: string | undefined;
}

function takesAllOf(above: RuleEntry, below: RuleEntry): boolean {
  const [wide, narrow] = [above.rule, below.rule];
  if (wide.gone !== undefined || IMAGE_SELECTORS.some((key) => wide[key] !== undefined)) return false;
  if (narrow.orphaned !== undefined) return JSON.stringify(wide.orphaned) === JSON.stringify(narrow.orphaned);
  if (wide.orphaned !== undefined) return false;
  if (narrow.untagged === true) return wide.untagged !== undefined;
  if (wide.untagged === true || (narrow.untagged === 'too' && wide.untagged !== 'too')) return false;
  const hasRegex = above.regex === undefined || above.regex === below.regex;
  return hasRegex && isRangeWithin(below.semver, above.semver) && covers(above, below, false);
}

/** True if every version of the narrow range is surely in the wide one. Without a range a tag need not be a version. */
function isRangeWithin(narrow: string | undefined, wide: string | undefined): boolean {
  if (wide === undefined || wide === narrow) return true;
  return narrow !== undefined && semver.subset(narrow, wide, { includePrerelease: true });
}

function tagsOf({ tags = ['**'] }: RuleSpec): Omit<RuleEntry, 'rule'> {
  if (Array.isArray(tags)) return { ...namesOf(tags), regex: undefined, semver: undefined };
  const { include = ['**'], exclude = [], regex, semver } = tags;
  return {
    include: include.map(read),
    exclude: exclude.map(read),
    regex: regex !== undefined && isEvery(regex) ? undefined : regex,
    semver,
  };
}

/** True of an expression that surely matches every tag, which is never empty. */
function isEvery(regex: string): boolean {
  return /^\^?(?:\((?:\?(?::|P?<\w+>))?)?\.[*+]\??\)?\$?$/.test(regex);
}

function namesOf(globs: readonly string[]): Names {
  return {
    include: globs.filter((glob) => !glob.startsWith('!')).map(read),
    exclude: globs.filter((glob) => glob.startsWith('!')).map((glob) => read(glob.slice(1))),
  };
}

function read(text: string): Glob {
  const parsed = parseGlob(text);
  if (typeof parsed === 'string') throw new TypeError(`the glob "${text}" ${parsed}`);
  return { ...parsed, text, matches: compileGlobs([text]) };
}

/** True if every name that one list of globs selects is surely selected by the other. Throws a `TypeError` for a glob that is wrong. */
export function areGlobsWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return covers(namesOf(outer), namesOf(inner), true);
}

/** True if surely no name is selected by both lists of globs. Throws a `TypeError` for a glob that is wrong. */
export function areGlobsDisjoint(one: readonly string[], other: readonly string[]): boolean {
  const [left, right] = [namesOf(one), namesOf(other)];
  const isOutOf = (glob: Glob, names: Names): boolean =>
    names.exclude.some((outer) => isWithin(glob, outer, true)) || names.include.every((selected) => areDisjoint(glob, selected));
  return left.include.every((glob) => isOutOf(glob, right)) || right.include.every((glob) => isOutOf(glob, left));
}

/** True if every name of the narrow ones is surely one of the wide ones. Tags have no parts, the names of repositories have. */
function covers(wide: Names, narrow: Names, hasParts: boolean): boolean {
  const isIncluded = (inner: Glob): boolean => wide.include.some((outer) => isWithin(inner, outer, hasParts));
  const takesNothing = (glob: Glob): boolean =>
    narrow.exclude.some((outer) => isWithin(glob, outer, hasParts)) || narrow.include.every((inner) => areDisjoint(inner, glob));
  return narrow.include.every(isIncluded) && wide.exclude.every(takesNothing);
}

/** True if every name that the inner glob matches is surely matched by the outer one. */
function isWithin(inner: Glob, outer: Glob, hasParts: boolean): boolean {
  if (inner.text === outer.text) return true;
  const { prefix, rest } = inner;
  if (rest === '') return outer.matches(prefix);
  if (outer.rest === '**') return prefix.startsWith(outer.prefix);
  if (outer.rest === '/**') return prefix.startsWith(`${outer.prefix}/`) || (prefix === outer.prefix && rest === '/**');
  if (outer.rest !== '*' || !prefix.startsWith(outer.prefix)) return false;
  return !hasParts || (rest === '*' && !prefix.includes('/', outer.prefix.length));
}

/** True if surely no name is matched by both globs. */
function areDisjoint(one: Glob, other: Glob): boolean {
  if (one.rest === '') return !other.matches(one.prefix);
  if (other.rest === '') return !one.matches(other.prefix);
  return !one.prefix.startsWith(other.prefix) && !other.prefix.startsWith(one.prefix);
}
