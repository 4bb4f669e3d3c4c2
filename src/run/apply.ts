import { resolve } from 'node:path';
import type { ConnectionFlags } from '../config/settings.ts';
import { checkFresh, readPlanFile } from '../documents/plan-file.ts';
import { applyReport, type ApplyReport, type Failure } from '../apply/apply-report.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { toJson } from '../report/json.ts';
import { toYaml } from '../report/yaml.ts';
import type { Plan } from '../plan/plan.ts';
import { NOTHING_CHANGED, say } from './io.ts';
import type { Context } from './context.ts';
import { carryOut, type CarryOutOptions, exitCodeOfApply, outcomeOf, tellGivenUp, type Work } from './carry-out.ts';
import { checkJournalFolder } from './journal-folder.ts';
import { openDocumentRegistries } from './document-registries.ts';
import { inUseReader } from './in-use.ts';
import { checkKnown } from './in-use-now.ts';
import { checkInUseSources } from './in-use-source-names.ts';
import { measured, type MetricsOptions, resultWith, type RunResult } from './measured.ts';
import type { NextCommands } from './next-commands.ts';
import { checkOutputFiles, type Output, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { packLists } from './pack-lists.ts';
import type { PlanForm } from './plan-forms.ts';
import { planAnswer } from './plan-output.ts';
import { briefResult } from './plan-page.ts';
import { showing } from './progress.ts';
import { startRunTime } from './run-time.ts';
import { type ChangedPolicyOptions, checkPoliciesUnchanged } from './unchanged-policies.ts';

export interface ApplyOptions extends ConnectionFlags, CarryOutOptions, ChangedPolicyOptions, MetricsOptions, OutputOptions<PlanForm> {
  readonly registry?: readonly string[];
  /** Files that name what is in use. */
  readonly inUse?: readonly string[];
  /** Milliseconds. */
  readonly maxAge?: number;
  readonly concurrency?: string;
  readonly rate?: string;
}

/** `apply`: carries out a saved plan, as far as it still holds. Answers the exit code. */
export async function apply(file: string, options: ApplyOptions, context: Context, next: NextCommands): Promise<number> {
  return measured('apply', options, context, () => applySaved(file, options, context, next));
}

async function applySaved(file: string, options: ApplyOptions, context: Context, next: NextCommands): Promise<RunResult> {
  const { io } = context;
  const startedAt = io.now();
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const plan = await readPlanFile(resolve(io.cwd, file), packLists()).catch((error: unknown) => {
    say(io, NOTHING_CHANGED);
    throw error;
  });
  return resultWith({ plan }, () => applyRead(plan, startedAt, outputs, options, context, next));
}

async function applyRead(
  plan: Plan,
  startedAt: number,
  outputs: readonly Output<PlanForm>[],
  options: ApplyOptions,
  context: Context,
  next: NextCommands,
): Promise<RunResult> {
  const { io } = context;
  const screen = outputs.find(({ form, file: to }) => form === 'table' && to === undefined);
  const announce = (lines: readonly string[]): void => void (screen && !options.quiet && io.stdout.write(`${lines.join('\n')}\n`));
  const [carried] = await Promise.allSettled([carryOutSaved(plan, startedAt, announce, options, context)]);
  const outcome = outcomeOf(carried);
  const report = outcome.applied;
  if (!report) say(io, NOTHING_CHANGED);
  return resultWith(report ? { applied: report } : {}, async () => {
    const shown = {
      apply: true,
      ...outcome,
      undoCommand: report?.journal === undefined ? undefined : next.undo(report.journal, options.registry ?? []),
      tableShown: !options.verbose,
    };
    if (report && !screen && report.outcome !== 'done') io.stderr.write(briefResult(plan, report, shown));
    // Of what was refused, stderr tells.
    const answers = report ? outputs : outputs.filter((output) => output !== screen);
    const written = writeOutputs(io, answers, (output) => {
      if (output.form !== 'json' && output.form !== 'yaml') return planAnswer(plan, output, options, io, shown);
      const document =
        report ?? applyReport({ repositories: [], ...(carried.status === 'rejected' && { error: failureOf(carried.reason) }) });
      return output.form === 'json' ? toJson(document) : toYaml(document);
    });
    await written.catch((error: unknown) => {
      // What was done must not be lost with the answer.
      if (report && (screen || report.outcome === 'done')) io.stderr.write(briefResult(plan, report, shown));
      throw error;
    });
    if (carried.status === 'rejected') throw carried.reason;
    if (report) tellGivenUp(report, context);
    return report ? exitCodeOfApply(report, context) : EXIT.failed;
  });
}

/** Undefined if the answer was no. */
async function carryOutSaved(
  plan: Plan,
  startedAt: number,
  announce: NonNullable<Work['announce']>,
  options: ApplyOptions,
  context: Context,
): Promise<ApplyReport | undefined> {
  const { io } = context;
  checkFresh(plan, { now: startedAt, ...(options.maxAge !== undefined && { maxAge: options.maxAge }) });
  await checkPoliciesUnchanged(plan, options, io);
  const urls = new Map(
    plan.repositories.flatMap(({ registry, url, steps }) => [
      ...(steps.length > 0 && url !== undefined ? [[registry, url] as const] : []),
      ...steps.flatMap((step) => (step.op === 'copy-image' && step.to.url !== undefined ? [[step.to.registry, step.to.url] as const] : [])),
    ]),
  );
  const time = startRunTime(io, options.maxDuration);
  const place = await openDocumentRegistries(urls, options, context, time.signal);
  try {
    await checkJournalFolder(place.settings);
    checkInUseSources(plan, place.settings.inUse);
    const again = inUseReader(place, context, time.signal);
    const readAt = io.now();
    const inUse = { inUse: await showing('reading what is in use', context, options, again), readAt, again };
    checkKnown(inUse.inUse);
    const { byName: registries, cached, settings } = place;
    // Its limits were checked when it was made.
    return await carryOut({ plan, registries, cached, settings, limits: [], startedAt, announce, inUse }, options, context);
  } finally {
    time.release();
    await place.close();
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof ToolError)) throw error;
  const { code, message, hint } = error;
  return { code, message, hint };
}
