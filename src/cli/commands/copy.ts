import { Command } from 'commander';
import type { CopyOptions } from '../../run/copy.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { addPolicyOptions, addSourceOptions, outOption, outputOption } from '../shared-options.ts';

/** `copy`: what a policy keeps goes to another place too. */
export function copyCommand(context: CommandContext): Command {
  const command = new Command('copy')
    .summary('copy what a policy keeps to another registry or prefix, such as an edge')
    .description(
      'Copies every image that a rule selects and that stays, under its tags, with what it lists and what is attached. What is ' +
        'there already is not sent again, and nothing is deleted anywhere. A dry run unless --apply is given.\n\n' +
        examples(context.io.program, [
          ['what would go to the edge?', "copy registry.example.com/team/app --to edge.example.com/apps --tags 'v*' --keep-last 3"],
          ['what a policy keeps, in a nightly job', 'copy --registry prod --to edge -p policies/edge.yaml --move-tags --apply'],
        ]),
    )
    .argument('[registry/repo...]', 'repositories (globs too) or whole registries; without any: every registry of the config')
    .optionsGroup('What is done:')
    .requiredOption('--to <registry[/prefix]>', 'a registry of the config or a host, and what the names of the copies begin with')
    .option('--apply', 'copy')
    .option('--move-tags', 'set a tag that points elsewhere there on the image that has it here; otherwise that image is not copied');
  addPolicyOptions(command);
  addSourceOptions(command);
  return command
    .optionsGroup('What is written:')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(outOption())
    .action(async (targets: string[], _options, self: Command) => {
      const { copy } = await import('../../run/copy.ts');
      context.end(await copy(targets, self.optsWithGlobals<CopyOptions>(), context));
    });
}
