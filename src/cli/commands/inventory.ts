import { Command, Option } from 'commander';
import type { InventoryOptions } from '../../run/inventory.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import {
  caFileOption,
  cacheDirOption,
  concurrencyOption,
  noCacheOption,
  plainHttpOption,
  rateOption,
  registryOption,
} from '../shared-options.ts';

/** `inventory`: what is there, as a document. */
export function inventoryCommand(context: CommandContext): Command {
  return new Command('inventory')
    .summary('what is there, as a document that prune --inventory reads')
    .description(
      'Reads repositories and writes what is there, changing nothing.\n\n' +
        examples(context.io.program, [
          ['one repository', 'inventory registry.example.com/team/app --out app.json'],
          ['a large registry, a repository a line', 'inventory registry.example.com --out all.jsonl'],
        ]),
    )
    .argument('[registry/repo...]', 'repositories (globs too) or whole registries; without any: every registry of the config')
    .addOption(registryOption())
    .addOption(concurrencyOption())
    .addOption(plainHttpOption())
    .addOption(caFileOption())
    .addOption(rateOption())
    .addOption(cacheDirOption())
    .addOption(noCacheOption())
    .addOption(
      new Option('-o, --output <format>', 'how the answer is written; jsonl is a repository a line')
        .choices(['json', 'jsonl', 'yaml'])
        .default(undefined, 'json, or what --out ends in'),
    )
    .option('--out <file>', 'write the answer to a file instead of stdout')
    .action(async (targets: string[], _options, self: Command) => {
      const { inventory } = await import('../../run/inventory.ts');
      context.end(await inventory(targets, self.optsWithGlobals<InventoryOptions>(), context));
    });
}
