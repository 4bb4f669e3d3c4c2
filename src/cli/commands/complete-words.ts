import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { wordsFor } from '../complete-words.ts';

/** `complete-words`: what the scripts of `completion` ask; not shown in the help. */
export function completeWordsCommand(context: CommandContext): Command {
  return new Command('complete-words').argument('[word...]').action(async (words: string[], _options, self: Command) => {
    const { knownNames } = await import('../../run/known-names.ts');
    const found = wordsFor(self.parent as Command, words, await knownNames(context));
    context.io.stdout.write(found.map((word) => `${word}\n`).join(''));
  });
}
