import { Command } from 'commander';
import type { ExplainOptions } from '../../run/explain.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { addPolicyOptions, addSourceOptions, outOption, outputOption } from '../shared-options.ts';

/** `explain`: the whole trace of one image. */
export function explainCommand(context: CommandContext): Command {
  const command = new Command('explain')
    .summary('why one image stays or goes')
    .description(
      'Shows how one image is decided: policy, rule, group, rank, times, what holds it.\n\n' +
        examples(context.io.program, [
          ['by its tag', 'explain registry.example.com/team/app:v1.2.3 -p policies/nightly.yaml'],
          ['offline, by its digest', 'explain prod/team/app@sha256:4bf5… --inventory inventory.json -p policies/nightly.yaml'],
        ]),
    )
    .argument('<image>', 'registry/repo:tag or registry/repo@digest');
  addPolicyOptions(command);
  addSourceOptions(command);
  return command
    .optionsGroup('What is written:')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(outOption())
    .action(async (image: string, _options, self: Command) => {
      const { explain } = await import('../../run/explain.ts');
      context.end(await explain(image, self.optsWithGlobals<ExplainOptions>(), context));
    });
}
