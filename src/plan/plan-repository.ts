import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { InUse } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, type Graph, type Node } from '../graph/graph.ts';
import { type CopyTarget, parseCopyTarget } from '../policy/copy-target.ts';
import { governingPolicy } from '../policy/governing.ts';
import type { Policy } from '../policy/policy.ts';
import { Blobs, type BlobUse } from './blobs.ts';
import { copyName, copySteps } from './copies.ts';
import { type Decided, decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { LiveNames } from './live-names.ts';
import { Matched } from './matched.ts';
import type { CopyImageStep, PlannedImage, RepositoryPlan } from './plan.ts';
import { keptInstead } from './reason.ts';
import { stepsFor } from './steps.ts';
import { isImage, summarize } from './summary.ts';
import { NOTHING_AROUND, type Surroundings } from './surroundings.ts';
import { clockOf, Times } from './time.ts';

/** What is shared by the repositories of a run, or known of the others. */
export interface Shared {
  readonly lists: ReadonlyMap<string, LiveNames>;
  readonly matched: Matched;
  /** Of the registry. */
  readonly blobs: Blobs;
  readonly surroundings: Surroundings;
  /** Where a rule copies to, by its words for that. */
  readonly targetOf: TargetOf;
}

/** Answers where to copy to, from the words of a rule. */
export type TargetOf = (copyTo: string) => CopyTarget;

/** As far as it can be told without a config. */
export const writtenTarget: TargetOf = (copyTo) => parseCopyTarget(copyTo) ?? { registry: copyTo, prefix: '' };

/** A repository's part of a plan, with what the totals over several repositories need besides. */
export interface PlannedRepository {
  readonly plan: RepositoryPlan;
  readonly blobs: BlobUse;
  /** Rules by which a digest alone decided which of two images is newer, by their names, sorted. */
  readonly tied: readonly string[];
  /** What rules delete. */
  readonly doomed: () => Doomed;
  /**
   * How many manifests that an earlier run left half-way go, and how many of all that may go hang together each time. Absent where it left
   * nothing.
   */
  readonly leftovers?: { readonly going: number; readonly groups: readonly number[] };
  /** The same repository with some of the doomed left for the next run, by their places, and so many `leftovers` at most; once. */
  readonly leave: (left: readonly number[], mostLeftovers: number) => PlannedRepository;
}

/** The images and orphaned attachments that rules delete, in the order of their digests. So short because a run may keep millions. */
export interface Doomed {
  /** When each was pushed, in milliseconds since the epoch; Infinity where that is not known. */
  readonly times: Float64Array;
  /** The places of all that go together with one, its own among them; missing where it goes alone. */
  readonly together: ReadonlyMap<number, readonly number[]>;
}

/** Decides one repository. `now` is in milliseconds since the epoch. Without `shared`, the repository is all that there is. */
export function planRepository(
  repository: RepositoryInventory,
  policies: readonly Policy[],
  inUse: InUse,
  now: number,
  { lists, matched, blobs, surroundings, targetOf }: Shared = {
    lists: new Map(),
    matched: new Matched(),
    blobs: new Blobs(),
    surroundings: NOTHING_AROUND,
    targetOf: writtenTarget,
  },
): PlannedRepository {
  const policy = governingPolicy(policies, repository.registry, repository.repository);
  const graph = buildGraph(repository.manifests, surroundings.isSigned);
  const times = new Times(graph.nodes, repository.capabilities, now);
  const decided = policy ? decide({ repository, graph, policy, times, inUse, lists, surroundings, matched }) : ungoverned(graph);
  const whole = isWhole(repository, policy);
  const doomed = decided.doomed.toSorted((a, b) => a.index - b.index);
  const plan = (decisions: readonly Decision[], going: readonly Node[]): PlannedRepository => {
    const told = whole ? decisions : decisions.map(withheld);
    const use = blobs.use(graph.nodes, told);
    const copies = policy ? copySteps(graph.nodes, told, policy, repository.repository, targetOf) : [];
    const bytes = { freed: blobs.freed([use]), exact: use.exact };
    const signedIn = policy?.asksIfSigned === true ? surroundings.signedIn : [];
    const made = repositoryPlan(repository, policy, whole, graph, told, bytes, copies, signedIn);
    return {
      plan: made,
      blobs: use,
      tied: whole ? [...decided.tied].map(({ name }) => name).toSorted(byCodeUnit) : [],
      doomed: () => doomedOf(whole ? going : [], times),
      leave: (left) => plan(decided.leave(left.map((place) => doomed[place] as Node)), []),
    };
  };
  return plan(decided.decisions, doomed);
}

/**
 * True of a repository that was read whole. One with listed tags whose manifests are not there is so only if the policy says to go on
 * without them, and nothing else is missing: each such tag is one of the problems, so that anything else is one more.
 */
export function isWhole({ complete, problems = [], danglingTags = [] }: RepositoryInventory, policy: Policy | undefined): boolean {
  if (danglingTags.length === 0) return complete;
  return policy?.danglingTags === 'ignore' && (complete || problems.length === danglingTags.length);
}

function doomedOf(nodes: readonly Node[], times: Times): Doomed {
  const places = new Map(nodes.map((node, place) => [node, place]));
  const together = new Map<number, readonly number[]>();
  for (const [place, node] of nodes.entries()) {
    if (node.parents.length + node.attachments.length + node.subjects.length === 0) continue;
    const all = goingTogether(node).flatMap((one) => places.get(one) ?? []);
    if (all.length > 1) together.set(place, all);
  }
  return { times: Float64Array.from(nodes, (node) => times.pushed(node) ?? Infinity), together };
}

/**
 * A manifest, and all that cannot stay whole without it, to any depth: the indexes that list it, its attachments, and the subject that it
 * is attached to.
 */
function goingTogether(node: Node): Node[] {
  const found = new Set([node]);
  // A set grows while it is walked: what is added is visited too.
  for (const one of found) for (const needing of [...one.parents, ...one.attachments, ...one.subjects]) found.add(needing);
  return [...found];
}

function ungoverned({ nodes }: Graph): Decided {
  const decisions = nodes.map((): Decision => ({ action: 'keep', untag: [], reasons: [{ code: 'ungoverned' }] }));
  return { decisions, doomed: [], tied: new Set(), open: new Set(), leave: () => decisions };
}

/** Step 11: nothing is taken from a repository that was not read whole. */
function withheld({ reasons }: Decision): Decision {
  return { action: 'keep', untag: [], reasons: keptInstead(reasons, 'incomplete') };
}

function repositoryPlan(
  repository: RepositoryInventory,
  policy: Policy | undefined,
  complete: boolean,
  { nodes }: Graph,
  decisions: readonly Decision[],
  bytes: { readonly freed: number; readonly exact: boolean },
  copies: readonly CopyImageStep[],
  signedIn: readonly string[],
): RepositoryPlan {
  const copiedTo = new Map<Digest, string[]>();
  for (const copy of copies) copiedTo.set(copy.digest, [...(copiedTo.get(copy.digest) ?? []), copyName(copy)]);
  return {
    registry: repository.registry,
    type: repository.type,
    ...(repository.url !== undefined && { url: repository.url }),
    repository: repository.repository,
    ...(repository.names && { names: repository.names }),
    ...(policy && { policy: policy.name }),
    complete,
    ...signaturesIn(nodes, decisions, signedIn),
    ...(repository.archiveMinimumDays !== undefined && { archiveMinimumDays: repository.archiveMinimumDays }),
    clock: clockOf(repository.capabilities),
    ...(repository.recoverableDays !== undefined && { recoverableDays: repository.recoverableDays }),
    ...(repository.capabilities.undo === false && { undo: false }),
    images: nodes.map((node) => plannedImage(node, decisions[node.index] as Decision, copiedTo.get(node.manifest.digest))),
    steps: stepsFor(nodes, decisions, copies),
    summary: summarize(nodes, decisions, bytes, copies),
  };
}

function signaturesIn(
  nodes: readonly Node[],
  decisions: readonly Decision[],
  repositories: readonly string[],
): Pick<RepositoryPlan, 'signaturesIn'> {
  if (repositories.length === 0) return {};
  const deleted = nodes.filter(({ index }) => (decisions[index] as Decision).action === 'delete');
  if (deleted.length === 0) return {};
  const signed = deleted.filter((node) => node.signed === true).map(({ manifest: { digest } }) => digest);
  return { signaturesIn: { repositories, signed } };
}

/** Fields that are not known are left out, in one order and without a copy: there is one of these for each manifest. */
function plannedImage(node: Node, { action, untag, reasons }: Decision, copiedTo: readonly string[] | undefined): PlannedImage {
  const { digest, mediaType, size, pushedAt, createdAt, pulledAt, tagTimes, registryLabels } = node.manifest;
  const image: Partial<{ -readonly [Key in keyof PlannedImage]: PlannedImage[Key] }> = {};
  image.digest = digest;
  image.mediaType = mediaType;
  image.tags = node.tags;
  if (node.attachmentTags.length > 0) image.attachmentTags = node.attachmentTags;
  image.size = size;
  if (pushedAt !== undefined) image.pushedAt = pushedAt;
  if (createdAt !== undefined) image.createdAt = createdAt;
  if (pulledAt !== undefined) image.pulledAt = pulledAt;
  if (action === 'delete' || action === 'untag') {
    if (tagTimes !== undefined) image.tagTimes = tagTimes;
    if (registryLabels !== undefined) image.registryLabels = registryLabels;
  }
  if (!isImage(node)) image.part = true;
  image.action = action;
  image.untag = untag;
  if (copiedTo) image.copiedTo = copiedTo;
  image.reasons = reasons;
  return image as PlannedImage;
}
