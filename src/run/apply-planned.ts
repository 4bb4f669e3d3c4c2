import { EXIT } from '../diagnostics/exit-codes.ts';
import { carryOut, type CarryOutOptions, exitCodeOfApply, outcomeOf, tellGivenUp } from './carry-out.ts';
import type { Context } from './context.ts';
import { exitCodeAfter, tellErrors } from './failures.ts';
import { collectGarbage, type GarbageOptions } from './garbage.ts';
import { NOTHING_CHANGED, say } from './io.ts';
import { resultWith, type RunResult } from './measured.ts';
import type { NextCommands } from './next-commands.ts';
import { type Output, writeOutputs } from './outputs.ts';
import type { PlanForm } from './plan-forms.ts';
import { type AnswerOptions, planAnswer } from './plan-output.ts';
import { briefResult } from './plan-page.ts';
import type { Planning } from './planning.ts';

/**
 * Carries out a plan that was just made. A table on the screen is shown before it is carried out; everything else is written afterwards,
 * with what came of it.
 */
export async function applyPlanned(
  planning: Planning,
  outputs: readonly Output<PlanForm>[],
  options: CarryOutOptions & GarbageOptions & AnswerOptions & { readonly gc?: boolean },
  context: Context,
  startedAt: number,
  next: NextCommands,
): Promise<RunResult> {
  const { io } = context;
  const { plan, registries, cached, earlier, inUse, limits, workplace } = planning;
  const table = outputs.find(({ form, file }) => form === 'table' && file === undefined);
  // Not waited for: whoever reads it page by page does not hold up the run.
  if (table) io.stdout.write((await planAnswer(plan, table, options, io, { apply: true })) as string);
  const work = { plan, registries, cached, inUse, limits, justPlanned: true, settings: workplace.settings, startedAt, earlier } as const;
  const [carried] = await Promise.allSettled([carryOut(work, options, context)]);
  const outcome = outcomeOf(carried);
  const report = outcome.applied;
  return resultWith(report ? { applied: report } : {}, async () => {
    const result = {
      apply: true,
      ...outcome,
      undoCommand: report?.journal === undefined ? undefined : next.undo(report.journal, workplace.unlisted),
      unread: planning.failures.length > 0,
    };
    if (report && !table && report.outcome !== 'done') io.stderr.write(briefResult(plan, report, result));
    // Where the table is on the screen, the words below it begin so.
    if (!report && (carried.status === 'rejected' || !table)) say(io, NOTHING_CHANGED);
    await writeOutputs(io, outputs, (output) => planAnswer(plan, output, options, io, { ...result, tableShown: output === table })).catch(
      (error: unknown) => {
        // What was done must not be lost with the answer.
        if (report && (table || report.outcome === 'done')) io.stderr.write(briefResult(plan, report, result));
        throw error;
      },
    );
    const unread = planning.failures.map(({ error }) => error);
    tellErrors(planning.failures, context);
    if (carried.status === 'rejected') throw carried.reason;
    if (report) tellGivenUp(report, context);
    const uncollected = options.gc && report ? await collectGarbage(report, registries, options, context) : [];
    tellErrors(uncollected, context);
    const code = report ? exitCodeOfApply(report, context) : EXIT.failed;
    return exitCodeAfter(exitCodeAfter(code, uncollected, EXIT.failed), unread, EXIT.partial);
  });
}
