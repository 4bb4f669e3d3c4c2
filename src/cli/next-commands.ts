import type { NextCommands } from '../run/next-commands.ts';
import type { PruneOptions } from '../run/prune.ts';
import type { CommandContext } from './command-context.ts';
import { shellLine } from './shell.ts';

/** The command lines that may follow a `prune`. */
export function commandsAfterPrune(options: PruneOptions, context: CommandContext): NextCommands {
  const apply = applyCommand(options, context);
  return { ...commandsAfterApply(context), ...(apply && { apply }) };
}

/** The command lines that may follow an `apply`. */
export function commandsAfterApply({ io }: CommandContext): NextCommands {
  return { undo: (journal, registries) => shellLine([io.program, 'undo', journal, ...repeat('--registry', registries)]) };
}

/** Undefined if the plan is already carried out, was made as of another time, or was made from a file and not saved. */
function applyCommand({ apply, now, planOut, inventory, inUse = [] }: PruneOptions, { argv, io }: CommandContext): NextCommands['apply'] {
  if (apply || now !== undefined) return undefined;
  if (planOut !== undefined)
    return (registries) => shellLine([io.program, 'apply', planOut, ...repeat('--registry', registries), ...repeat('--in-use', inUse)]);
  if (inventory !== undefined) return undefined;
  const words = argv.filter((word) => word !== '--dry-run');
  // What stands behind "--" is not an option.
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return () => shellLine([io.program, ...words.slice(0, end), '--apply', ...words.slice(end)]);
}

function repeat(option: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [option, value]);
}
