import type { Digest } from '../domain/digest.ts';
import { parseDuration } from '../domain/duration.ts';
import { compileGlobs, type NameMatcher } from './glob.ts';
import type { Keep } from './keep/keep.ts';
import type { Order, PolicySpec, RuleSpec } from './schema.ts';
import { compileSelectors, type Selector } from './selectors/selectors.ts';
import { compileTags, type TagSelector } from './selectors/tags.ts';
import { parseSize } from './parse-size.ts';

/** A policy ready to decide with: defaults filled in, durations in milliseconds, globs and expressions compiled. */
export interface Policy {
  readonly name: string;
  /** The file it came from, or `command line`. */
  readonly source: string;
  /** sha256 of its canonical JSON. */
  readonly digest: Digest;
  readonly governs: (registry: string, repository: string) => boolean;
  readonly keepAtLeast: number;
  /** Milliseconds. */
  readonly grace: number;
  readonly sharedTags: 'untag' | 'keep';
  readonly protect: Protection;
  readonly limits: Limits;
  /** The rules for tags, for untagged images and for orphaned attachments, each in file order. */
  readonly rules: { readonly tagged: readonly Rule[]; readonly untagged: readonly Rule[]; readonly orphaned: readonly Rule[] };
}

interface Protection {
  /** One matcher for each list, with its text. */
  readonly tags: readonly { readonly matches: NameMatcher; readonly text: string }[];
  readonly digests: ReadonlySet<Digest>;
  readonly labels: readonly Readonly<Record<string, string>>[];
  readonly signed: boolean;
}

/** Each counted over all the repositories that the policy governs; undefined: no limit. */
interface Limits {
  readonly maxDeletions?: number;
  readonly maxDeletePercent?: number;
  /** Bytes. */
  readonly maxDeleteBytes?: number;
}

export interface Rule {
  readonly name: string;
  /** Which tags, and what they capture; of an untagged or orphaned rule it is not asked. */
  readonly tags: TagSelector;
  /** What must hold of the image besides. */
  readonly selects: Selector;
  readonly order: Order;
  /** `repository`, `major`, `minor`, or the name of a capture. */
  readonly per: string;
  readonly keep: Keep;
  /** What happens to what it does not keep. */
  readonly action: 'delete' | 'archive';
}

/** Compiles a policy that the schema has accepted. */
export function compilePolicy(spec: PolicySpec, from: { readonly source: string; readonly digest: Digest }): Policy {
  const repositories = compileGlobs(spec.repositories ?? ['**']);
  const protect = spec.protect ?? [];
  const rules = (kind: 'tagged' | 'untagged' | 'orphaned'): Rule[] => spec.rules.filter((rule) => kindOf(rule) === kind).map(compileRule);
  return {
    name: spec.name,
    ...from,
    governs: (registry, repository) => (spec.registries?.includes(registry) ?? true) && repositories(repository),
    keepAtLeast: spec.keepAtLeast ?? 1,
    grace: parseDuration(spec.grace ?? '1h') ?? Number.POSITIVE_INFINITY,
    sharedTags: spec.sharedTags ?? 'untag',
    protect: {
      tags: protect.flatMap(({ tags }) => (tags ? [{ matches: compileGlobs(tags), text: tags.join(', ') }] : [])),
      digests: new Set(protect.flatMap(({ digests }) => digests ?? [])),
      labels: protect.flatMap(({ labels }) => (labels ? [labels] : [])),
      signed: protect.some(({ signed }) => signed === true),
    },
    limits: compileLimits(spec.limits ?? {}),
    rules: { tagged: rules('tagged'), untagged: rules('untagged'), orphaned: rules('orphaned') },
  };
}

function kindOf(rule: RuleSpec): 'tagged' | 'untagged' | 'orphaned' {
  return rule.untagged ? 'untagged' : rule.orphaned ? 'orphaned' : 'tagged';
}

function compileRule(spec: RuleSpec): Rule {
  return {
    name: spec.name,
    tags: compileTags(spec.tags ?? ['**']),
    selects: compileSelectors(spec),
    order: spec.order ?? 'pushed',
    per: spec.per ?? 'repository',
    keep: spec.keep,
    action: spec.action ?? 'delete',
  };
}

function compileLimits({ maxDeletions, maxDeletePercent, maxDeleteBytes }: NonNullable<PolicySpec['limits']>): Limits {
  const bytes = typeof maxDeleteBytes === 'string' ? (parseSize(maxDeleteBytes) ?? 0) : maxDeleteBytes;
  return {
    ...(maxDeletions !== undefined && { maxDeletions }),
    ...(maxDeletePercent !== undefined && { maxDeletePercent }),
    ...(bytes !== undefined && { maxDeleteBytes: bytes }),
  };
}
