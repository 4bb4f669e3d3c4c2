import { Command } from 'commander';
import type { ForecastOptions } from '../../run/forecast.ts';
import { FORECAST_FORMS } from '../../run/forecast-forms.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { wholeNumber } from '../option-values.ts';
import { addPolicyOptions, addSourceOptions, outOption, outputOption } from '../shared-options.ts';

/** `forecast`: what becomes of repositories in the next days. */
export function forecastCommand(context: CommandContext): Command {
  const command = new Command('forecast')
    .summary('images, bytes and deletions a day for the next N days')
    .description(
      'Shows what becomes of repositories if pushes go on as in the last days and a plan is carried out once a day. ' +
        'Nothing is changed.\n\n' +
        examples(context.io.program, [
          ['the next month of a registry', 'forecast --registry registry.example.com -p policies/nightly.yaml'],
          [
            'a quarter, offline, as a page with charts',
            'forecast --inventory inventory.json -p policies/nightly.yaml --days 90 -o html=forecast.html',
          ],
        ]),
    )
    .argument('[registry/repo...]', 'repositories (globs too) or whole registries; without any: every registry of the config')
    .optionsGroup('What is done:')
    .option('--days <n>', 'how far ahead, and how far back pushes are looked at', wholeNumber(1, 366), 30)
    .option('--max-deletions <n>', 'as in each run of "prune": a plan with more images to delete is not carried out')
    .option('--at-most <n>', 'as in each run of "prune": delete N at most, the oldest first', wholeNumber(1));
  addPolicyOptions(command);
  addSourceOptions(command);
  return command
    .optionsGroup('What is written:')
    .addOption(outputOption(...FORECAST_FORMS))
    .addOption(outOption())
    .action(async (targets: string[], _options, self: Command) => {
      const { forecast } = await import('../../run/forecast.ts');
      context.end(await forecast(targets, self.optsWithGlobals<ForecastOptions>(), context));
    });
}
