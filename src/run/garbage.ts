import type { ApplyReport } from '../apply/apply-report.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { GarbageCollection, Registry } from '../registry/registry.ts';
import { bytes } from '../report/text.ts';
import { say } from './io.ts';
import type { Context, GlobalOptions } from './context.ts';
import { startProgress } from './progress.ts';

export interface GarbageOptions extends GlobalOptions {
  /** Whether to wait until it is done. */
  readonly wait?: boolean;
}

/**
 * Starts the garbage collection of each registry in which something was deleted, and says what came of it. Answers the failures. A registry
 * that does not allow it is not a failure.
 */
export async function collectGarbage(
  report: ApplyReport,
  registries: ReadonlyMap<string, Registry>,
  options: GarbageOptions,
  context: Context,
): Promise<ToolError[]> {
  const { io } = context;
  const emptied = new Set(report.repositories.flatMap(({ registry, counts }) => (counts.deleted > 0 ? [registry] : [])));
  const errors: ToolError[] = [];
  for (const name of emptied) {
    const registry = registries.get(name);
    if (!registry || io.signal.aborted) continue;
    if (!registry.collectGarbage) {
      say(io, `${name}: its garbage collection cannot be started from here.`);
      continue;
    }
    const progress = await startProgress(context, options);
    progress.show(`${name}: garbage collection`);
    try {
      const result = await registry.collectGarbage({ wait: options.wait ?? false, signal: io.signal });
      progress.stop();
      if (result.state === 'failed')
        errors.push(
          new ToolError('REGISTRY_ERROR', result.message, {
            hint: 'The images are deleted all the same; a later garbage collection frees their space.',
          }),
        );
      else say(io, `${name}: ${outcome(result)}`);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      errors.push(error);
    } finally {
      progress.stop();
    }
  }
  return errors;
}

function outcome(result: Exclude<GarbageCollection, { state: 'failed' }>): string {
  if (result.state === 'refused') return result.message;
  if (result.state === 'started') return `garbage collection started.${result.next === undefined ? '' : ` ${result.next}`}`;
  const freed = result.freed === undefined ? 'finished' : `freed ${bytes(result.freed)}`;
  return `garbage collection ${freed}. What was pushed in the last hours is left for a later one.`;
}
