import { ENVIRONMENT } from '../config/environment.ts';
import { EXIT_TEXTS } from '../diagnostics/exit-codes.ts';

/** Columns of the narrowest terminal that people use. */
const NARROW = 80;

/** Examples, each a line of what it does and what to copy: one line, or several that a shell reads as one. */
export function examples(program: string, list: readonly (readonly [does: string, words: string])[]): string {
  return `Examples:\n${list.map(([does, words]) => `  # ${does}\n${inLines(`${program} ${words}`)}`).join('\n\n')}`;
}

/** A command line of a shell, cut before options and pipes where it would not fit. */
function inLines(command: string): string {
  const lines = ['  '];
  for (const part of command.split(/ (?=-{1,2}[a-z]|[|>] )/)) {
    const last = lines.at(-1) as string;
    if (last.trim() === '') lines[lines.length - 1] = `${last}${part}`;
    else if (last.length + part.length + 3 <= NARROW) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(`    ${part}`);
  }
  return lines.join(' \\\n');
}

/** The end of the program's help: what the exit codes and the environment mean. `columns` are those of a terminal. */
export function helpEnd(columns = Infinity): string {
  return `\n${table('Exit codes:', EXIT_TEXTS, columns)}\n${table('Environment:', ENVIRONMENT, columns)}`;
}

function table(title: string, rows: readonly (readonly [string, string])[], columns: number): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  const lines = rows.map(([first, second]) => {
    const indent = `\n${' '.repeat(width + 4)}`;
    return `  ${first.padEnd(width)}  ${wrapWords(second.split(' '), columns - width - 4).join(indent)}\n`;
  });
  return `${title}\n${lines.join('')}`;
}

function wrapWords(words: readonly string[], columns: number): string[] {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) as string;
    if (line !== '' && line.length + word.length >= columns) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
