import { basename } from 'node:path';
import type { InUseSource } from '../config/config.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';

/** The names by which a plan tells its in-use sources: without folders, so that they are the same on every machine. */
export function inUseSourceNames(sources: readonly InUseSource[]): string[] {
  return [...new Set(sources.map(nameOf))];
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
