import { printable } from '../diagnostics/redact.ts';
import { codeSpan } from './code-span.ts';
import { number } from './text.ts';

/**
 * The longest answer, in UTF-16 code units. A comment on GitHub takes 65,536 characters; a step summary (1 MiB) and a note on GitLab
 * (1,000,000) take more. Some is left for what a pipeline writes around it.
 */
export const LONGEST = 60_000;
/** As much of it may go to a list. */
const LIST = LONGEST / 8;
const LISTED = 50;

/** The first lines that have room. */
export function fitting(lines: readonly string[], room: number): readonly string[] {
  let left = room;
  const end = lines.findIndex((line) => (left -= line.length + 1) < 0);
  return end < 0 ? lines : lines.slice(0, end);
}

/** Characters that lines take, with their ends. */
export function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** A list under its title, as far as there is room; nothing where there is nothing in it. */
export function bulletList(title: string, entries: readonly string[]): string[] {
  if (entries.length === 0) return [];
  const shown = fitting(
    entries.slice(0, LISTED).map((line) => `- ${codeSpan(line)}`),
    LIST,
  );
  const left = entries.length - shown.length;
  return [title, '', ...shown, ...(left > 0 ? [`- … and ${number(left)} more; see the JSON document.`] : []), ''];
}

/** Lines that are folded away under a title. */
export function foldedLines(title: string, lines: readonly string[]): string[] {
  return [`<details><summary><code>${html(printable(title))}</code></summary>`, '', ...lines, '', '</details>', ''];
}

function html(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
