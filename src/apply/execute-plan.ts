import type { ChangeGuard } from '../diagnostics/change-guard.ts';
import { limitTime } from '../diagnostics/limit-time.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { InUse } from '../domain/in-use.ts';
import { inUseDigests } from '../plan/in-use-digests.ts';
import type { CopyImageStep, Plan, RepositoryPlan, Step } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';
import { applyReport, type ApplyReport, countResults, type Repair, type RepositoryReport, type StepResult } from './apply-report.ts';
import type { Journal } from './journal.ts';
import type { LeaseTimes } from './lease.ts';
import { LOCK_LOST, type LockedRepository, lockRepositories, type RepositoryLock } from './lock-repositories.ts';
import { checkRegistries, planDigest } from '../documents/plan-file.ts';
import { runRepository } from './repository-run.ts';
import type { Halt, Pause } from './run-context.ts';
import { sideBySide } from './side-by-side.ts';
import { Trial } from './trial.ts';
import { verifyPlan } from '../documents/plan-check.ts';

/** What happens while a plan is carried out, for progress alone. */
export type ApplyEvent = { readonly registry: string; readonly repository: string } & (
  | { readonly kind: 'begin'; readonly steps: number }
  | { readonly kind: 'copy'; readonly step: CopyImageStep }
  | { readonly kind: 'step'; readonly result: StepResult }
  | { readonly kind: 'repair'; readonly repair: Repair }
  | { readonly kind: 'end'; readonly report: RepositoryReport }
);

export interface ApplyOptions {
  readonly plan: Plan;
  /** By the names that the plan uses. */
  readonly registries: ReadonlyMap<string, Registry>;
  /** Not started yet; closed at the end. Its folder holds the locks too. */
  readonly journal: Journal;
  /** Repositories at a time, and in each as many requests as may go side by side. */
  readonly concurrency: number;
  /** Aborted: no more deletions are begun; those under way finish, and are checked. */
  readonly signal?: AbortSignal;
  /** Milliseconds since the epoch; afterwards no more deletions are begun. */
  readonly deadline?: number;
  /** Names of the journals of earlier runs of which the plan finishes what they had left. */
  readonly finishes?: readonly string[];
  /**
   * What is in use now, of which nothing is deleted: asked again and again, since a run may take hours. The same object as long as nothing
   * was read anew. Where it throws, nothing more is deleted in the repository that asked.
   */
  readonly inUseNow?: () => Promise<InUse>;
  /** The bytes of a manifest that the reading for the plan has kept, checked against the digest, so that they are not fetched again. */
  readonly cached?: (digest: Digest) => Promise<Uint8Array | undefined>;
  /**
   * Whether the plan was made from a reading of just now, so that nothing need be looked at again before the first deletion. Default: it
   * was not.
   */
  readonly justRead?: () => boolean;
  /** Waits between two tries. Default: for as long as it is told. */
  readonly pause?: Pause;
  /** How its lock is kept. Default: as {@link lockRepositories} does. */
  readonly leaseTimes?: LeaseTimes;
  /** Told whether the lock is still held, for as long as it is needed. */
  readonly changes?: ChangeGuard;
  /** Must not throw. */
  readonly onEvent?: (event: ApplyEvent) => void;
}

/**
 * Carries a plan out. Before the first deletion anywhere: the plan is checked, its repositories are locked, and each registry is asked
 * whether it deletes at all. Then each repository by itself: whatever goes wrong in one is in the report and stops no other.
 *
 * Throws `PLAN_INVALID`, `NOT_APPLYABLE` (the plan is blocked, or another run is under way), `DELETE_DISABLED`, `AUTH` (where the right is
 * missing in every repository; one of several is reported), `JOURNAL_WRITE` and the registry's other errors, all before anything is
 * changed. A journal that fails later ends the run and is the report's `error`.
 */
export async function executePlan(options: ApplyOptions): Promise<ApplyReport> {
  const { registries } = options;
  const plan = verifyPlan(options.plan);
  checkRegistries(plan, registries);
  if (!plan.applyable) {
    throw new ToolError('NOT_APPLYABLE', `the plan must not be carried out: ${plan.blockedBy.map(({ message }) => message).join('; ')}`, {
      hint: 'nothing was changed. Remove what blocks it, or allow it, and make a new plan',
    });
  }
  const work = plan.repositories.flatMap((repository): Work[] => {
    const registry = registries.get(repository.registry);
    const { steps } = repository;
    if (steps.length === 0 || !registry) return [];
    const copiesTo = steps.flatMap((step) => (step.op === 'copy-image' ? [step.to] : []));
    return [{ repository, registry, does: new Set(steps.map(({ op }) => op)), copiesTo }];
  });
  if (work.length === 0) return applyReport({ repositories: [] });
  const { deadline } = options;
  const { signal, release } = limitTime(options.signal, deadline === undefined ? undefined : deadline - Date.now());
  try {
    return await carryOut(plan, work, options, signal);
  } finally {
    release();
  }
}

async function carryOut(plan: Plan, work: readonly Work[], options: ApplyOptions, signal: AbortSignal): Promise<ApplyReport> {
  const { registries, journal, concurrency, leaseTimes: times, changes } = options;
  // Of a large plan that takes so long that a lock which is not renewed meanwhile might be lost.
  const digest = planDigest(plan);

  const lock = await lockRepositories(journal.folder, toLock(work, registries), { times, changes, signal });
  try {
    const refusals = new Map<Work, ToolError>();
    await sideBySide(work, concurrency, async (one) => {
      const refusal = await refusalOf(one);
      if (refusal) refusals.set(one, refusal);
    });
    const [first] = work.flatMap((one) => refusals.get(one) ?? []);
    if (first && refusals.size === work.length) throw first;
    await journal.start({
      tool: plan.tool,
      plan: { digest },
      registries: Object.fromEntries(
        [...work.map(({ registry }) => registry), ...targetsOf(work, registries)].map(({ name, type, url }) => [name, { type, url }]),
      ),
      ...(options.finishes && options.finishes.length > 0 && { finishes: options.finishes }),
    });
    const shared = sharedBy(work, options, signal, lock);
    const reports = await sideBySide(work, concurrency, async (one) => {
      const refusal = refusals.get(one);
      return refusal ? refusedReport(one, refusal) : runOne(one, options, shared);
    });
    return await finish(reports, journal, lock, shared.halted());
  } finally {
    // What was written is on the disk already, and what was done must not be lost with the file.
    await journal.close().catch(() => {});
    await lock.free();
  }
}

interface Work {
  readonly repository: RepositoryPlan;
  readonly registry: Registry;
  /** What its steps are, found out once: each reading of the steps of a large plan brings them back anew. */
  readonly does: ReadonlySet<Step['op']>;
  readonly copiesTo: readonly CopyImageStep['to'][];
}

/** What all repositories of a run share. */
interface Shared {
  readonly halted: () => Halt | undefined;
  /** Aborted by the signal and at the deadline. */
  readonly signal: AbortSignal;
  readonly trials: ReadonlyMap<Registry, Trial>;
}

/** The missing right for which nothing may be deleted or archived in this one repository. Throws what else keeps the registry from it. */
async function refusalOf({ registry, repository: { repository }, does }: Work): Promise<ToolError | undefined> {
  try {
    if (does.has('delete-tag') || does.has('delete-manifest')) await registry.checkDelete(repository, { tags: does.has('delete-tag') });
    if (does.has('archive-manifest')) await registry.checkArchive?.(repository);
    return undefined;
  } catch (error) {
    if (error instanceof ToolError && error.code === 'AUTH') return error;
    throw error;
  }
}

/** The report of a repository in which nothing was tried, since a right is missing there. */
function refusedReport({ repository: { registry, repository, steps } }: Work, { code, message, hint }: ToolError): RepositoryReport {
  const notDone = steps.map((step): StepResult => {
    const { op, digest } = step;
    return { op, digest, ...(step.op === 'delete-tag' && { tag: step.tag }), outcome: 'skipped', message: 'a right is missing' };
  });
  return { registry, repository, counts: countResults(notDone, []), notDone, repairs: [], error: { code, message, hint } };
}

/** The registries that images are copied to. */
function targetsOf(work: readonly Work[], registries: ApplyOptions['registries']): Registry[] {
  const names = new Set(work.flatMap(({ copiesTo }) => copiesTo.map((to) => to.registry)));
  return [...names].flatMap((name) => registries.get(name) ?? []);
}

/** The repositories of a run and those that it copies to: what another run deletes there must not be taken for a copy. Each once. */
function toLock(work: readonly Work[], registries: ApplyOptions['registries']): LockedRepository[] {
  const all = work.flatMap(({ registry, repository, copiesTo }): LockedRepository[] => [
    { url: registry.url, repository: repository.repository },
    ...copiesTo.map((to) => ({ url: registries.get(to.registry)?.url ?? '', repository: to.repository })),
  ]);
  return [...new Map(all.map((one) => [`${one.url} ${one.repository}`, one])).values()];
}

function sharedBy(work: readonly Work[], options: ApplyOptions, signal: AbortSignal, lock: RepositoryLock): Shared {
  return { halted: haltOf(options, lock), signal, trials: new Map(work.map(({ registry }) => [registry, new Trial()])) };
}

function haltOf({ signal, deadline, journal }: ApplyOptions, lock: RepositoryLock): () => Halt | undefined {
  return () => {
    if (lock.isLost) return { by: 'error', message: LOCK_LOST.message };
    if (journal.failure) return { by: 'error', message: journal.failure.message };
    if (signal?.aborted) return { by: 'signal', message: 'the run was stopped before its turn' };
    if (deadline !== undefined && Date.now() >= deadline)
      return { by: 'deadline', message: 'the time for the run was over before its turn' };
    return undefined;
  };
}

async function runOne({ registry, repository }: Work, options: ApplyOptions, shared: Shared): Promise<RepositoryReport> {
  // A copy, whose lists stay the same while it is carried out: each reading of those of a large plan may bring them back anew.
  const plan = { ...repository };
  const { registries, journal, concurrency, onEvent, justRead, inUseNow, pause, cached = async () => undefined } = options;
  const { halted, signal, trials } = shared;
  const place = { registry: plan.registry, repository: plan.repository };
  onEvent?.({ kind: 'begin', ...place, steps: plan.steps.length });
  const report = await runRepository(registry, plan, {
    journal,
    concurrency,
    halted,
    signal,
    pause,
    cached,
    trial: trials.get(registry) ?? new Trial(),
    justRead: justRead?.() ?? false,
    registries,
    usedNow: inUseNow ? usedIn(plan, inUseNow) : async () => NOTHING_USED,
    onCopy: (step) => onEvent?.({ kind: 'copy', ...place, step }),
    onStep: (result) => onEvent?.({ kind: 'step', ...place, result }),
    onRepair: (repair) => onEvent?.({ kind: 'repair', ...place, repair }),
  });
  onEvent?.({ kind: 'end', ...place, report });
  return report;
}

/** Answers the digests in use that may concern a repository, each with who says so; the same map as long as nothing was read anew. */
function usedIn(plan: RepositoryPlan, inUseNow: () => Promise<InUse>): () => Promise<ReadonlyMap<Digest, string>> {
  let known: InUse | undefined;
  let used = NOTHING_USED;
  return async () => {
    const now = await inUseNow();
    if (now !== known) used = new Map(inUseDigests({ ...plan, manifests: plan.images }, now).map(({ digest, source }) => [digest, source]));
    known = now;
    return used;
  };
}

const NOTHING_USED: ReadonlyMap<Digest, string> = new Map();

async function finish(
  repositories: readonly RepositoryReport[],
  journal: Journal,
  lock: RepositoryLock,
  halt: Halt | undefined,
): Promise<ApplyReport> {
  const error = journal.failure ?? (lock.isLost ? LOCK_LOST : undefined);
  const skipped = repositories.some(({ counts }) => counts.skipped > 0);
  const report = (): ApplyReport =>
    applyReport({
      repositories,
      ...(halt && halt.by !== 'error' && skipped && { stoppedBy: halt.by }),
      ...(journal.path !== undefined && { journal: journal.path }),
      ...(error && { error: { code: error.code, message: error.message, hint: error.hint } }),
    });
  const { outcome, counts } = report();
  // Where it fails, the report says so.
  await journal.end({ outcome, counts, unfinished: counts.failed + counts.skipped > 0 }).catch(() => {});
  return report();
}
