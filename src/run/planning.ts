import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUse } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { parseTime } from '../domain/time.ts';
import { assemblePlan } from '../plan/make-plan.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { type PlannedRepository, planRepository } from '../plan/plan-repository.ts';
import { withUnread } from '../plan/unread.ts';
import { governingPolicy } from '../policy/governing.ts';
import type { Policy } from '../policy/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { Context, GlobalOptions } from './context.ts';
import { type Io, say } from './io.ts';
import { type Progress, startProgress } from './progress.ts';
import { type DecidingPolicies, decidingPolicies, isAdHoc, type PolicyOptions } from './deciding-policies.ts';
import { type Failure, unreadOf } from './failures.ts';
import { type EarlierRuns, openEarlierRuns } from './earlier-runs.ts';
import { readInUse } from './in-use.ts';
import { inUseSourceNames } from './in-use-source-names.ts';
import { readLiveLists } from './live-lists.ts';
import { repositoriesInFile } from './inventory-file.ts';
import { placesOf, readRepositories, type RepositoryRead } from './read-repositories.ts';
import { type OpenRegistries, openRegistries } from './registries.ts';
import { inShard, type Shard } from './scope.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

/** What decides, what is read, what is in use, and as of when. */
export interface PlanningOptions extends GlobalOptions, PolicyOptions {
  readonly registry?: readonly string[];
  readonly inventory?: string;
  readonly inUse?: readonly string[];
  /** As given: an RFC 3339 time. */
  readonly now?: string;
  /** As given: the settings check it. */
  readonly concurrency?: string;
  /** As given: the settings check it. */
  readonly maxDeletions?: string;
  readonly shard?: Shard;
}

/** A plan, and what is needed to carry it out. */
export interface Planning {
  readonly plan: Plan;
  readonly workplace: Workplace;
  /** Empty for a plan made from a file. */
  readonly registries: ReadonlyMap<string, Registry>;
  readonly cached: OpenRegistries['cached'];
  /** What could not be read, or not completely; everything else is in the plan. */
  readonly failures: readonly Failure[];
  readonly inUse: InUse;
  /** The runs before this one that were stopped. */
  readonly earlier: EarlierRuns;
}

/** What is planned for one repository, while its inventory is still in memory. */
export interface PlannedNow {
  readonly inventory: RepositoryInventory;
  readonly plan: RepositoryPlan;
  readonly policy: Policy | undefined;
}

/**
 * The one way to a plan: it reads the settings, the policies and the inventories, checks that each registry can answer what its policy
 * asks, and makes the plan. `use` gets the plan while the registries are still open. Only a few inventories are in memory at a time; each
 * is shown to `look` once.
 */
export async function withPlan<Result>(
  words: readonly string[],
  options: PlanningOptions,
  context: Context,
  use: (planning: Planning) => Promise<Result>,
  look: (planned: PlannedNow) => void = () => {},
): Promise<Result> {
  const { io, version } = context;
  const offline = options.inventory !== undefined;
  if (isAdHoc(options) && !offline && words.length === 0 && options.registry === undefined) {
    throw new ToolError('USAGE', '--tags, --keep-last and --keep-days need to be told where.', {
      hint: 'Name what they are for: REGISTRY/REPO, or a whole registry.',
    });
  }
  const createdAt = io.now();
  const now = options.now === undefined ? createdAt : parseNow(options.now);
  const workplace = offline ? await openWorkplace([], { ...options, registry: [] }, context) : await openWorkplace(words, options, context);
  const { settings } = workplace;
  const deciding = await decidingPolicies(options, settings);
  const running = await readInUse(workplace, context);
  const live = await readLiveLists(deciding.policies, workplace, context);
  const inUse = { ...running, problems: [...running.problems, ...live.problems] };
  const registries = offline ? NONE : await openRegistries(settings.registries, workplace.named, settings, context);
  const progress = await startProgress(io, options);
  const failures: Failure[] = [];
  const planned: PlannedRepository[] = [];
  const untold = (problem: ToolError): void => say(io, `warning: what an earlier run left is not looked at: ${problem.message}`);
  const earlier = await openEarlierRuns(offline ? undefined : settings.journalDir, registries.byName, untold);
  try {
    const reads = offline
      ? repositoriesInFile(options.inventory, [...words, ...(options.registry ?? [])], options.shard)
      : readFromRegistries(registries, workplace, deciding, options, io, progress, failures);
    for await (const { inventory, wasRead, error } of reads) {
      if (error) failures.push({ registry: inventory.registry, repository: inventory.repository, error });
      if (wasRead && !deciding.canBeAnswered(inventory)) continue;
      const leftovers = wasRead ? await earlier.leftIn(inventory) : undefined;
      const one = planRepository(inventory, deciding.policies, inUse, now, leftovers);
      planned.push(one);
      look({ inventory, plan: one.plan, policy: governingPolicy(deciding.policies, inventory.registry, inventory.repository) });
    }
    deciding.throwUnanswered();
    const { maxDeletions } = settings;
    const made = assemblePlan(planned, {
      policies: deciding.policies,
      inUse,
      now,
      createdAt,
      version,
      inUseSources: inUseSourceNames(settings.inUse),
      ...(maxDeletions !== undefined && { maxDeletions }),
    });
    const plan = withUnread(made, unreadOf(failures));
    progress.stop();
    return await use({ plan, workplace, registries: registries.byName, cached: registries.cached, failures, inUse, earlier });
  } finally {
    progress.stop();
    await registries.close();
  }
}

const NONE: OpenRegistries = { byName: new Map(), cached: async () => undefined, close: async () => {} };

function readFromRegistries(
  registries: OpenRegistries,
  workplace: Workplace,
  { policies, specs }: DecidingPolicies,
  { shard }: PlanningOptions,
  io: Io,
  progress: Progress,
  failures: Failure[],
): AsyncIterable<RepositoryRead> {
  const options = {
    reads: (registry: string, repository: string) => governingPolicy(policies, registry, repository) !== undefined,
    shares: (registry: string, repository: string) => inShard(shard, registry, repository),
    specs,
    onSkipped: (message: string) => say(io, message),
    signal: io.signal,
    progress,
  };
  return readRepositories(placesOf(registries, workplace), options, (failure) => failures.push(failure));
}

/** Milliseconds since the epoch of an RFC 3339 time; a space may stand between its date and its time. Throws `USAGE`. */
function parseNow(text: string): number {
  const now = parseTime(text.replace(' ', 'T'));
  if (now !== undefined) return now;
  throw new ToolError('USAGE', `--now is "${text}", which is not a time with its zone by RFC 3339.`, {
    hint: 'Give a time such as 2026-11-24T03:00:00Z.',
  });
}
