import type { ConnectionFlags } from '../config/settings.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import { printable } from '../diagnostics/redact.ts';
import type { Source } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { isRepositoryName } from '../domain/reference.ts';
import { parseTime } from '../domain/time.ts';
import { linkSignals } from '../diagnostics/link-signals.ts';
import type { Plan } from '../plan/plan.ts';
import { compileLists } from '../plan/live-names.ts';
import { isWhole } from '../plan/plan-repository.ts';
import { type PlanContext, Planner } from '../plan/planner.ts';
import { withUnread } from '../plan/unread.ts';
import { governingPolicy } from '../policy/governing.ts';
import type { Policy } from '../policy/policy.ts';
import type { PolicySpec } from '../policy/schema.ts';
import type { Registry } from '../registry/registry.ts';
import { asOf } from './as-of.ts';
import type { Context, GlobalOptions } from './context.ts';
import { type Io, say } from './io.ts';
import { showing, startProgress } from './progress.ts';
import { comparedSets } from './compared-sets.ts';
import { CopyTargets } from './copy-targets.ts';
import { type DecidingPolicies, decidingPolicies, isAdHoc, policiesIn, type PolicyOptions } from './deciding-policies.ts';
import { type Failure, unreadOf } from './failures.ts';
import { type EarlierRuns, openEarlierRuns } from './earlier-runs.ts';
import { inUseReader } from './in-use.ts';
import type { InUseReading } from './in-use-now.ts';
import { inUseSourceNames } from './in-use-source-names.ts';
import { limitWords } from './limit-words.ts';
import { readLiveLists } from './live-lists.ts';
import { checkJournalFolder, readRestored } from './journal-folder.ts';
import { repositoriesInFile } from './inventory-file.ts';
import type { OpenRegistries } from './registries.ts';
import { perhapsTags } from './perhaps-tags.ts';
import { readFromRegistries } from './read-from-registries.ts';
import { startRunTime } from './run-time.ts';
import { readScanReports, type ReportedFindings } from './scan-reports.ts';
import { type Shard } from './scope.ts';
import { partOf, policiesOf } from './shard-limits.ts';
import { packLists } from './pack-lists.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

/** What decides, what is read, what is in use, and as of when. */
export interface PlanningOptions extends ConnectionFlags, GlobalOptions, PolicyOptions {
  readonly registry?: readonly string[];
  readonly inventory?: string;
  readonly inUse?: readonly string[];
  /** As given: an RFC 3339 time, or a duration from now on such as `+30d`. */
  readonly now?: string;
  /** As given: the settings check it. */
  readonly concurrency?: string;
  /** As given: the settings check it. */
  readonly rate?: string;
  readonly cacheDir?: string;
  readonly cache?: boolean;
  /** As given: the settings check it. */
  readonly maxDeletions?: string;
  /** How much rules may delete in this run: what is more than this is left for the next. */
  readonly atMost?: number;
  readonly shard?: Shard;
  /** Milliseconds, for all of the run. */
  readonly maxDuration?: number;
  /** Whether the plan is to be carried out: what that needs is checked before anything is read. */
  readonly apply?: boolean;
  /** Where the run copies to, besides what the rules of its policies say: that registry is opened too. */
  readonly to?: string;
  /** False where nobody is told how much is freed: an inventory from a file is then read without the blobs of its manifests. */
  readonly tellsFreed?: boolean;
  /** Only those details of images are read that decide something: nobody is told the others. */
  readonly onlyNeeded?: boolean;
  /** Two policy files, which may be read already: a plan by each of them, in place of one by the policies of flags and config. */
  readonly compared?: readonly [before: string | Source, after: string | Source];
}

/** A plan, and what is needed to carry it out. */
export interface Planning {
  readonly plan: Plan;
  /** The plans by each of the policy files that are compared, both of one reading; otherwise that one plan. */
  readonly plans: readonly Plan[];
  /** What it was made by. */
  readonly by: PlanContext;
  /** When the inventory file was taken that it was made from, in milliseconds since the epoch, if the file says so. */
  readonly takenAt: number | undefined;
  readonly workplace: Workplace;
  /** Empty for a plan made from a file. */
  readonly registries: ReadonlyMap<string, Registry>;
  readonly cached: OpenRegistries['cached'];
  /** What could not be read, or not completely; everything else is in the plan. */
  readonly failures: readonly Failure[];
  readonly inUse: InUseReading;
  /** The limits that the plan stays below, a few words each. */
  readonly limits: readonly string[];
  /** The runs before this one that were stopped. */
  readonly earlier: EarlierRuns;
}

/** A repository that was read and is planned, while its inventory is still in memory. */
export interface ReadNow {
  readonly inventory: RepositoryInventory;
  readonly policy: Policy | undefined;
  /** False if the inventory is only a placeholder. */
  readonly wasRead: boolean;
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
  look: (read: ReadNow) => void = () => {},
): Promise<Result> {
  const time = startRunTime(context.io, options.maxDuration);
  try {
    return await planIn(time.signal, words, options, context, use, look);
  } finally {
    time.release();
  }
}

/** Makes the plan while the signal is not aborted; afterwards, requests end by themselves. */
async function planIn<Result>(
  waits: AbortSignal,
  words: readonly string[],
  options: PlanningOptions,
  context: Context,
  use: (planning: Planning) => Promise<Result>,
  look: (read: ReadNow) => void,
): Promise<Result> {
  const { io, version } = context;
  const offline = options.inventory !== undefined;
  if (isAdHoc(options) && !offline && words.length === 0 && options.registry === undefined) {
    throw new ToolError('USAGE', '--tags, --keep-last and --keep-days need to be told where.', {
      hint: 'Name what they are for: REGISTRY/REPO, or a whole registry.',
    });
  }
  const createdAt = io.now();
  const now = options.now === undefined ? createdAt : asOf(options.now, createdAt);
  const workplace = offline
    ? await openWorkplace([], { ...options, registry: [] }, context)
    : await openWorkplace(words, options, context).catch((error: unknown) => {
        throw options.tags && words.length > 1 ? perhapsTags(error, words) : error;
      });
  const { settings } = workplace;
  if (options.apply) await checkJournalFolder(settings);
  const copyTargets = new CopyTargets(workplace, options);
  const deciding = options.compared
    ? await Promise.all(
        comparedSets(options.compared, settings.policies, io.cwd).map((files) => policiesIn(files, settings, waits, copyTargets)),
      )
    : [await decidingPolicies(options, settings, waits, copyTargets)];
  const [policies, specs] = [deciding.flatMap((one) => one.policies), deciding.flatMap((one) => one.specs)];
  const readAgain = inUseReader(workplace, context, waits);
  const readAt = io.now();
  const inUse = await showing('reading what is in use', context, options, readAgain);
  const live = await showing('reading lists of names', context, options, () => readLiveLists(policies, workplace, io, waits));
  const scans = policies.some(({ asksForScans }) => asksForScans)
    ? await showing('reading reports of scanners', context, options, () => readScanReports(settings, waits))
    : NO_REPORTS;
  const restored = await readRestored(settings);
  if (options.apply && settings.inUse.length === 0)
    warn(
      io,
      'no source says what is in use, so images that run are not protected; name one by --in-use, or "inUse" in the config',
      options.quiet,
    );
  const reading = linkSignals([waits]);
  const ends = { signal: reading.signal, waits };
  const open = async (): Promise<OpenRegistries> => {
    // Loaded where a registry is read: an inventory from a file needs no client.
    const { openRegistries } = await import('./registries.ts');
    return openRegistries(copyTargets.opened(policies, options.to), workplace.named, settings, context, ends);
  };
  const registries = offline ? NONE : await showing('asking what kind of registry it is', context, options, open);
  const progress = await startProgress(context, options);
  const failures: Failure[] = [];
  const untold = (problem: ToolError): void => say(io, `warning: what an earlier run left is not looked at: ${problem.message}`);
  const earlier = await openEarlierRuns(offline ? undefined : settings.journalDir, registries.byName, untold);
  try {
    const listed = new Set<string>();
    const lists = compileLists(live.lists);
    const details = options.onlyNeeded === true ? { inUse, lists, isBounded: options.atMost !== undefined, earlier } : undefined;
    let isPartial = words.length > 0;
    let takenAt: number | undefined;
    const reads = offline
      ? repositoriesInFile(
          options.inventory,
          [...words, ...(options.registry ?? [])],
          options.shard,
          { signal: waits, blobs: options.tellsFreed ?? true },
          (head) => {
            isPartial ||= head.partial;
            takenAt = parseTime(head.takenAt);
          },
        )
      : readFromRegistries(
          registries,
          workplace,
          deciding,
          options.shard,
          { io, signal: waits, progress, now, details },
          failures,
          listed,
          restored,
        );
    const { maxDeletions } = settings;
    const { shard } = options;
    const part = (limit: number): number => (shard ? partOf(limit, shard) : limit);
    const contextOf = (one: DecidingPolicies): PlanContext => ({
      policies: policiesOf(one.policies, shard),
      inUse,
      now,
      createdAt,
      version,
      lists: live.lists,
      targetOf: (copyTo) => copyTargets.targetIn(registries.byName, copyTo),
      unreadLists: live.problems,
      unreadScans: scans.problems,
      inUseSources: inUseSourceNames(settings.inUse),
      ...(maxDeletions !== undefined && { maxDeletions: part(maxDeletions) }),
      ...(options.atMost !== undefined && { atMost: part(options.atMost) }),
      pack: packLists(),
      knowsAll: (registry) => shard === undefined && (offline ? !isPartial : listed.has(registry)),
    });
    const planners = deciding.map((one) => {
      const by = contextOf(one);
      return { ...one, by, planner: new Planner(by) };
    });
    let found = 0;
    for await (const { inventory: read, wasRead, error } of reads) {
      found += 1;
      const inventory = wasRead && scans.reports ? scans.reports.added(read) : read;
      const { registry, repository } = inventory;
      const governing = deciding.map((one) => governingPolicy(one.policies, registry, repository));
      if (error && !governing.every((policy) => isWhole(inventory, policy))) failures.push({ registry, repository, error });
      const answered = planners.filter(({ canBeAnswered }) => !wasRead || canBeAnswered(inventory));
      if (answered.length === 0) continue;
      const leftovers = wasRead ? await earlier.leftIn(inventory) : undefined;
      for (const { planner } of answered) planner.add(inventory, wasRead, leftovers);
      const [policy] = governing;
      if (governing.every((one) => !one) && !wasRead && !error && workplace.scopes.get(registry)?.names.includes(repository))
        warn(io, ungoverned(inventory, specs), options.quiet);
      look({ inventory, policy, wasRead });
    }
    for (const { throwUnanswered } of deciding) throwUnanswered();
    if (offline && found === 0)
      warn(io, `${printable(options.inventory)} holds no repository${words.length > 0 ? ' of those that are named' : ''}`, options.quiet);
    if (found > 0 && scans.reports?.countForNone === true) warn(io, NOT_REPORTED, options.quiet);
    const { by } = planners[0] as (typeof planners)[number];
    // What the planners hold besides, above all the blobs of every image, is not in memory while the plan is carried out.
    const plans = planners.splice(0).map(({ planner }) => withUnread(planner.plan(), unreadOf(failures)));
    progress.stop();
    // From here on, what is under way is to end by itself.
    reading.release();
    return await use({
      plan: plans[0] as Plan,
      plans,
      by,
      takenAt,
      workplace,
      registries: registries.byName,
      cached: registries.cached,
      failures,
      inUse: { inUse, readAt, again: readAgain },
      limits: limitWords(policies, maxDeletions),
      earlier,
    });
  } finally {
    progress.stop();
    reading.release();
    await earlier.close();
    await registries.close();
  }
}

const NOT_REPORTED =
  'none of the reports of scanners is about an image that was read here, so that none of them counts; a report must name the digest of ' +
  'the image, and where the registry tells no digests of configs, that of its manifest or index';
const NO_REPORTS: ReportedFindings = { reports: undefined, problems: [] };
const NONE: OpenRegistries = { byName: new Map(), cached: async () => undefined, room: () => undefined, close: async () => {} };

/** A repository that the user named and that no policy governs, with the name that a policy gives and that is probably meant. */
function ungoverned({ registry, repository }: RepositoryInventory, specs: readonly PolicySpec[]): string {
  const named = specs.flatMap(({ repositories = [] }) => repositories).filter(isRepositoryName);
  return `no policy governs ${printable(`${registry}/${repository}`)}, so it is left alone${didYouMean(repository, named)}`;
}

function warn(io: Io, message: string, quiet = false): void {
  if (!quiet) say(io, `warning: ${message}`);
}
