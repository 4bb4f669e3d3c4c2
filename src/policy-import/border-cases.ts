import { isRepositoryName } from '../domain/reference.ts';
import { isTag } from '../domain/tag.ts';
import { compileGlobs } from '../policy/glob.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { compileTags, type TagSelector } from '../policy/selectors/tags.ts';
import type { ImportedPolicy } from './imported-policy.ts';
import type { Gone, Sample } from './original/original.ts';
import { candidateTags, globNames } from './sample-names.ts';

/** Images of a repository at the borders of a rule, and what the original makes of them. */
export interface BorderCase {
  readonly name: string;
  readonly repository: string;
  /** Each by its tag or, where it has none, by a name of its own. */
  readonly samples: readonly { readonly name: string; readonly sample: Sample }[];
  readonly gone: Gone;
  /** What of the rule is not tried. */
  readonly left: readonly string[];
}

/** So many images a case lists at most; of a rule that keeps more the count is not tried. */
const MOST = 60;
const HOUR = 1 / 24;
/** Days behind every border. */
const OLD = 20;

/**
 * For each rule of imported policies that are {@link settled}: images an hour before and after each age that it names, and one more than it
 * counts. A rule that no tag is found for has no case.
 */
export function borderCases(policies: readonly ImportedPolicy[]): BorderCase[] {
  const governs = policies.map(({ repositories = ['**'] }) => compileGlobs(repositories));
  return policies.flatMap((policy, index) => {
    const repository = repositoryNames(policy.repositories ?? ['**']).find(
      (name) => isRepositoryName(name) && governs.findIndex((matches) => matches(name)) === index,
    );
    if (repository === undefined) return [];
    return policy.rules.flatMap(({ part }, at) => {
      const namer = namerFor(
        part,
        policy.rules.slice(0, at).map((rule) => rule.part),
      );
      const { samples, left } = samplesFor(part, namer);
      if (samples.length === 0) return [];
      const gone = policy.original(
        repository,
        samples.map(({ sample }) => sample),
      );
      return [{ name: policies.length === 1 ? part.name : `${policy.name}: ${part.name}`, repository, samples, gone, left }];
    });
  });
}

function repositoryNames(globs: readonly string[]): string[] {
  const plain = globs.filter((glob) => !glob.startsWith('!'));
  return ['app', 'team', 'web-1', 'x0'].flatMap((fill) => plain.flatMap((glob) => [...globNames(glob, fill), `${fill}/${fill}/${fill}`]));
}

/** What makes the name of the n-th image of a rule, and whether it is a tag; undefined where there is none. */
type Namer = (number: number) => { readonly name: string; readonly isTag: boolean } | undefined;

function namerFor(rule: RuleSpec, above: readonly RuleSpec[]): Namer {
  if (rule.untagged === true) return (number) => ({ name: `untagged-${number}`, isTag: false });
  const { tags } = rule;
  if (tags === undefined) return () => undefined;
  const selects = compileTags(tags);
  const before = above.flatMap((one): TagSelector[] => (one.tags ? [compileTags(one.tags)] : []));
  const patterns = Array.isArray(tags)
    ? { globs: tags.filter((glob) => !glob.startsWith('!')) }
    : { globs: tags.include, regex: tags.regex };
  return (number) => {
    const name = candidateTags(patterns, number).find(
      (tag) => isTag(tag) && selects(tag) !== undefined && before.every((one) => one(tag) === undefined),
    );
    return name === undefined ? undefined : { name, isTag: true };
  };
}

function samplesFor({ keep }: RuleSpec, namer: Namer): Pick<BorderCase, 'samples' | 'left'> {
  const { days, pulledDays, last = 0, max = 0, older = 0 } = typeof keep === 'string' ? {} : keep;
  const count = Math.max(last, max, older);
  const borders = [...new Set([days, pulledDays].filter((border) => border !== undefined))];
  const base = Math.ceil(Math.max(0, ...borders)) + OLD;
  const ages: Omit<Sample, 'tags'>[] = [
    ...borders.flatMap((border) => [{ age: hours(border) - HOUR }, { age: hours(border) + HOUR }]),
    ...(pulledDays === undefined
      ? []
      : [
          { age: base, pulled: Math.min(hours(pulledDays), base) - HOUR },
          { age: base + 1, pulled: Math.min(hours(pulledDays), base) + HOUR },
        ]),
    ...Array.from({ length: count < MOST ? count + 1 : 1 }, (_none, at) => ({ age: base + 2 + at })),
  ].filter(({ age }) => age > 2 * HOUR);
  const samples = new Map<string, Sample>();
  ages.forEach((age, at) => {
    const named = namer(at + 1);
    if (named && !samples.has(named.name)) samples.set(named.name, { ...age, tags: named.isTag ? [named.name] : [] });
  });
  const left = count < MOST ? [] : [`The count of ${count} is not tried here.`];
  return { samples: [...samples].map(([name, sample]) => ({ name, sample })), left };
}

/** Days as whole hours, which an age is written in, or as much more. */
function hours(days: number): number {
  return Math.ceil(days * 24 - 1e-6) / 24;
}
