import { hiddenParts } from './hidden-text.ts';
import { lineText, type Source } from './source.ts';

/** Longer lines are machine-made: no frame helps there, and what is secret in them cannot be told. */
const LONGEST_LINE = 2000;
/** Characters of a line that are shown. */
const WIDTH = 120;

/**
 * A source line with what is meant underlined (`^~~`), as
 *
 * ```
 *   5 |     kep: {last: 10}
 *     |     ^~~
 * ```
 *
 * Columns count from 1, the end exclusive. Control characters cannot reach the terminal, nor passwords the reader. Empty for a line
 * that is too long to be shown.
 */
export function codeFrame(source: Source, line: number, column: number, endColumn: number): string {
  const text = lineText(source, line);
  if (text.length > LONGEST_LINE) return '';
  const cells = cellsOf(text, hiddenParts(source, line));
  const widthOf = (from: number, to: number): number => [...cells.slice(from, to).join('')].length;
  const start = widthOf(0, column - 1);
  const length = Math.max(1, widthOf(column - 1, endColumn - 1));
  const characters = [...cells.join('').trimEnd()];
  const left = characters.length <= WIDTH ? 0 : Math.max(0, Math.min(start - WIDTH / 2, characters.length - WIDTH));
  const shown = characters.slice(left, left + WIDTH).join('');
  const before = left > 0 ? '…' : '';
  const after = left + WIDTH < characters.length ? '…' : '';
  const underline = `^${'~'.repeat(Math.min(length, WIDTH - (start - left)) - 1)}`;
  const number = String(line);
  const margin = ' '.repeat(number.length);
  return `  ${number} | ${before}${shown}${after}\n  ${margin} | ${' '.repeat(before.length + start - left)}${underline}`;
}

/** What is shown for each UTF-16 code unit of a line. */
function cellsOf(text: string, hidden: readonly (readonly [number, number])[]): string[] {
  const cells: string[] = [];
  for (const character of text) {
    const [first, ...rest] = character;
    cells.push(first === '\t' ? ' ' : /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character) ? '\u00b7' : character);
    // The second half of a surrogate pair takes no room of its own.
    for (let extra = rest.length + 1; extra < character.length; extra++) cells.push('');
  }
  // The length of a secret is nobody's business either.
  for (const [start, end] of hidden) for (let at = start; at < end; at++) cells[at] = at < start + 3 ? '*' : '';
  return cells;
}
