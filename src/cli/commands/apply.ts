import { Command } from 'commander';
import { examples } from '../help.ts';
import { duration } from '../option-values.ts';
import { concurrencyOption, type Context, type GlobalOptions, outputOption, registryOption } from '../options.ts';

export interface ApplyOptions extends GlobalOptions {
  readonly yes?: boolean;
  readonly registry?: readonly string[];
  /** Milliseconds. */
  readonly maxAge?: number;
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
      'Carries out a plan that "prune --plan-out" has saved. Each step is checked against the registry as it is now: what has moved since is left alone.\n\n' +
        examples(context.io.program, [['only if the plan is of today', 'apply plan.json --max-age 24h']]),
    )
    .argument('<plan>', 'the saved plan')
    .option('--yes', 'at a terminal, do not ask before it is carried out')
    .option('--max-age <time>', 'refuse a plan that is older, such as 24h', duration)
    .option('--max-duration <time>', 'begin no deletion after so long, such as 30m', duration)
    .addOption(registryOption())
    .addOption(concurrencyOption())
    .addOption(outputOption('table', 'json', 'yaml'))
    .action(async (plan: string, _options, self: Command) => {
      const { apply } = await import('../run/apply.ts');
      context.end(await apply(plan, self.optsWithGlobals<ApplyOptions>(), context));
    });
}
