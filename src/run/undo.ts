import type { ConnectionFlags } from '../config/settings.ts';
import { resolve } from 'node:path';
import type { JournalDocument } from '../documents/journal.ts';
import { readJournal } from '../documents/read-journal.ts';
import { RestoredTimes } from '../documents/restored-times.ts';
import { undoJournal, undoWork } from '../apply/undo.ts';
import type { UndoReport } from '../apply/undo-report.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { printable } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { jsonParts } from '../report/json.ts';
import { undoText, undoWorkText } from '../report/undo-text.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import { begunBy, withFinishingRuns } from '../apply/finishing-runs.ts';
import { confirm, isAsked } from './confirm.ts';
import { freeMemoryBefore } from './free-memory.ts';
import { NOTHING_CHANGED, say } from './io.ts';
import type { Context } from './context.ts';
import { measured, type MetricsOptions, resultWith, type RunResult } from './measured.ts';
import { startProgress } from './progress.ts';
import { stoppedBy } from './stop.ts';
import { openDocumentRegistries } from './document-registries.ts';
import { checkOutputFiles, type Output, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { packLists } from './pack-lists.ts';
import { styleOf } from './style-of.ts';

type UndoForm = 'table' | 'json' | 'yaml';

export interface UndoOptions extends ConnectionFlags, MetricsOptions, OutputOptions<UndoForm> {
  readonly yes?: boolean;
  readonly registry?: readonly string[];
  readonly concurrency?: string;
  readonly rate?: string;
}

/** `undo`: puts back what a run deleted, as far as the registry still has the parts. Answers the exit code. */
export async function undo(file: string, options: UndoOptions, context: Context): Promise<number> {
  return measured('undo', options, context, () => undoAll(file, options, context));
}

async function undoAll(file: string, options: UndoOptions, context: Context): Promise<RunResult> {
  const { io } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const path = resolve(io.cwd, file);
  const own = await readJournal(path);
  try {
    return await undoJournals(own, path, outputs, options, context);
  } finally {
    await own.close();
  }
}

/** What is in one journal, and what later runs deleted in its place. */
async function undoJournals(
  own: JournalDocument,
  path: string,
  outputs: readonly Output<UndoForm>[],
  options: UndoOptions,
  context: Context,
): Promise<RunResult> {
  const { io } = context;
  const { journal, finishedBy, close } = await withFinishingRuns(own, path);
  const urls = new Map(Object.entries(journal.header.registries).map(([name, { url }]) => [name, url]));
  const place = await openDocumentRegistries(urls, options, context, io.signal);
  try {
    const work = await undoWork(journal);
    if (!options.quiet || (!options.yes && io.stderr.isTTY === true)) say(io, undoWorkText(work, journal.header.createdAt, finishedBy));
    if (work.length > 0 && !options.yes && isAsked(io) && !(await confirm(io, 'Put it back?'))) {
      say(io, NOTHING_CHANGED);
      return { exitCode: EXIT.failed };
    }
    freeMemoryBefore(work.reduce((sum, { manifests, tags }) => sum + manifests + tags.length, 0));
    const { journalDir } = place.settings;
    const progress = await startProgress(context, options);
    let done = 0;
    const report = await undoJournal({
      journal,
      path,
      registries: place.byName,
      ...(journalDir !== undefined && { times: new RestoredTimes(journalDir) }),
      concurrency: place.settings.concurrency,
      pack: packLists(),
      signal: io.signal,
      changes: context.changes,
      onEvent: ({ registry, repository }) => progress.show(`putting back in ${registry}/${repository}  ${(done += 1)}`),
    }).finally(() => progress.stop());
    return await resultWith({ undone: report }, async () => {
      await writeOutputs(io, outputs, (output) => {
        const style = output.file === undefined ? styleOf(io, options) : PLAIN;
        return { json: jsonParts, yaml: toYaml, table: () => undoText(report, { style, verbose: options.verbose ?? false }) }[output.form](
          report,
        );
      });
      const begun = report.counts.lost > 0 ? await begunBy(own, path) : [];
      if (begun.length > 0)
        say(
          io,
          'hint: This run deleted what earlier ones had left. Undo those, the newest first, which puts this back too: ' +
            begun.map(printable).join(', '),
        );
      return exitCode(report, context);
    });
  } finally {
    await place.close();
    await close();
  }
}

function exitCode({ outcome, error }: UndoReport, { io }: Context): number {
  if (error) return new ToolError(error.code, error.message, { hint: error.hint }).exitCode;
  if (outcome === 'done') return EXIT.done;
  if (outcome === 'interrupted') return stoppedBy(io.signal)?.exitCode ?? EXIT.partial;
  return outcome === 'partial' ? EXIT.partial : EXIT.failed;
}
