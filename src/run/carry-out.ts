import type { ApplyReport, RepositoryReport, StepResult } from '../apply/apply-report.ts';
import { type ApplyEvent, type ApplyOptions, executePlan } from '../apply/execute-plan.ts';
import { Journal } from '../apply/journal.ts';
import { markFinished } from '../apply/unfinished-runs.ts';
import type { Settings } from '../config/settings.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { printable } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { copyName } from '../plan/copies.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { Outcome } from '../report/outcome.ts';
import { count, firstOf } from '../report/text.ts';
import { workLines } from '../report/work-text.ts';
import { freeMemoryBefore } from './free-memory.ts';
import { confirm, isAsked } from './confirm.ts';
import { say, widthOf } from './io.ts';
import type { Context, GlobalOptions } from './context.ts';
import type { EarlierRuns } from './earlier-runs.ts';
import { type Failure, messageOf, oneOfEachHint, tellErrors } from './failures.ts';
import { InUseNow, type InUseReading } from './in-use-now.ts';
import { journalFolder } from './journal-folder.ts';
import { startProgress } from './progress.ts';
import { stoppedBy } from './stop.ts';

/** What was read longer ago is looked at once more before the first deletion, as for a saved plan. */
const JUST_READ_MS = 10 * 60 * 1000;

/** Repositories that are named in one warning. */
const LISTED = 5;

export interface CarryOutOptions extends GlobalOptions {
  readonly yes?: boolean;
  /** Milliseconds. */
  readonly maxDuration?: number;
}

export interface Work {
  readonly plan: Plan;
  readonly registries: ReadonlyMap<string, Registry>;
  readonly cached: NonNullable<ApplyOptions['cached']>;
  /** What was in use when the sources were read. */
  readonly inUse: InUseReading;
  /** This very run made the plan, from a reading that began at `startedAt`. */
  readonly justPlanned?: true;
  readonly settings: Settings;
  /** The limits that the plan stays below, a few words each. */
  readonly limits: readonly string[];
  /** Told what is about to be carried out, where nobody is asked. */
  readonly announce?: (lines: readonly string[]) => void;
  /** Milliseconds since the epoch: `maxDuration` counts from here. */
  readonly startedAt: number;
  /** The runs before this one; absent if the plan was saved. */
  readonly earlier?: EarlierRuns;
}

/**
 * Carries a plan out, after asking at a terminal. Answers undefined if the answer was no. Throws the errors of {@link InUseNow} and of
 * {@link executePlan}, all of them before anything is deleted.
 */
export async function carryOut(work: Work, options: CarryOutOptions, context: Context): Promise<ApplyReport | undefined> {
  const { plan, registries, cached, settings, startedAt } = work;
  const { io } = context;
  const journalDir = journalFolder(settings);
  const steps = plan.repositories.reduce((sum, repository) => sum + repository.steps.length, 0);
  if (plan.applyable) for (const line of cannotUndoLines(plan)) say(io, line);
  if (plan.applyable && steps > 0) {
    const lines = workLines(plan, work.limits, widthOf(io.stderr));
    if (options.yes || !isAsked(io)) {
      work.announce?.(lines);
    } else {
      say(io, ...lines);
      if (!(await confirm(io, 'Carry this out?'))) return undefined;
    }
  }
  const inUseNow = new InUseNow(work.inUse, io);
  // Whatever keeps it from being read is known before anything is begun.
  if (plan.applyable && steps > 0) await inUseNow.read();
  freeMemoryBefore(steps);
  const progress = await startProgress(context, options);
  let done = 0;
  const shared: Omit<ApplyOptions, 'plan' | 'journal'> = {
    registries,
    cached,
    inUseNow: () => inUseNow.read(),
    ...(work.earlier && { finishes: work.earlier.unfinished() }),
    ...(work.justPlanned && { justRead: () => io.now() - startedAt < JUST_READ_MS }),
    concurrency: settings.concurrency,
    signal: io.signal,
    changes: context.changes,
    ...(options.maxDuration !== undefined && { deadline: startedAt + options.maxDuration }),
    onEvent: (event) => {
      if (event.kind === 'step') progress.show(`deleting in ${event.registry}/${event.repository}  ${(done += 1)}/${steps}`);
      if (event.kind === 'copy') progress.show(`copying from ${event.registry}/${event.repository} to ${copyName(event.step)}`);
      const line = lineOf(event);
      if (line !== undefined) progress.done(line);
    },
  };
  try {
    const report = await executePlan({ ...shared, plan, journal: new Journal(journalDir) });
    // Where that cannot be noted, the next run looks at those journals once more.
    for (const name of work.earlier?.finished() ?? []) await markFinished(journalDir, name).catch(() => {});
    return report;
  } finally {
    progress.stop();
  }
}

/** Where what is deleted cannot be put back. */
function cannotUndoLines({ repositories }: Plan): string[] {
  const where = repositories.filter((one) => one.undo === false && one.steps.length > 0);
  if (where.length === 0) return [];
  const named = where.map(({ registry, repository }) => printable(`${registry}/${repository}`));
  return [`warning: what is deleted in ${firstOf(named, LISTED).join(', ')} cannot be put back by this program`];
}

function lineOf(event: ApplyEvent): string | undefined {
  const title = `${event.registry}/${event.repository}`;
  if (event.kind === 'begin') return `${title}: ${count(event.steps, 'step')}`;
  if (event.kind !== 'end') return undefined;
  const { counts, notDone } = event.report;
  return `${title}: ${counts.deleted + counts.copied + counts.gone} done, ${notDone.length} not`;
}

/** What came of {@link carryOut}: its report, or why nothing was begun. */
export function outcomeOf(carried: PromiseSettledResult<ApplyReport | undefined>): Outcome {
  if (carried.status === 'rejected') return { refused: messageOf(carried.reason) };
  return carried.value ? { applied: carried.value } : { refused: 'The answer was no.' };
}

/**
 * Tells what ended the work in a repository before its last step, at the end of stderr and with what to do; and of the steps that failed
 * the first for each thing that is to be done.
 */
export function tellGivenUp({ repositories }: ApplyReport, context: Context): void {
  const givenUp = repositories.flatMap((report) => (report.error ? failuresIn(report, [report.error]) : []));
  const known = new Set(givenUp.map(({ error }) => error.hint));
  const steps = repositories.flatMap((report) => failuresIn(report, report.notDone)).filter(({ error }) => !known.has(error.hint));
  tellErrors([...givenUp, ...oneOfEachHint(steps)], context);
}

function failuresIn(
  { registry, repository }: RepositoryReport,
  found: readonly Pick<StepResult, 'code' | 'message' | 'hint'>[],
): Failure[] {
  return found.flatMap(({ code, message = '', hint = '' }) =>
    code ? [{ registry, repository, error: new ToolError(code, message, { hint }) }] : [],
  );
}

/** The exit code of a run whose plan was carried out. */
export function exitCodeOfApply({ outcome, error, repositories, stoppedBy: by }: ApplyReport, { io }: Context): number {
  if (error) return new ToolError(error.code, error.message, { hint: error.hint }).exitCode;
  if (repositories.some((one) => [one.error, ...one.notDone].some((failure) => failure?.code === 'AUTH'))) return EXIT.auth;
  if (outcome === 'failed') return EXIT.failed;
  if (outcome === 'interrupted' && by === 'signal') return stoppedBy(io.signal)?.exitCode ?? EXIT.partial;
  return outcome === 'done' ? EXIT.done : EXIT.partial;
}
