/** A part of a text that encodes another text. */
export interface EncodedRun {
  /** What it encodes. */
  readonly text: string;
  /** Where in the original the character of that number begins: a fraction where it shares a symbol with the one before it. */
  readonly place: (at: number) => number;
}

/**
 * What base64 (both alphabets) and hexadecimal digits of ASCII characters look like: the first bit of each byte is 0, so that not every
 * symbol may stand everywhere. Digests, names and other text break that rule within a few characters.
 */
const BASE64_PLACES = [/[A-Za-f]/, /[A-HQ-Xg-nw-z0-3]/, /[ABEFIJMNQRUVYZcdghklopstwx014589]/, /[\w+/-]/];
const HEX_PLACES = [/[2-7]/, /[\da-fA-F]/];
const [B0, B1, B2, B3, H0, H1] = [...BASE64_PLACES, ...HEX_PLACES].map(({ source }) => source);
/** Twenty characters and more, whatever stands before and behind them. */
const BASE64 = new RegExp(`(?:${B0}${B1}${B2}${B3}){6,}(?:${B0}${B1}(?:${B2})?)?`, 'g');
const HEX = new RegExp(`(?:${H0}${H1}){20,}`, 'g');
const PERCENT_CODE = /%[\da-fA-F]{2}/g;

/** A word is told by so many symbols at one of the places that are looked at: the shortest, of 25 symbols, has such a place. */
const LOOKED_AT = 10;
const STEP = 16;
/** A long word is taken apart, because a regular expression runs out of memory on it. What one slice shares with the next holds any run. */
const SLICE = 2 ** 16;
const SHARED = 128;
/**
 * For a character that is looked at, by its number among these (the last two bits) and its code: at which places of a group the first of
 * them may stand, as bits 0 to 3 for base64, and 4 and 5 for hexadecimal digits.
 */
const PLACES = Uint8Array.from({ length: 4 * 128 }, (_, index) => {
  const symbol = String.fromCharCode(index >> 2);
  const bits = (places: readonly RegExp[]): number =>
    places.reduce((sum, _place, first) => sum | (places[(first + (index & 3)) % places.length]?.test(symbol) ? 1 << first : 0), 0);
  return bits(BASE64_PLACES) | (bits(HEX_PLACES) << 4);
});

/**
 * The parts of a text that may be twenty ASCII characters or more in base64, in hexadecimal digits, or percent-encoded. A few characters in
 * sixteen are looked at, and a whole word only where they do not break the rule.
 */
export function encodedRuns(text: string): EncodedRun[] {
  const found: EncodedRun[] = [];
  for (let at = 0, end = 0; at + LOOKED_AT <= text.length; at += STEP) {
    if (!mayBeEncoded(text, at) || at < end) continue;
    let start = wordStart(text, at, isSymbol);
    end = wordEnd(text, at, isSymbol);
    for (; start < end; start += SLICE - SHARED) found.push(...decodedRuns(text.slice(start, Math.min(end, start + SLICE)), start));
  }
  for (let at = text.indexOf('%'), end = 0; at !== -1; at = text.indexOf('%', Math.max(at + 1, end))) {
    const start = wordStart(text, at, isOfWord);
    end = wordEnd(text, at, isOfWord);
    found.push(percentDecoded(text.slice(start, end), start));
  }
  return found;
}

function decodedRuns(word: string, start: number): EncodedRun[] {
  const found: EncodedRun[] = [];
  for (const { 0: run, index } of word.matchAll(BASE64)) {
    found.push({ text: Buffer.from(run, 'base64').toString('latin1'), place: (byte) => start + index + (byte * 4) / 3 });
  }
  for (const { 0: run, index } of word.matchAll(HEX)) {
    found.push({ text: Buffer.from(run, 'hex').toString('latin1'), place: (byte) => start + index + byte * 2 });
  }
  return found;
}

function mayBeEncoded(text: string, at: number): boolean {
  let open = 0b111111;
  // Beyond ASCII there is nothing.
  for (let index = 0; index < LOOKED_AT && open !== 0; index++) open &= PLACES[(text.charCodeAt(at + index) << 2) | (index & 3)] ?? 0;
  return open !== 0;
}

function isSymbol(code: number): boolean {
  return (PLACES[code << 2] ?? 0) !== 0;
}

/** What words are made of: the visible ASCII characters but for quotes, brackets and their like. Tokens have no other. */
const WORD = /[!#-&*+\-./:=?@\w~]/;
const IN_WORDS = Uint8Array.from({ length: 128 }, (_, code) => (WORD.test(String.fromCharCode(code)) ? 1 : 0));

/** True of a character that words are made of. */
export function isOfWord(code: number): boolean {
  return IN_WORDS[code] === 1;
}

/** The words of a text: what stands between spaces, quotes, brackets and their like. */
export function wordsOf(text: string): string[] {
  return text.match(new RegExp(`${WORD.source}+`, 'g')) ?? [];
}

function wordStart(text: string, end: number, isOf: (code: number) => boolean): number {
  let start = end;
  while (start > 0 && isOf(text.charCodeAt(start - 1))) start--;
  return start;
}

function wordEnd(text: string, start: number, isOf: (code: number) => boolean): number {
  let end = start;
  while (end < text.length && isOf(text.charCodeAt(end))) end++;
  return end;
}

function percentDecoded(word: string, start: number): EncodedRun {
  const places: number[] = [];
  for (let at = 0; at < word.length; at += isCode(word, at) ? 3 : 1) places.push(start + at);
  places.push(start + word.length);
  const text = word.replace(PERCENT_CODE, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  return { text, place: (at) => places[at] as number };
}

function isCode(word: string, at: number): boolean {
  return word[at] === '%' && /^[\da-fA-F]{2}$/.test(word.slice(at + 1, at + 3));
}
