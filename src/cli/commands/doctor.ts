import { Command } from 'commander';
import type { DoctorOptions } from '../../run/doctor.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { repeated } from '../option-values.ts';
import { caFileOption, inUseOption, outOption, outputOption, plainHttpOption, registryOption } from '../shared-options.ts';

/** `doctor`: whether everything that a run needs is there. */
export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .summary('can each registry be reached, read, deleted from; what is switched off')
    .description(
      'Looks at each registry, the policies, the sources of what is in use and the folders, ' +
        'changes nothing, and says what to do next.\n\n' +
        examples(context.io.program, [
          ['everything that the config names', 'doctor'],
          ['one repository', 'doctor registry.example.com/team/app'],
          ['the first repository of a namespace', 'doctor ghcr.io/team'],
        ]),
    )
    .argument('[registry/repo...]', 'registries, or repositories to try it on; without any: every registry of the config')
    .addOption(registryOption())
    .option('-p, --policy <file>', 'a policy file; may be repeated', repeated)
    .addOption(inUseOption())
    .addOption(plainHttpOption())
    .addOption(caFileOption())
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(outOption())
    .action(async (targets: string[], _options, self: Command) => {
      const { doctor } = await import('../../run/doctor.ts');
      context.end(await doctor(targets, self.optsWithGlobals<DoctorOptions>(), context));
    });
}
