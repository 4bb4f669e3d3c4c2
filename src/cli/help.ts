import { ENVIRONMENT } from '../config/environment.ts';
import { EXIT_TEXTS } from '../diagnostics/exit-codes.ts';

/** Examples, each a line of what it does and a line to copy. */
export function examples(program: string, list: readonly (readonly [does: string, words: string])[]): string {
  return `Examples:\n${list.map(([does, words]) => `  # ${does}\n  ${program} ${words}`).join('\n\n')}`;
}

/** The end of the program's help: what the exit codes and the environment mean. */
export function helpEnd(): string {
  return `\n${table('Exit codes:', EXIT_TEXTS)}\n${table('Environment:', ENVIRONMENT)}`;
}

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  return `${title}\n${rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}\n`).join('')}`;
}
