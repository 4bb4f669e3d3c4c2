/** A word of a command line, and where it stands in the text. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The quote of a text in quotes: `\"`. */
const INNER = '\\';

/**
 * The words of a command from a place of a text to its end: an operator, a line that neither ends in `\` nor is followed by one with
 * options (as in a folded text of YAML), or the quote that the whole command stands in.
 */
export function shellWords(text: string, from: number): Word[] {
  const words: Word[] = [];
  const outer = quoteAround(text, from);
  let word: string | undefined;
  let quote: string | undefined;
  let start = from;
  const add = (at: number, characters: string): void => {
    if (word === undefined) [word, start] = ['', at];
    word += characters;
  };
  const end = (at: number): void => {
    if (word !== undefined) words.push({ text: word, start, end: at });
    word = undefined;
  };
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === INNER && next === outer) {
      add(at++, '');
      quote = quote === undefined ? INNER : undefined;
    } else if (quote !== undefined && character === quote) quote = undefined;
    else if (quote === '"' && character === '\\' && /["\\$`]/.test(next)) add(at++, next);
    else if (quote !== undefined) add(at, character);
    else if (character === outer || /[;&|]/.test(character))
      return [...words, ...(word === undefined ? [] : [{ text: word, start, end: at }])];
    else if (character === '"' || character === "'") {
      add(at, '');
      quote = character;
    } else if (character === '\\' && /[\r\n]/.test(next)) {
      end(at);
      at += next === '\r' ? 2 : 1;
    } else if (character === '\\') add(at++, next);
    else if (character === '\n' && outer === undefined && !/^[ \t]*--?[a-zA-Z]/.test(text.slice(at + 1, at + 200))) break;
    else if (/\s/.test(character)) end(at);
    else add(at, character);
  }
  end(text.length);
  return words;
}

/** The quote that a command stands in on its line; undefined where it stands in none. */
function quoteAround(text: string, from: number): string | undefined {
  let open: string | undefined;
  for (const character of text.slice(text.lastIndexOf('\n', from - 1) + 1, from)) {
    if (character === open) open = undefined;
    else if (open === undefined && (character === '"' || character === "'")) open = character;
  }
  return open;
}
