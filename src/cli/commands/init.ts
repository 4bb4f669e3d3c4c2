import { Command } from 'commander';
import type { InitOptions } from '../../run/init.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { connection } from '../next-commands.ts';
import { caFileOption, plainHttpOption, registryOption } from '../shared-options.ts';
import { shellLine } from '../shell.ts';

/** `init`: a first policy from what is there. */
export function initCommand(context: CommandContext): Command {
  const { program } = context.io;
  return new Command('init')
    .summary('write a first policy from what is there, and show what it would do')
    .description(
      'Reads repositories, recognises how their tags are made (versions, branch builds, dates, numbers, commits), writes a policy with a ' +
        'rule for each, and shows its plan. Deletes nothing.\n\n' +
        examples(program, [
          ['from one repository', 'init registry.example.com/team/app'],
          ['from a saved inventory', 'init --inventory inventory.json --out policies/first.yaml'],
        ]),
    )
    .argument('[registry/repo...]', 'repositories (globs too) or whole registries; without any: every registry of the config')
    .addOption(registryOption())
    .option('--inventory <file>', 'what is there, as "inventory" has written it')
    .addOption(plainHttpOption())
    .addOption(caFileOption())
    .option('--out <file>', 'the policy file, - is stdout (default: policy.yaml)')
    .action(async (targets: string[], _options, self: Command) => {
      const { init } = await import('../../run/init.ts');
      const options = self.optsWithGlobals<InitOptions>();
      const { inventory, registry = [] } = options;
      const read = [...targets, ...registry.flatMap((name) => ['--registry', name]), ...connection(options)];
      const from = inventory === undefined ? read : ['--inventory', inventory];
      context.end(await init(targets, options, context, (policy) => shellLine([program, 'prune', ...from, '-p', policy])));
    });
}
