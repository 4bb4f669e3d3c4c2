import type { ConnectionFlags } from '../config/settings.ts';
import type { NextCommands } from '../run/next-commands.ts';
import type { PruneOptions } from '../run/prune.ts';
import type { CommandContext } from './command-context.ts';
import { shellLine } from './shell.ts';

/** The command lines that may follow a `prune`. */
export function commandsAfterPrune(options: PruneOptions, context: CommandContext): NextCommands {
  const apply = applyCommand(options, context);
  return { ...commandsAfterApply(options, context), ...(apply && { apply }) };
}

/** The command lines that may follow an `apply`. */
export function commandsAfterApply(options: ConnectionFlags, { io }: CommandContext): NextCommands {
  return {
    undo: (journal, registries) => shellLine([io.program, 'undo', journal, ...repeat('--registry', registries), ...connection(options)]),
  };
}

/** The flags that say how registries are reached: what comes next reaches them in the same way. */
export function connection({ plainHttp, caFile }: ConnectionFlags): string[] {
  return [...(plainHttp ? ['--plain-http'] : []), ...(caFile === undefined ? [] : ['--ca-file', caFile])];
}

/** Undefined if the plan is already carried out, was made as of another time, or was made from a file and not saved. */
function applyCommand(options: PruneOptions, { argv, io }: CommandContext): NextCommands['apply'] {
  const { apply, now, planOut, inventory, inUse = [] } = options;
  if (apply || now !== undefined) return undefined;
  if (planOut !== undefined)
    return (registries) =>
      shellLine([io.program, 'apply', planOut, ...repeat('--registry', registries), ...repeat('--in-use', inUse), ...connection(options)]);
  if (inventory !== undefined) return undefined;
  const words = argv.filter((word) => word !== '--dry-run');
  // What stands behind "--" is not an option.
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return () => shellLine([io.program, ...words.slice(0, end), '--apply', ...words.slice(end)]);
}

function repeat(option: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [option, value]);
}
