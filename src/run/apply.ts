import { resolve } from 'node:path';
import { checkFresh, readPlanFile } from '../documents/plan-file.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { applyText } from '../report/apply-text.ts';
import { toJson } from '../report/json.ts';
import { planTable } from '../report/table.ts';
import { toYaml } from '../report/yaml.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Context } from './context.ts';
import { carryOut, type CarryOutOptions, exitCodeOfApply } from './carry-out.ts';
import { checkJournalFolder } from './journal-folder.ts';
import { openDocumentRegistries } from './document-registries.ts';
import { readInUse } from './in-use.ts';
import { checkKnown } from './in-use-now.ts';
import { checkInUseSources } from './in-use-source-names.ts';
import type { NextCommands } from './next-commands.ts';
import { styleOf } from './plan-output.ts';
import { startRunTime } from './run-time.ts';
import { type ChangedPolicyOptions, checkPoliciesUnchanged } from './unchanged-policies.ts';

export interface ApplyOptions extends CarryOutOptions, ChangedPolicyOptions {
  readonly registry?: readonly string[];
  /** Files that name what is in use. */
  readonly inUse?: readonly string[];
  /** Milliseconds. */
  readonly maxAge?: number;
  readonly concurrency?: string;
  readonly rate?: string;
  readonly output: 'table' | 'json' | 'yaml';
}

/** `apply`: carries out a saved plan, as far as it still holds. Answers the exit code. */
export async function apply(file: string, options: ApplyOptions, context: Context, next: NextCommands): Promise<number> {
  const { io } = context;
  const startedAt = io.now();
  const plan = await readPlanFile(resolve(io.cwd, file));
  checkFresh(plan, { now: startedAt, ...(options.maxAge !== undefined && { maxAge: options.maxAge }) });
  await checkPoliciesUnchanged(plan, options, io);
  const urls = new Map(
    plan.repositories.flatMap(({ registry, url, steps }) => (steps.length > 0 && url !== undefined ? [[registry, url] as const] : [])),
  );
  const time = startRunTime(io, options.maxDuration);
  const place = await openDocumentRegistries(urls, options, context, time.signal);
  try {
    await checkJournalFolder(place.settings);
    checkInUseSources(plan, place.settings.inUse);
    const again = (): Promise<InUse> => readInUse(place, context, time.signal);
    const readAt = io.now();
    const inUse = { inUse: await again(), readAt, again };
    checkKnown(inUse.inUse);
    const style = styleOf(io, options);
    if (options.output === 'table' && options.verbose) io.stdout.write(`${planTable(plan, { style })}\n`);
    const report = await carryOut(
      { plan, registries: place.byName, cached: place.cached, settings: place.settings, startedAt, inUse },
      options,
      context,
    );
    if (!report) return EXIT.failed;
    const undoCommand = report.journal === undefined ? undefined : next.undo(report.journal, options.registry ?? []);
    const text = { json: toJson, yaml: toYaml, table: () => applyText(report, { style, verbose: options.verbose ?? false, undoCommand }) }[
      options.output
    ](report);
    io.stdout.write(text);
    return exitCodeOfApply(report, context);
  } finally {
    time.release();
    await place.close();
  }
}
