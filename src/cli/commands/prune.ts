import { Command } from 'commander';
import { PLAN_FORMS } from '../../run/plan-forms.ts';
import type { PruneOptions } from '../../run/prune.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { commandsAfterPrune } from '../next-commands.ts';
import { duration, shard, wholeNumber } from '../option-values.ts';
import { addMetricsOptions, addPolicyOptions, addSourceOptions, outOption, outputOption } from '../shared-options.ts';

/** `prune`: plan, print it, and with `--apply` carry it out. */
export function pruneCommand(context: CommandContext): Command {
  const command = new Command('prune')
    .summary('plan what goes, print it, and with --apply carry it out')
    .description(
      'Decides by policies which images stay, and shows what would go and why. A dry run unless --apply is given.\n\n' +
        examples(context.io.program, [
          ['what would go?', "prune registry.example.com/team/app --tags 'v*' --keep-last 10 --keep-days 30"],
          ['a whole registry, by a policy file, carried out', 'prune --registry registry.example.com -p policies/nightly.yaml --apply'],
          ['every registry and policy of the config, in a nightly job', 'prune --apply --metrics-file /metrics/prune.prom'],
          [
            'for review: on the screen, for a comment and as a test report',
            'prune -p policies/nightly.yaml -o table -o markdown=plan.md -o junit=report.xml',
          ],
        ]),
    )
    .argument('[registry/repo...]', 'repositories (globs too) or whole registries; without any: every registry of the config')
    .optionsGroup('What is done:')
    .option('--dry-run', 'change nothing (this is the default)')
    .option('--apply', 'carry the plan out')
    .option('--yes', 'at a terminal, do not ask before it is carried out')
    .option('--max-deletions <n>', 'refuse to carry out a plan with more images to delete')
    .option('--at-most <n>', 'delete N at most in this run, the oldest first, and leave the others for the next', wholeNumber(1))
    .option('--max-duration <time>', 'end the run after so long, planning included, such as 30m: no deletion is begun after it', duration)
    .option(
      '--shard <i/n>',
      'only the I-th of N parts of the repositories, with its part of every limit; /N in the pods of an Indexed Job',
      shard(context.io.env),
    )
    .option('--gc', 'afterwards, have the registry free the space, where it can be told to')
    .option('--wait', 'with --gc: until it is done, and say how much was freed');
  addPolicyOptions(command);
  addSourceOptions(command);
  command
    .optionsGroup('What is written:')
    .addOption(outputOption(...PLAN_FORMS))
    .addOption(outOption())
    .option('--plan-out <file>', 'save the plan, for "apply"')
    .option('--detailed-exitcode', 'exit 2 if deletions are planned');
  return addMetricsOptions(command).action(async (targets: string[], _options, self: Command) => {
    const { prune } = await import('../../run/prune.ts');
    const options = self.optsWithGlobals<PruneOptions>();
    context.end(await prune(targets, options, context, commandsAfterPrune(options, context)));
  });
}
