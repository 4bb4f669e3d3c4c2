import { Command } from 'commander';
import type { UndoOptions } from '../../run/undo.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import {
  addMetricsOptions,
  caFileOption,
  concurrencyOption,
  outOption,
  outputOption,
  plainHttpOption,
  rateOption,
  registryOption,
} from '../shared-options.ts';

/** `undo`: put back what a run deleted. */
export function undoCommand(context: CommandContext): Command {
  const command = new Command('undo')
    .summary('put back what a run deleted')
    .description(
      'Puts back, byte for byte, the manifests and tags that a run deleted, from the journal that the run named when it ended. ' +
        'That works as long as the registry still has the layers, until its garbage collection has run.\n\n' +
        examples(context.io.program, [['put it all back', 'undo ~/.local/state/regprune/2026-11-24T03-10-00Z.jsonl']]),
    )
    .argument('<journal>', 'the journal of the run')
    .option('--yes', 'at a terminal, do not ask before anything is put back')
    .addOption(registryOption())
    .addOption(concurrencyOption())
    .addOption(plainHttpOption())
    .addOption(caFileOption())
    .addOption(rateOption())
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(outOption());
  return addMetricsOptions(command).action(async (journal: string, _options, self: Command) => {
    const { undo } = await import('../../run/undo.ts');
    context.end(await undo(journal, self.optsWithGlobals<UndoOptions>(), context));
  });
}
