import { resolve } from 'node:path';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import { jsonParts } from '../report/json.ts';
import type { Context } from './context.ts';
import { type Io, NOTHING_CHANGED, say } from './io.ts';
import { checkWritable, writeWhole } from './write-file.ts';
import type { CarryOutOptions } from './carry-out.ts';
import { exitCodeAfter, tellErrors } from './failures.ts';
import type { GarbageOptions } from './garbage.ts';
import { measured, type MetricsOptions, resultWith } from './measured.ts';
import { type AnswerOptions, planAnswer } from './plan-output.ts';
import { checkOutputFiles, isDocument, type Output, outputsOf, writeOutputs } from './outputs.ts';
import type { PlanForm } from './plan-forms.ts';
import type { NextCommands } from './next-commands.ts';
import { type Planning, type PlanningOptions, withPlan } from './planning.ts';
import { tellBesides } from './tell-besides.ts';

export interface PruneOptions extends PlanningOptions, CarryOutOptions, GarbageOptions, AnswerOptions, MetricsOptions {
  readonly dryRun?: boolean;
  readonly planOut?: string;
  readonly gc?: boolean;
  readonly detailedExitcode?: boolean;
}

type Outputs = readonly Output<PlanForm>[];

/** `prune`: a plan, and with `--apply` what comes of it. Answers the exit code. */
export async function prune(words: readonly string[], options: PruneOptions, context: Context, next: NextCommands): Promise<number> {
  const startedAt = context.io.now();
  return measured('prune', options, context, async () => {
    checkOptions(options);
    const outputs = outputsOf(options, 'table');
    await checkOutputs(outputs, options, context.io);
    // To look at a plan needs nothing of it. Loaded at once, because the program may be replaced while a long run reads.
    const applying = options.apply ? await import('./apply-planned.ts') : undefined;
    const tellsFreed =
      outputs.some(({ form }) => form !== 'name') ||
      options.planOut !== undefined ||
      options.metricsFile !== undefined ||
      options.pushMetrics !== undefined;
    const onlyNeeded = !(outputs.some(isDocument) || options.planOut !== undefined);
    return withPlan(words, { ...options, tellsFreed, onlyNeeded }, context, (planning) =>
      resultWith({ plan: planning.plan }, async () => {
        const { plan } = planning;
        await savePlan(plan, options, context.io);
        await tellBesides(plan, outputs, options, context.io);
        return applying && !nothingRead(plan) && !isTimeOver(planning)
          ? applying.applyPlanned(planning, outputs, options, context, startedAt, next)
          : shown(planning, outputs, options, context, next);
      }),
    );
  });
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
async function checkOutputs(outputs: Outputs, { planOut, out }: PruneOptions, io: Io): Promise<void> {
  if (planOut !== undefined) await checkWritable(resolve(io.cwd, planOut), '--plan-out');
  await checkOutputFiles(outputs, io, out);
}

function isTimeOver({ failures }: Planning): boolean {
  return failures.some(({ error }) => error.code === 'TIME_OVER');
}

/** A dry run, or one in which nothing could be read or the time was over before the first deletion. */
async function shown(planning: Planning, outputs: Outputs, options: PruneOptions, context: Context, next: NextCommands): Promise<number> {
  const { io } = context;
  const { plan, failures, workplace } = planning;
  const errors = failures.map(({ error }) => error);
  const refused = options.apply ? (errors[0]?.message ?? 'not everything could be read') : undefined;
  if (options.apply) say(io, NOTHING_CHANGED);
  const applyCommand = next.apply?.(workplace.unlisted);
  await writeOutputs(io, outputs, (output) => planAnswer(plan, output, options, io, { applyCommand, apply: options.apply, refused }));
  const changes = plan.repositories.some(({ steps }) => steps.length > 0);
  tellErrors(failures, context);
  if (nothingRead(plan)) return exitCodeAfter(EXIT.done, errors, EXIT.notApplyable);
  const code = !plan.applyable ? EXIT.notApplyable : options.detailedExitcode && changes ? EXIT.planned : EXIT.done;
  return exitCodeAfter(code, errors, EXIT.partial);
}

async function savePlan(plan: Plan, { planOut }: PruneOptions, { cwd }: Io): Promise<void> {
  if (planOut !== undefined) await writeWhole(resolve(cwd, planOut), jsonParts(plan));
}
