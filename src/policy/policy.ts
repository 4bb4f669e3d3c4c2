import type { Digest } from '../domain/digest.ts';
import { parseDuration } from '../domain/duration.ts';
import { compileGlobs, type NameMatcher } from './glob.ts';
import { isFor } from './is-for.ts';
import type { Keep } from './keep/keep.ts';
import { compileNamedRepositories, type NamedRepositories } from './named-repositories.ts';
import { isCapture } from './ordering/group.ts';
import type { Order } from './ordering/order.ts';
import { compileScanQuestion, type ScanQuestion } from './scan-question.ts';
import type { PolicySpec, RuleSpec } from './schema.ts';
import { compileSelectors, type Selector } from './selectors/selectors.ts';
import { compileValues, type ValuesMatcher } from './selectors/values.ts';
import { compileVulnerabilities, type FindingOf } from './selectors/vulnerabilities.ts';
import { compileTags, type TagSelector } from './selectors/tags.ts';
import { parseSize } from './size.ts';

/** A policy ready to decide with: defaults filled in, durations in milliseconds, globs and expressions compiled. */
export interface Policy {
  readonly name: string;
  /** The file it came from, or `command line`. */
  readonly source: string;
  /** sha256 of its canonical JSON. */
  readonly digest: Digest;
  readonly governs: (registry: string, repository: string) => boolean;
  /** So many tagged images stay at least. */
  readonly keepAtLeast: number;
  /** The newest so many tagged images stay, whatever the rules say. */
  readonly keepNewest: number;
  /** Milliseconds. */
  readonly grace: number;
  /** Whether it asks if an image is signed: to protect it, or in a rule. */
  readonly asksIfSigned: boolean;
  /** Whether it asks for what the configs of images tell besides the time of the build: labels and platforms. */
  readonly asksForConfigs: boolean;
  /** Whether a rule asks for what scans have found. */
  readonly asksForScans: boolean;
  /** The registries and the repositories that it names; without `registries`, all. */
  readonly registries?: readonly string[];
  readonly repositories: NamedRepositories;
  /** The repositories that hold the signatures of those that it governs, where they stand apart. */
  readonly signaturesIn?: NamedRepositories;
  /** What a listed tag without a manifest does to its repository. */
  readonly danglingTags: 'block' | 'ignore';
  readonly sharedTags: 'untag' | 'keep';
  readonly protect: Protection;
  readonly limits: Limits;
  /** How much one run does at most; undefined: no bound. */
  readonly perRun: { readonly deletions?: number };
  /** The rules that copy what they delete, each by its place in the file. */
  readonly copying: readonly { readonly index: number; readonly name: string; readonly copyTo: string }[];
  /** The rules for tags, for untagged images and for orphaned attachments, each in file order. */
  readonly rules: { readonly tagged: readonly Rule[]; readonly untagged: readonly Rule[]; readonly orphaned: readonly Rule[] };
}

interface Protection {
  /** One matcher for each list, with its text. Such a tag is protected by itself or, with `wholeImage`, its image with all its tags. */
  readonly tags: readonly { readonly matches: NameMatcher; readonly text: string; readonly wholeImage: boolean }[];
  readonly digests: ReadonlySet<Digest>;
  /** One matcher for each entry, with its text. */
  readonly labels: readonly { readonly matches: ValuesMatcher; readonly text: string }[];
  readonly signed: boolean;
}

/** What a rule selects: tags, images without a tag, or attachments whose subject is gone. */
type RuleKind = 'tagged' | 'untagged' | 'orphaned';

export type LimitName = keyof NonNullable<PolicySpec['limits']>;

/** Each counted over all the repositories that the policy governs, sizes in bytes; missing: no limit. */
type Limits = { readonly [Name in LimitName]?: number };

/** A capture of a tag, and the list of names that exist in which it is looked up. */
interface LookUp {
  readonly capture: string;
  readonly list: string;
}

export interface Rule {
  readonly name: string;
  readonly kind: RuleKind;
  /** It selects tags, and images without a tag besides: both are counted together. */
  readonly untaggedToo: boolean;
  /** Of an orphaned rule: the repositories that the subjects may be in. Undefined: it does not say. */
  readonly subjectsIn?: NamedRepositories;
  /** A tag is kept if this capture of it names something in this list of the config. */
  readonly live?: LookUp;
  /** A tag is selected only if this capture of it names nothing in this list of the config. */
  readonly gone?: LookUp;
  /** Which tags, and what they capture; of an untagged or orphaned rule it is not asked. */
  readonly tags: TagSelector;
  /** What must hold of the image besides. */
  readonly selects: Selector;
  /** Of a rule that asks about scans. */
  readonly scan?: ScanQuestion;
  /** Of a rule that selects by findings: the one for which it selects an image. */
  readonly findingOf?: FindingOf;
  readonly order: Order;
  /** `repository`, `major`, `minor`, or the name of a capture. */
  readonly per: string;
  readonly keep: Keep;
  /** What happens to what it does not keep. */
  readonly action: 'delete' | 'archive';
  /** Where that is copied to before it is deleted, as written. */
  readonly copyTo?: string;
}

/** Compiles a policy that the schema has accepted. */
export function compilePolicy(spec: PolicySpec, from: { readonly source: string; readonly digest: Digest }): Policy {
  const repositories = compileNamedRepositories(spec.repositories ?? ['**']);
  const protect = spec.protect ?? [];
  const compiled = spec.rules.map(compileRule);
  const rules = (kind: RuleKind): Rule[] => compiled.filter((rule) => rule.kind === kind);
  return {
    name: spec.name,
    ...from,
    governs: (registry, repository) => isFor(spec, registry) && repositories.matches(repository),
    ...(spec.registries && { registries: spec.registries }),
    repositories,
    asksIfSigned:
      protect.some(({ signed }) => signed === true) || spec.rules.some(({ signed, unsigned }) => signed !== undefined || unsigned === true),
    asksForConfigs: protect.some(({ labels }) => labels) || spec.rules.some(asksForConfig),
    keepAtLeast: spec.keepAtLeast ?? 1,
    keepNewest: spec.keepNewest ?? 0,
    grace: parseDuration(spec.grace ?? '1h') ?? Number.POSITIVE_INFINITY,
    asksForScans: spec.rules.some(({ vulnerabilities, unscanned }) => vulnerabilities !== undefined || unscanned === true),
    ...(spec.signaturesIn && { signaturesIn: compileNamedRepositories(spec.signaturesIn) }),
    danglingTags: spec.danglingTags ?? 'block',
    sharedTags: spec.sharedTags ?? 'untag',
    protect: {
      tags: protect.flatMap(({ tags, wholeImage = false }) =>
        tags ? [{ matches: compileGlobs(tags), text: tags.join(', '), wholeImage }] : [],
      ),
      digests: new Set(protect.flatMap(({ digests }) => digests ?? [])),
      labels: protect.flatMap(({ labels }) => (labels ? [{ matches: compileValues(labels), text: valuesText(labels) }] : [])),
      signed: protect.some(({ signed }) => signed === true),
    },
    limits: compileLimits(spec.limits ?? {}),
    perRun: spec.perRun ?? {},
    copying: compiled.flatMap(({ name, copyTo }, index) => (copyTo === undefined ? [] : [{ index, name, copyTo }])),
    rules: { tagged: rules('tagged'), untagged: rules('untagged'), orphaned: rules('orphaned') },
  };
}

function asksForConfig({ labels, platforms, keep }: RuleSpec): boolean {
  return labels !== undefined || platforms !== undefined || (typeof keep === 'object' && keep.label !== undefined);
}

function kindOf({ untagged, orphaned }: RuleSpec): RuleKind {
  return untagged === true ? 'untagged' : orphaned ? 'orphaned' : 'tagged';
}

function compileRule(spec: RuleSpec): Rule {
  const { orphaned } = spec;
  const [live, gone] = [lookUp(spec.live), lookUp(spec.gone)];
  const scan = compileScanQuestion(spec);
  const captures = [
    ...(spec.per !== undefined && isCapture(spec.per) ? [spec.per] : []),
    ...[live, gone].flatMap((one) => one?.capture ?? []),
  ];
  return {
    name: spec.name,
    kind: kindOf(spec),
    untaggedToo: spec.untagged === 'too',
    ...(typeof orphaned === 'object' && { subjectsIn: compileNamedRepositories(orphaned.subjectsIn) }),
    ...(live && { live }),
    ...(gone && { gone }),
    tags: compileTags(spec.tags ?? ['**'], captures),
    selects: compileSelectors(spec),
    ...(scan && { scan }),
    ...(spec.vulnerabilities && { findingOf: compileVulnerabilities(spec.vulnerabilities) }),
    order: spec.order ?? 'pushed',
    per: spec.per ?? 'repository',
    keep: spec.keep,
    action: spec.action === 'archive' ? 'archive' : 'delete',
    ...(typeof spec.action === 'object' && { copyTo: spec.action.copyTo }),
  };
}

function lookUp(spec: RuleSpec['live']): LookUp | undefined {
  const [entry] = Object.entries(spec ?? {});
  return entry && { capture: entry[0], list: entry[1] };
}

/** The names of the lists that the rules of a policy look up. */
export function listsOf({ rules }: Pick<Policy, 'rules'>): string[] {
  return rules.tagged.flatMap(({ live, gone }) => [live, gone].flatMap((one) => one?.list ?? []));
}

/** `name=glob, …` */
function valuesText(wanted: Readonly<Record<string, string>>): string {
  return Object.entries(wanted)
    .map(([name, glob]) => `${name}=${glob}`)
    .join(', ');
}

function compileLimits(limits: NonNullable<PolicySpec['limits']>): Limits {
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return Object.fromEntries(given.map(([name, limit]) => [name, typeof limit === 'string' ? (parseSize(limit) ?? 0) : limit]));
}
