import { resolve } from 'node:path';
import type { ApplyReport } from '../apply/apply-report.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';
import { applyText } from '../report/apply-text.ts';
import { jsonParts } from '../report/json.ts';
import type { Context } from './context.ts';
import { type Io, say } from './io.ts';
import { checkWritable, writeWhole } from './write-file.ts';
import { writeAnswer } from './answer.ts';
import { carryOut, type CarryOutOptions, exitCodeOfApply } from './carry-out.ts';
import { exitCodeAfter, tellErrors } from './failures.ts';
import { collectGarbage, type GarbageOptions } from './garbage.ts';
import { writeMetrics } from './metrics-file.ts';
import { type AnswerOptions, appliedTable, planAnswer, tableAnswer } from './plan-output.ts';
import type { NextCommands } from './next-commands.ts';
import { type Planning, type PlanningOptions, withPlan } from './planning.ts';

export interface PruneOptions extends PlanningOptions, CarryOutOptions, GarbageOptions, AnswerOptions {
  readonly dryRun?: boolean;
  readonly planOut?: string;
  readonly gc?: boolean;
  readonly detailedExitcode?: boolean;
  readonly metricsFile?: string;
}

/** How far a run came, and how it ended. */
interface Ended {
  /** Absent if the run failed before there was a plan. */
  readonly plan?: Plan;
  /** Absent if nothing was carried out. */
  readonly applied?: ApplyReport;
  /** The exit code, or what was thrown. */
  readonly result: PromiseSettledResult<number>;
}

/** `prune`: a plan, and with `--apply` what comes of it. Answers the exit code. */
export async function prune(words: readonly string[], options: PruneOptions, context: Context, next: NextCommands): Promise<number> {
  checkOptions(options);
  const startedAt = context.io.now();
  const run = async (): Promise<Ended> => {
    await checkOutputs(options, context.io);
    const tellsFreed = options.output !== 'name' || options.planOut !== undefined || options.metricsFile !== undefined;
    return withPlan(words, { ...options, tellsFreed }, context, async (planning) => {
      const { plan } = planning;
      const [saved] = await Promise.allSettled([savePlan(plan, options, context.io)]);
      if (saved.status === 'rejected') return { plan, result: saved };
      const apply = options.apply && !nothingRead(plan) && !isTimeOver(planning);
      return apply ? applied(planning, options, context, startedAt, next) : shown(planning, options, context, next);
    });
  };
  const [planned] = await Promise.allSettled([run()]);
  const ended: Ended = planned.status === 'fulfilled' ? planned.value : { result: planned };
  const { result } = ended;
  const [written] = await Promise.allSettled([measure(ended, options, context.io, startedAt)]);
  if (result.status === 'rejected') throw result.reason;
  if (written.status === 'rejected') throw written.reason;
  return result.value;
}

function checkOptions({ apply, dryRun, now, inventory, gc, wait }: PruneOptions): void {
  const refuse = (message: string, hint: string): never => {
    throw new ToolError('USAGE', message, { hint });
  };
  if (gc && !apply) refuse('--gc frees the space of what --apply deletes; a dry run deletes nothing.', 'Add --apply, or leave out --gc.');
  if (wait && !gc) refuse('--wait waits for the garbage collection that --gc starts.', 'Add --gc, or leave out --wait.');
  if (!apply) return;
  if (dryRun) refuse('--apply and --dry-run contradict each other.', 'Leave one of them out; without --apply nothing is changed.');
  if (now !== undefined)
    refuse('--now only pretends that it is another time, so its plan is not carried out.', 'Leave out --now or --apply.');
  if (inventory !== undefined)
    refuse(
      '--inventory says what was there when it was taken; what is there now is not looked at, so nothing is deleted by it.',
      'Leave out --inventory or --apply.',
    );
}

/** What is written at the end must not fail then, after a long reading or after deletions. */
async function checkOutputs({ planOut, out, metricsFile }: PruneOptions, { cwd }: Io): Promise<void> {
  if (planOut !== undefined) await checkWritable(resolve(cwd, planOut), '--plan-out');
  if (out !== undefined && out !== '-') await checkWritable(resolve(cwd, out), '--out');
  if (metricsFile !== undefined) await checkWritable(resolve(cwd, metricsFile), '--metrics-file');
}

function nothingRead({ blockedBy }: Plan): boolean {
  return blockedBy.some(({ code }) => code === 'nothingRead');
}

function isTimeOver({ failures }: Planning): boolean {
  return failures.some(({ error }) => error.code === 'TIME_OVER');
}

/** A dry run, or one in which nothing could be read or the time was over before the first deletion. */
async function shown(planning: Planning, options: PruneOptions, context: Context, next: NextCommands): Promise<Ended> {
  const { plan, failures, workplace } = planning;
  const show = async (): Promise<number> => {
    await writeAnswer(context.io, planAnswer(plan, options, context.io, { applyCommand: next.apply?.(workplace.unlisted) }), options.out);
    const changes = plan.repositories.some(({ steps }) => steps.length > 0);
    const errors = failures.map(({ error }) => error);
    tellErrors(errors, context);
    if (options.apply) say(context.io, 'Nothing was changed.');
    if (nothingRead(plan)) return exitCodeAfter(EXIT.done, errors, EXIT.notApplyable);
    const code = !plan.applyable ? EXIT.notApplyable : options.detailedExitcode && changes ? EXIT.planned : EXIT.done;
    return exitCodeAfter(code, errors, EXIT.partial);
  };
  const [result] = await Promise.allSettled([show()]);
  return { plan, result };
}

/** With `--apply`. A table is shown before it is carried out; a document is written afterwards, with what came of it. */
async function applied(planning: Planning, options: PruneOptions, context: Context, startedAt: number, next: NextCommands): Promise<Ended> {
  const { io } = context;
  const { plan, registries, cached, earlier, inUse, workplace } = planning;
  const before = options.output === 'table' ? tableAnswer(plan, options, io) : '';
  if (options.out === undefined) io.stdout.write(before);
  const work = { plan, registries, cached, inUse, justPlanned: true, settings: workplace.settings, startedAt, earlier } as const;
  const [carried] = await Promise.allSettled([carryOut(work, options, context)]);
  const report = carried.status === 'fulfilled' ? carried.value : undefined;
  const undoCommand = report?.journal === undefined ? undefined : next.undo(report.journal, workplace.unlisted);
  const tell = async (): Promise<number> => {
    const after = report ? appliedTable(report, options, io, { unread: planning.failures.length > 0, undoCommand }) : '';
    const answer =
      options.output !== 'table' ? planAnswer(plan, options, io, { applied: report }) : options.out === undefined ? after : before + after;
    await writeAnswer(io, answer, options.out).catch((error: unknown) => {
      // What was done must not be lost with the answer.
      if (report) io.stderr.write(applyText(report, { undoCommand }));
      throw error;
    });
    const unread = planning.failures.map(({ error }) => error);
    tellErrors(unread, context);
    if (carried.status === 'rejected') throw carried.reason;
    const uncollected = options.gc && report ? await collectGarbage(report, registries, options, context) : [];
    tellErrors(uncollected, context);
    const code = report ? exitCodeOfApply(report, context) : EXIT.failed;
    return exitCodeAfter(exitCodeAfter(code, uncollected, EXIT.failed), unread, EXIT.partial);
  };
  const [result] = await Promise.allSettled([tell()]);
  return { plan, ...(report && { applied: report }), result };
}

async function savePlan(plan: Plan, { planOut }: PruneOptions, { cwd }: Io): Promise<void> {
  if (planOut !== undefined) await writeWhole(resolve(cwd, planOut), jsonParts(plan));
}

/** The metrics of a run, where they are asked for. */
async function measure({ plan, applied: report, result }: Ended, { metricsFile }: PruneOptions, io: Io, startedAt: number): Promise<void> {
  if (metricsFile === undefined) return;
  const succeeded = result.status === 'fulfilled' && (result.value === EXIT.done || result.value === EXIT.planned);
  await writeMetrics(io, metricsFile, { startedAt, succeeded, ...(plan && { plan }), ...(report && { applied: report }) });
}
