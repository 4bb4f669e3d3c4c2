import { Command } from 'commander';
import { PLAN_FORMS } from '../../run/plan-forms.ts';
import type { ShowOptions } from '../../run/show.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { outOption, outputOption } from '../shared-options.ts';

/** `show`: a saved document again. */
export function showCommand(context: CommandContext): Command {
  return new Command('show')
    .summary('a saved plan or a journal again, in any form')
    .description(
      'Shows what "prune --plan-out" has saved, what "prune --apply -o json" has written, or the journal of a run. Reads no registry.\n\n' +
        examples(context.io.program, [
          ['the plan for the people who have to say yes', 'show plan.json'],
          ['the plans of several shards as one report', 'show shard-1.json shard-2.json -o markdown=plan.md'],
          ['every reference that a run deleted', 'show ~/.local/state/regprune/<journal>.jsonl -o name'],
        ]),
    )
    .argument('<plan|journal...>', 'saved plans, which are shown as one, or one journal')
    .addOption(outputOption(...PLAN_FORMS))
    .addOption(outOption())
    .action(async (files: string[], _options, self: Command) => {
      const { show } = await import('../../run/show.ts');
      context.end(await show(files, self.optsWithGlobals<ShowOptions>(), context));
    });
}
