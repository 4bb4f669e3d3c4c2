import { compileGlobs } from '../glob.ts';
import type { RuleSpec } from '../schema.ts';
import { parseSize } from '../size.ts';
import type { Candidate } from './candidate.ts';
import { hasSbom } from './sbom.ts';
import { isUnscanned } from './unscanned.ts';
import { compileValues } from './values.ts';
import { compileVulnerabilities } from './vulnerabilities.ts';

/**
 * True of an image that it selects at an instant, in milliseconds since the epoch. A datum that is missing for one image does not select
 * it; undefined: it depends on a signature that nobody has looked for.
 */
export type Selector = (candidate: Candidate, now: number) => boolean | undefined;

type Compile<Key extends keyof RuleSpec> = (spec: NonNullable<RuleSpec[Key]>) => Selector;

/** The kinds of selectors besides `tags`, `untagged` and `orphaned`: a new kind is one more line. */
const SELECTORS: { readonly [Key in SelectorKey]: Compile<Key> } = {
  labels: (spec) => {
    const matches = compileValues(spec);
    return ({ manifest }) => matches(manifest.labels);
  },
  annotations: (spec) => {
    const matches = compileValues(spec);
    return ({ manifest }) => matches(manifest.annotations);
  },
  mediaTypes: (spec) => matchesSome(spec, ({ manifest }) => [manifest.mediaType]),
  artifactTypes: (spec) => matchesSome(spec, ({ manifest }) => (manifest.artifactType === undefined ? [] : [manifest.artifactType])),
  platforms: (spec) => matchesSome(spec, ({ manifest }) => manifest.platforms ?? []),
  largerThan: (spec) => {
    const bytes = typeof spec === 'number' ? spec : (parseSize(spec) ?? Number.POSITIVE_INFINITY);
    return ({ manifest }) => manifest.size > bytes;
  },
  signed: (spec) => (candidate) => (candidate.signed === undefined ? undefined : candidate.signed === spec),
  unsigned: () => (candidate) => (candidate.signed === undefined ? undefined : !candidate.signed),
  vulnerabilities: (spec) => {
    const findingOf = compileVulnerabilities(spec);
    return (candidate, now) => findingOf(candidate, now) !== undefined;
  },
  unscanned: () => isUnscanned,
  noSbom: () => (candidate) => hasSbom(candidate) === false,
};
type SelectorKey =
  | 'labels'
  | 'annotations'
  | 'mediaTypes'
  | 'artifactTypes'
  | 'platforms'
  | 'largerThan'
  | 'signed'
  | 'unsigned'
  | 'vulnerabilities'
  | 'unscanned'
  | 'noSbom';

/** All the selectors of a rule besides `tags`, as one that asks for every one of them. */
export function compileSelectors(spec: RuleSpec): Selector {
  const compile = <Key extends SelectorKey>(key: Key): Selector[] => {
    const value = spec[key];
    return value === undefined ? [] : [(SELECTORS[key] as Compile<Key>)(value as NonNullable<RuleSpec[Key]>)];
  };
  const selectors = (Object.keys(SELECTORS) as SelectorKey[]).flatMap((key) => compile(key));
  return (candidate, now) => {
    let answer: boolean | undefined = true;
    for (const selects of selectors) {
      const one = selects(candidate, now);
      if (one === false) return false;
      if (one === undefined) answer = undefined;
    }
    return answer;
  };
}

function matchesSome(globs: readonly string[], valuesOf: (candidate: Candidate) => readonly string[]): Selector {
  const matches = compileGlobs(globs);
  return (candidate) => valuesOf(candidate).some(matches);
}
