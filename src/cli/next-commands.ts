import type { NextCommands, PruneOptions } from '../run/prune.ts';
import type { CommandContext } from './command-context.ts';
import { shellLine } from './shell.ts';

/** The command lines that may follow a `prune`. */
export function nextCommands(options: PruneOptions, context: CommandContext): NextCommands {
  const apply = applyCommand(options, context);
  return { ...(apply !== undefined && { apply }) };
}

/**
 * The command line that carries out the plan that is shown. Undefined if there is none, because the plan is already carried out, was made
 * as of another time, or was made from a file and not saved.
 */
function applyCommand({ apply, now, planOut, inventory, inUse = [] }: PruneOptions, { argv, io }: CommandContext): string | undefined {
  if (apply || now !== undefined) return undefined;
  if (planOut !== undefined) return shellLine([io.program, 'apply', planOut, ...inUse.flatMap((file) => ['--in-use', file])]);
  if (inventory !== undefined) return undefined;
  return shellLine([io.program, ...argv.filter((word) => word !== '--dry-run'), '--apply']);
}
