import { Argument, Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { completionScript, type Shell, SHELLS } from '../completion.ts';
import { examples } from '../help.ts';

/** `completion`: a script for a shell. */
export function completionCommand(context: CommandContext): Command {
  const { program } = context.io;
  return new Command('completion')
    .summary('print what completes commands, options and names of the config in a shell')
    .description(
      'Prints a script for a shell.\n\n' +
        examples(program, [
          ['bash, in ~/.bashrc: source <(…)', 'completion bash'],
          ['zsh, into a folder of $fpath', `completion zsh > _${program}`],
          ['fish', `completion fish > ~/.config/fish/completions/${program}.fish`],
        ]),
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => {
      context.io.stdout.write(completionScript(shell, program));
    });
}
