import type { Command, Option } from 'commander';

/** Names of the config, for arguments and options that take them. */
export interface KnownNames {
  readonly registries: readonly string[];
  /** `registry/repository`. */
  readonly repositories: readonly string[];
}

/** What a shell takes as it stands: it expands everything else. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * The words that may stand in place of the last of `words`, which are those behind the program's name. Empty where a file or a text is
 * wanted.
 */
export function wordsFor(program: Command, words: readonly string[], known: KnownNames): string[] {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  let command = program;
  for (const word of before) command = command.commands.find((one) => one.name() === word) ?? command;
  const last = before.at(-1) ?? '';
  const askedBy = (word = ''): Option | undefined =>
    [...command.options, ...program.options].find((option) => (option.short === word || option.long === word) && takesValue(option));
  const asked = askedBy(last);
  const given = before.filter((word, index) => !word.startsWith('-') && !askedBy(before[index - 1])).length - depthOf(command);
  const candidates = asked
    ? valuesOf(asked, known)
    : current.startsWith('-')
      ? optionsOf(program, command)
      : argumentsOf(command, given, known);
  return candidates.filter((word) => word.startsWith(current) && PLAIN.test(word));
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function valuesOf({ long, description, argChoices }: Option, { registries }: KnownNames): readonly string[] {
  if (argChoices) return argChoices;
  if (long === '--registry') return registries;
  if (long !== '--output') return [];
  return /: ([a-z, ]+);/.exec(description)?.[1]?.split(', ') ?? [];
}

function optionsOf(program: Command, command: Command): string[] {
  return [...command.options, ...(command === program ? [] : program.options)].flatMap(({ long }) => long ?? []).concat('--help');
}

/** How many words call a command: two for `policy check`. */
function depthOf({ parent }: Command): number {
  return parent ? 1 + depthOf(parent) : 0;
}

/** What may stand behind so many arguments. */
function argumentsOf(command: Command, given: number, { registries, repositories }: KnownNames): readonly string[] {
  const shown = command.commands.map((one) => one.name()).filter((name) => name !== 'complete-words');
  if (shown.length > 0) return shown;
  const argument = command.registeredArguments[Math.min(given, command.registeredArguments.length - 1)];
  return argument?.name() === 'registry/repo' || argument?.name() === 'image' ? [...registries, ...repositories] : [];
}
