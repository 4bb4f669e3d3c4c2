import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ApplyReport } from '../apply/apply-report.ts';
import type { UndoReport } from '../apply/undo-report.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';
import { lastSuccessIn, metricsText, type RunFacts } from '../report/metrics.ts';
import type { Context, GlobalOptions } from './context.ts';
import { say } from './io.ts';
import { pushAddress, pushMetrics } from './push-metrics.ts';
import { exitCodeOf } from './error-message.ts';
import type { Shard } from './scope.ts';
import { stoppedBy } from './stop.ts';
import { checkWritable, writeWhole } from './write-file.ts';

export interface MetricsOptions extends GlobalOptions {
  readonly metricsFile?: string;
  /** The URL of a Pushgateway. */
  readonly pushMetrics?: string;
  readonly shard?: Shard;
}

/** The commands that tell metrics. */
type MeasuredCommand = 'prune' | 'apply' | 'undo';

/** What is known of a run however it ends. */
interface KnownOfRun {
  readonly plan?: Plan;
  readonly applied?: ApplyReport;
  readonly undone?: UndoReport;
}

/** How a command ended: with an exit code or an error, and what was known of its run by then. */
export type RunResult = KnownOfRun & ({ readonly exitCode: number } | { readonly failure: unknown });

/** The result of a command once this is known of its run: `rest` does what is left of it, and may come to know more. Throws nothing. */
export async function resultWith(known: KnownOfRun, rest: () => Promise<number | RunResult>): Promise<RunResult> {
  try {
    const came = await rest();
    return typeof came === 'number' ? { ...known, exitCode: came } : { ...known, ...came };
  } catch (failure) {
    return { ...known, failure };
  }
}

/**
 * Runs a command and leaves its metrics in every outcome: in place of those of the last run in the file, and at the Pushgateway. The time
 * of the last success stays where a run fails. At a Pushgateway, an undo is a job of its own. Answers the exit code or throws the error of
 * `work`; throws `USAGE` for a wrong address and `FILE` for a file that cannot be written, both before anything is done, and `FILE`
 * afterwards too. What cannot be pushed is only told: the time of the last success then stands still, and that is what alerts look at.
 */
export async function measured(
  command: MeasuredCommand,
  options: MetricsOptions,
  context: Context,
  work: () => Promise<RunResult>,
): Promise<number> {
  const { io } = context;
  const { metricsFile, pushMetrics: url, shard } = options;
  const file = metricsFile === undefined ? undefined : resolve(io.cwd, metricsFile);
  const address = url === undefined ? undefined : pushAddress(url, command === 'undo' ? 'regprune-undo' : 'regprune', shard);
  if (file !== undefined) await checkWritable(file, '--metrics-file');
  const startedAt = io.now();
  const result = await work().catch((failure: unknown): RunResult => ({ failure }));
  const endedAt = io.now();
  const exitCode = 'failure' in result ? (stoppedBy(io.signal)?.exitCode ?? exitCodeOf(result.failure)) : result.exitCode;
  const succeeded = exitCode === EXIT.done || exitCode === EXIT.planned;
  const facts: RunFacts = {
    endedAt: endedAt / 1000,
    duration: (endedAt - startedAt) / 1000,
    broken: 'failure' in result,
    ...result,
    exitCode,
  };
  // An undo is not a success of the job that cleans up.
  const success = succeeded && !result.undone ? facts.endedAt : undefined;
  if (address !== undefined)
    await pushMetrics(address, metricsText({ ...facts, lastSuccess: success }), context).catch((error: unknown) =>
      say(io, `warning: the metrics could not be pushed to ${address}: ${(error as Error).message}`),
    );
  const [saved] = await Promise.allSettled([file === undefined ? undefined : saveMetrics(file, facts, success)]);
  if ('failure' in result) throw result.failure;
  if (saved.status === 'rejected') throw saved.reason;
  return result.exitCode;
}

/**
 * Leaves the metrics of a command line that was not understood, whose mistake is told already: a failed run. What is wrong with the place
 * of the metrics is not told beside it.
 */
export async function measureUsage(command: MeasuredCommand, options: MetricsOptions, context: Context): Promise<void> {
  const mistake = new ToolError('USAGE', 'the command line was not understood', { hint: '' });
  await measured(command, options, context, () => Promise.reject(mistake)).catch(() => {});
}

async function saveMetrics(file: string, facts: RunFacts, success: number | undefined): Promise<void> {
  const lastSuccess = success ?? lastSuccessIn(await readFile(file, 'utf8').catch(() => ''));
  await writeWhole(file, metricsText({ ...facts, lastSuccess }));
}
