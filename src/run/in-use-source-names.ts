import { basename } from 'node:path';
import type { InUseSource } from '../config/config.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * The names by which a plan tells its in-use sources: without folders, so that they are the same on every machine. Of several sources with
 * one name, such as files in two folders or two accounts in one region, each further one is numbered: none stands for another.
 */
export function inUseSourceNames(sources: readonly InUseSource[]): string[] {
  const distinct = new Map(sources.map((source) => [JSON.stringify(source), nameOf(source)]));
  const seen = new Map<string, number>();
  return [...distinct.values()].map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

/** Checks that every source that a saved plan was made with is given again. Throws `NOT_APPLYABLE`. */
export function checkInUseSources({ inUse = [] }: Pick<Plan, 'inUse'>, sources: readonly InUseSource[]): void {
  const given = inUseSourceNames(sources);
  const missing = inUse.filter((name) => !given.includes(name));
  if (missing.length === 0) return;
  throw new ToolError('NOT_APPLYABLE', `the plan was made with sources of what is in use that are not given here: ${missing.join(', ')}`, {
    hint: 'nothing was changed. Give the same sources, with --in-use or "inUse" in the config, or make a new plan',
  });
}

function nameOf(source: InUseSource): string {
  if ('file' in source) return `file ${basename(source.file)}`;
  if ('command' in source) return `command ${basename(source.command[0] ?? '')}`;
  if ('kubernetes' in source) return ['kubernetes', ...(source.kubernetes.contexts ?? [])].join(' ');
  const kind = 'ecs' in source ? 'ecs' : 'lambda';
  const { regions = [] } = 'ecs' in source ? source.ecs : source.lambda;
  return [kind, ...regions].join(' ');
}
