import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { nothingRead } from '../plan/unread.ts';
import type { Forecast } from '../forecast/forecast.ts';
import { forecast as forecastOf, type ForecastRepository } from '../forecast/make-forecast.ts';
import { forecastHtml } from '../report/forecast-html.ts';
import { forecastMarkdown } from '../report/forecast-markdown.ts';
import { forecastText } from '../report/forecast-text.ts';
import { toJson } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import type { Context } from './context.ts';
import { exitCodeAfter, tellErrors } from './failures.ts';
import type { ForecastForm } from './forecast-forms.ts';
import { type Io, showsUnicode, widthOf } from './io.ts';
import { checkOutputFiles, type Output, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './style-of.ts';
import { type Planning, type PlanningOptions, withPlan } from './planning.ts';
import { startProgress } from './progress.ts';

export interface ForecastOptions extends PlanningOptions, OutputOptions<ForecastForm> {
  readonly days: number;
}

/** `forecast`: what becomes of repositories in the next days. Answers the exit code. */
export async function forecast(words: readonly string[], options: ForecastOptions, context: Context): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const repositories: ForecastRepository[] = [];
  return withPlan(
    words,
    options,
    context,
    async (planning) => {
      const { plan, failures } = planning;
      const errors = failures.map(({ error }) => error);
      if (nothingRead(plan)) {
        tellErrors(failures, context);
        return exitCodeAfter(EXIT.done, errors, EXIT.notApplyable);
      }
      const document = await simulate(repositories, planning, options, context);
      await writeOutputs(io, outputs, (output) => answer(document, output, options, io));
      tellErrors(failures, context);
      return exitCodeAfter(EXIT.done, errors, EXIT.partial);
    },
    ({ inventory, wasRead }) => repositories.push({ inventory, wasRead }),
  );
}

/** An inventory from a file tells nothing of the time since it was taken, so that the forecast begins then, if not told otherwise. */
async function simulate(
  repositories: readonly ForecastRepository[],
  { plan, by, takenAt }: Planning,
  options: ForecastOptions,
  context: Context,
): Promise<Forecast> {
  const { days } = options;
  const now = options.now === undefined ? (takenAt ?? by.now) : by.now;
  const progress = await startProgress(context, options);
  try {
    const run = forecastOf(repositories, { ...by, now }, days, plan.unread);
    for (let day = 1; ; day += 1) {
      progress.show(`planning day ${Math.min(day, days)} of ${days}`);
      // Signals are heard, and the line is shown, between two days.
      await setImmediate();
      context.io.signal.throwIfAborted();
      const next = run.next();
      if (next.done) return next.value;
    }
  } finally {
    progress.stop();
  }
}

function answer(document: Forecast, { form, file }: Output<ForecastForm>, options: ForecastOptions, io: Io): string {
  switch (form) {
    case 'json':
      return toJson(document);
    case 'yaml':
      return toYaml(document);
    case 'markdown':
      return forecastMarkdown(document);
    case 'html':
      return forecastHtml(document, (text) => createHash('sha256').update(text).digest('base64'));
    case 'table':
      return forecastText(document, {
        style: file === undefined ? styleOf(io, options) : PLAIN,
        columns: file === undefined ? widthOf(io.stdout) : undefined,
        verbose: options.verbose,
        unicode: file !== undefined || showsUnicode(io, io.stdout),
      });
  }
}
