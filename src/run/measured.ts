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

/** What a command has come to so far. It fills this in as it goes on, so that it is known however the command ends. */
export interface RunRecord {
  plan?: Plan;
  applied?: ApplyReport;
  undone?: UndoReport;
}

/**
 * Runs a command and leaves its metrics in every outcome: in place of those of the last run in the file, and at the Pushgateway. The time
 * of the last success stays where a run fails. At a Pushgateway, an undo is a job of its own. Answers and throws what `work` does; throws
 * `USAGE` for a wrong address and `FILE` for a file that cannot be written, both before anything is done, and `FILE` afterwards too. What
 * cannot be pushed is only told: the time of the last success then stands still, and that is what alerts look at.
 */
export async function measured(
  command: MeasuredCommand,
  options: MetricsOptions,
  context: Context,
  work: (record: RunRecord) => Promise<number>,
): Promise<number> {
  const { io } = context;
  const { metricsFile, pushMetrics: url, shard } = options;
  const file = metricsFile === undefined ? undefined : resolve(io.cwd, metricsFile);
  const address = url === undefined ? undefined : pushAddress(url, command === 'undo' ? 'regprune-undo' : 'regprune', shard);
  if (file !== undefined) await checkWritable(file, '--metrics-file');
  const startedAt = io.now();
  const record: RunRecord = {};
  const [result] = await Promise.allSettled([work(record)]);
  const endedAt = io.now();
  const exitCode = result.status === 'fulfilled' ? result.value : (stoppedBy(io.signal)?.exitCode ?? exitCodeOf(result.reason));
  const succeeded = exitCode === EXIT.done || exitCode === EXIT.planned;
  const facts: RunFacts = {
    endedAt: endedAt / 1000,
    duration: (endedAt - startedAt) / 1000,
    exitCode,
    broken: result.status === 'rejected',
    ...record,
  };
  // What an undo put back is no success of what cleans up.
  const success = succeeded && !record.undone ? facts.endedAt : undefined;
  if (address !== undefined)
    await pushMetrics(address, metricsText({ ...facts, lastSuccess: success }), context).catch((error: unknown) =>
      say(io, `warning: the metrics could not be pushed to ${address}: ${(error as Error).message}`),
    );
  const [saved] = await Promise.allSettled([file === undefined ? undefined : saveMetrics(file, facts, success)]);
  if (result.status === 'rejected') throw result.reason;
  if (saved.status === 'rejected') throw saved.reason;
  return result.value;
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
