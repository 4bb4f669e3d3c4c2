import stringWidth from 'string-width';

/** Columns that a text takes in a terminal: two for a Chinese character or an emoji, none for what combines with the one before. */
export function width(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}

/** Cut to `columns`, with an ellipsis in place of the end that is missing. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  return columns < 1 ? '' : `${beginning(charactersOf(text), columns - 1).trimEnd()}…`;
}

/** Cut to `columns`, with an ellipsis in place of the middle: names of builds differ at their ends. */
export function fitMiddle(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns < 3) return fit(text, columns);
  const characters = charactersOf(text);
  const end = Math.floor((columns - 1) / 2);
  const start = beginning(characters, columns - 1 - end);
  return `${start}…${beginning(characters.toReversed(), end, (character, all) => character + all)}`;
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a reader takes for one character each: an emoji of several code points is not cut in two. */
function charactersOf(text: string): string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** As many of the characters as there is room for. */
function beginning(characters: readonly string[], columns: number, join = (character: string, all: string) => all + character): string {
  let text = '';
  let left = columns;
  for (const character of characters) {
    left -= width(character);
    if (left < 0) break;
    text = join(character, text);
  }
  return text;
}

/** Words with commas between them, in lines of at most so many columns; a word that is longer takes a line of its own. */
export function wrap(words: readonly string[], columns: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  words.forEach((word, index) => {
    const piece = index === words.length - 1 ? word : `${word},`;
    if (line !== '' && width(indent) + width(line) + 1 + width(piece) > columns) {
      lines.push(indent + line);
      line = '';
    }
    line += line === '' ? piece : ` ${piece}`;
  });
  return line === '' ? lines : [...lines, indent + line];
}

/** Filled up with spaces behind. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Filled up with spaces before. */
export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - width(text))) + text;
}
