import type { Digest } from '../domain/digest.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Capabilities, RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, type Node } from '../graph/graph.ts';
import { measuresAge, measuresPulls } from '../policy/keep/keep.ts';
import { isTimeOrder } from '../policy/ordering/order.ts';
import type { Policy, Rule } from '../policy/policy.ts';
import { type Decided, decide } from './decide.ts';
import type { LiveNames } from './live-names.ts';
import { Matched } from './matched.ts';
import type { Surroundings } from './surroundings.ts';
import { clockOf, Times } from './time.ts';

/** A repository as far as it was read. */
export interface ListedRepository {
  readonly capabilities: Capabilities;
  /** Made when it is asked for. */
  readonly listed: () => RepositoryInventory;
}

/** What decides, besides the policy. */
export interface DetailsContext {
  readonly inUse: InUse;
  readonly lists: ReadonlyMap<string, LiveNames>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether the run as a whole deletes no more than so many, the oldest first. */
  readonly isBounded: boolean;
}

/**
 * Whether the plan of a repository needs what the configs of its images tell: when they were built, their labels, their platforms.
 * Where it does not, the plan does the same with and without; reasons of what stays may tell less: the rule that keeps an image, and not
 * that it was built within `grace` besides.
 *
 * Where no rule measures a time of a config, that time can still protect (`grace`), choose what stays (`keepNewest`, the floor) or what
 * goes first (`perRun`). All of that only keeps more: where nothing would go without it, nothing goes with it.
 */
export function needsConfigs({ capabilities, listed }: ListedRepository, policy: Policy, context: DetailsContext): boolean {
  if (policy.asksForConfigs || !canForesee(policy)) return true;
  if (!capabilities.createdAt) return false;
  if (rulesOf(policy).some((rule) => readsBuildTime(rule, capabilities))) return true;
  // A chart or an index may tell by itself when it was built: that makes it no newer than an image whose config is not read.
  const repository = { ...listed(), capabilities: { ...capabilities, createdAt: false } };
  if (clockOf(capabilities) !== 'created') return foresee(repository, policy, context).open.size > 0;
  const { decisions, open } = foresee(repository, { ...policy, grace: 0, keepAtLeast: 0, keepNewest: 0 }, context);
  if (open.size > 0) return true;
  if (decisions.every(({ action }) => action === 'keep')) return false;
  if (policy.grace > 0 || policy.keepNewest > 0) return true;
  if (context.isBounded || policy.perRun.deletions !== undefined) return true;
  const withFloor = foresee(repository, policy, context);
  return withFloor.decisions.some(({ reasons }) => reasons.some(({ code }) => code === 'repository_floor'));
}

/** Whether a rule asks when images were pulled. */
export function asksForPulls(policy: Policy): boolean {
  return rulesOf(policy).some(({ order, keep }) => order === 'pulled' || order === 'active' || measuresPulls(keep));
}

/** What may go of a repository; all, where that cannot be known yet. What is not among these stays, whatever is read besides. */
export function mayGo({ listed }: ListedRepository, policy: Policy, context: DetailsContext): readonly Digest[] {
  if (!canForesee(policy)) return listed().manifests.map(({ digest }) => digest);
  const { nodes, decisions } = foresee(listed(), policy, context);
  return nodes.flatMap(({ index, manifest: { digest } }) => (decisions[index]?.action === 'keep' ? [] : [digest]));
}

function rulesOf({ rules }: Policy): readonly Rule[] {
  return [...rules.tagged, ...rules.untagged, ...rules.orphaned];
}

/** False where what rules select or count depends on what is read later: scans, and signatures and images in other repositories. */
function canForesee({ asksForScans, asksIfSigned, signaturesIn, rules }: Policy): boolean {
  return !asksForScans && !(asksIfSigned && signaturesIn) && rules.orphaned.every(({ keep }) => typeof keep === 'string');
}

/** Whether a rule ranks or measures by the time when an image was built. The words `all` and `none` need no time. */
function readsBuildTime({ order, keep }: Rule, capabilities: Capabilities): boolean {
  if (typeof keep !== 'object') return false;
  // How new a group is beside others may hang on the last of the times that part its newest images.
  if (order === 'created' || keep.groups !== undefined || keep.maxGroups !== undefined) return true;
  const readsClock = isTimeOrder(order) ? order !== 'tagged' || !capabilities.tagTimes : measuresAge(keep);
  return readsClock && clockOf(capabilities) === 'created';
}

/** As much goes as may go by what is known now: single tags can be taken off, and nothing in other repositories holds anything here. */
function foresee(
  listed: RepositoryInventory,
  policy: Policy,
  { inUse, lists, now }: DetailsContext,
): Decided & { readonly nodes: readonly Node[] } {
  const repository = { ...listed, capabilities: { ...listed.capabilities, deleteTag: true } };
  const graph = buildGraph(repository.manifests, ALONE.isSigned);
  const times = new Times(graph.nodes, repository.capabilities, now);
  const decided = decide({ repository, graph, policy, times, inUse, lists, surroundings: ALONE, matched: new Matched() });
  return { ...decided, nodes: graph.nodes };
}

const ALONE: Surroundings = {
  isSigned: () => false,
  signedIn: [],
  holds: () => false,
  wereReadWhole: () => true,
  areElsewhere: () => true,
  stays: () => false,
  staysAreKnown: true,
};
