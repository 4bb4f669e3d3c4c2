import { Command } from 'commander';
import { examples } from '../help.ts';
import { duration } from '../option-values.ts';
import { concurrencyOption, type Context, type GlobalOptions, outputOption, registryOption } from '../options.ts';

export interface ApplyOptions extends GlobalOptions {
  readonly yes?: boolean;
  readonly registry?: readonly string[];
  /** Milliseconds. */
  readonly maxAge?: number;
  readonly allowChangedPolicy?: boolean;
  /** Milliseconds. */
  readonly maxDuration?: number;
  readonly concurrency?: string;
  readonly output: 'table' | 'json' | 'yaml';
}

/** `apply`: carry out a saved plan. */
export function applyCommand(context: Context): Command {
  return new Command('apply')
    .summary('carry out a saved plan')
    .description(
      'Carries out a plan that "prune --plan-out" has saved. Each step is checked against the registry as it is now: what has moved since is left alone. ' +
        'Refused is a plan that is older than a day, and one whose policy files are not here any more or say something else than when it was made.\n\n' +
        examples(context.io.program, [['only if the plan is of today', 'apply plan.json --max-age 24h']]),
    )
    .argument('<plan>', 'the saved plan')
    .option('--yes', 'at a terminal, do not ask before it is carried out')
    .option('--max-age <time>', 'refuse a plan that is older (default: 24h)', duration)
    .option('--allow-changed-policy', 'carry it out although a policy file has changed since, or is not here')
    .option('--max-duration <time>', 'begin no deletion after so long, such as 30m', duration)
    .addOption(registryOption())
    .addOption(concurrencyOption())
    .addOption(outputOption('table', 'json', 'yaml'))
    .action(async (plan: string, _options, self: Command) => {
      const { apply } = await import('../../run/apply.ts');
      context.end(await apply(plan, self.optsWithGlobals<ApplyOptions>(), context));
    });
}
