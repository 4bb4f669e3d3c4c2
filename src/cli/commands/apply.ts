import { Command } from 'commander';
import type { ApplyOptions } from '../../run/apply.ts';
import { PLAN_FORMS } from '../../run/plan-forms.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { commandsAfterApply } from '../next-commands.ts';
import { duration } from '../option-values.ts';
import {
  addMetricsOptions,
  caFileOption,
  concurrencyOption,
  inUseOption,
  outOption,
  outputOption,
  plainHttpOption,
  rateOption,
  registryOption,
} from '../shared-options.ts';

/** `apply`: carry out a saved plan. */
export function applyCommand(context: CommandContext): Command {
  const command = new Command('apply')
    .summary('carry out a saved plan')
    .description(
      'Carries out a plan that "prune --plan-out" has saved. Each step is checked against the registry as it is now, ' +
        'and what has changed since is left alone. ' +
        'A plan is refused if it is older than a day, or if its policy files are missing or have changed since.\n\n' +
        examples(context.io.program, [['only if the plan is of today', 'apply plan.json --max-age 24h']]),
    )
    .argument('<plan>', 'the saved plan')
    .option('--yes', 'at a terminal, do not ask before it is carried out')
    .option('--max-age <time>', 'refuse a plan that is older (default: 24h)', duration)
    .option('--allow-changed-policy', 'carry it out although a policy file has changed since, or is not here')
    .option('--max-duration <time>', 'end the run after so long, such as 30m: no deletion is begun after it', duration)
    .addOption(registryOption())
    .addOption(inUseOption())
    .addOption(concurrencyOption())
    .addOption(rateOption())
    .addOption(plainHttpOption())
    .addOption(caFileOption())
    .addOption(outputOption(...PLAN_FORMS))
    .addOption(outOption());
  return addMetricsOptions(command).action(async (plan: string, _options, self: Command) => {
    const { apply } = await import('../../run/apply.ts');
    const given = self.optsWithGlobals<ApplyOptions>();
    context.end(await apply(plan, given, context, commandsAfterApply(given, context)));
  });
}
