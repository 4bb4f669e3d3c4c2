import { resolve } from 'node:path';
import type { ApplyReport } from '../apply/apply-report.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';
import { applyText } from '../report/apply-text.ts';
import { toJson } from '../report/json.ts';
import type { PruneOptions } from '../cli/commands/prune.ts';
import type { Context } from '../cli/options.ts';
import { writeWhole } from './write-file.ts';
import { writeAnswer } from './answer.ts';
import { carryOut, exitCodeOfApply } from './carry-out.ts';
import { exitAfterFailures } from './failures.ts';
import { collectGarbage } from './garbage.ts';
import { writeMetrics } from './metrics-file.ts';
import { appliedTable, planAnswer } from './plan-output.ts';
import { type Planning, withPlan } from './planning.ts';

/** `prune`: a plan, and with `--apply` what comes of it. */
export async function prune(words: readonly string[], options: PruneOptions, context: Context): Promise<number> {
  checkOptions(options);
  const startedAt = context.io.now();
  const seen: { plan?: Plan; applied?: ApplyReport } = {};
  const run = withPlan(words, options, context, async (planning) => {
    seen.plan = planning.plan;
    if (options.planOut !== undefined) await writeWhole(resolve(context.io.cwd, options.planOut), toJson(planning.plan));
    const code = options.apply
      ? await applied(planning, options, context, startedAt, (report) => (seen.applied = report))
      : await shown(planning, options, context);
    const uncollected = options.gc && seen.applied ? await collectGarbage(seen.applied, planning.registries, options, context) : [];
    return exitAfterFailures(code, [...planning.failures, ...uncollected], context);
  });
  if (options.metricsFile === undefined) return run;
  const code = await run.catch((error: unknown) => ({ error }));
  const succeeded = code === EXIT.done || code === EXIT.planned;
  const unwritten = await writeMetrics(context.io, options.metricsFile, { startedAt, succeeded, ...seen }).catch((error: unknown) => ({
    error,
  }));
  if (typeof code === 'object') throw code.error;
  if (unwritten) throw unwritten.error;
  return code;
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

/** A dry run. */
async function shown({ plan }: Planning, options: PruneOptions, context: Context): Promise<number> {
  await writeAnswer(context.io, planAnswer(plan, options, context), options.out);
  if (!plan.applyable) return EXIT.notApplyable;
  return options.detailedExitcode && plan.repositories.some(({ steps }) => steps.length > 0) ? EXIT.planned : EXIT.done;
}

/** With `--apply`: a table is shown before it is carried out, a document afterwards, with what came of it. */
async function applied(
  planning: Planning,
  options: PruneOptions,
  context: Context,
  startedAt: number,
  done: (report: ApplyReport) => void,
): Promise<number> {
  const { io } = context;
  const { plan, registries, concerns, inUse, workplace } = planning;
  const before = options.output === 'table' ? planAnswer(plan, options, context) : '';
  if (options.out === undefined) io.stdout.write(before);
  let report: ApplyReport | undefined;
  try {
    report = await carryOut(
      { plan, registries, settings: workplace.settings, startedAt, leftovers: { concerns, inUse } },
      options,
      context,
    );
  } finally {
    if (report) done(report);
    const after =
      options.output !== 'table'
        ? planAnswer(plan, options, context, report)
        : report
          ? appliedTable(report, options, io, planning.failures.length > 0)
          : '';
    await writeAnswer(io, options.out === undefined ? after : before + after, options.out).catch((error: unknown) => {
      // What was done must not be lost with the answer.
      if (report) io.stderr.write(applyText(report));
      throw error;
    });
  }
  return report ? exitCodeOfApply(report, context) : EXIT.failed;
}
