import { wordsOf } from './encoded-runs.ts';
import { PlaceTable } from './place-table.ts';

/** A part of a text: offsets, the end exclusive. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/** So much of a secret is taken for it, wherever in the secret it stands: registries repeat parts of what they were sent. */
export const SHORTEST_PART = 20;
/** A part is told by so many of its characters … */
const GRAM = 6;
/** … at one place in three of a secret. A search that looks at one place in five meets such a place within fifteen. */
const KNOWN_STEP = 3;
/** Tokens have much in common. What so many secrets have at different places tells nothing of any of them. */
const MOST_PLACES = 4;

/**
 * The parts of long secrets. What reads as words, numbers, a date or the name of a host may be public (a key in JSON names its project), so
 * it does not count as such a part.
 */
export class SecretParts {
  readonly #words: string[] = [];
  /** For each word, the length of all that came before it. */
  readonly #offsets: number[] = [];
  #length = 0;
  /** Where the grams are in all words, one after the other, by their hashes. */
  readonly #places = new PlaceTable();

  /** Calls `mark` with each text, and a place in it, that tells the search where to ask {@link around}. */
  add(secret: string, mark: (text: string, at: number) => void): void {
    for (const word of wordsOf(secret)) {
      if (word.length < SHORTEST_PART) continue;
      this.#words.push(word);
      this.#offsets.push(this.#length);
      for (let at = 0; at + GRAM <= word.length; at += KNOWN_STEP) {
        const hash = hashAt(word, at);
        if (this.#isKnown(word, at, hash)) continue;
        this.#places.add(hash, this.#length + at);
        mark(word, at);
      }
      this.#length += word.length;
    }
  }

  /** True of a gram that is known with all that a part of the shortest length may have around it. */
  #isKnown(word: string, at: number, hash: number): boolean {
    const from = Math.max(0, at + GRAM - SHORTEST_PART);
    const to = Math.min(word.length, at + SHORTEST_PART);
    let places = 0;
    return this.#places.some(hash, (place) => {
      const { start, end } = this.#partAt(word, at, place, from, to);
      return (start === from && end === to) || ++places === MOST_PLACES;
    });
  }

  /** Adds the parts that a text has around a place, as far as it goes on like the secrets. `told` is where each of these ended so far. */
  around(text: string, at: number, told: Map<number, number>, found: Found[]): void {
    if (at + GRAM > text.length) return;
    this.#places.some(hashAt(text, at), (place) => {
      if (at < (told.get(place - at) ?? 0)) return false;
      const part = this.#partAt(text, at, place, 0, text.length);
      told.set(place - at, part.end);
      if (part.end - part.start >= SHORTEST_PART && isMixed(text, part) && !isOfDigest(text, part)) found.push(part);
      return false;
    });
  }

  /** How far, between two places, a text goes on like the word at a place does. */
  #partAt(text: string, at: number, place: number, from: number, to: number): Found {
    const [word, there] = this.#wordAt(place);
    const ahead = there - at;
    let start = at;
    while (start > Math.max(from, -ahead) && text.charCodeAt(start - 1) === word.charCodeAt(start - 1 + ahead)) start--;
    let end = at;
    while (end < Math.min(to, word.length - ahead) && text.charCodeAt(end) === word.charCodeAt(end + ahead)) end++;
    return { start, end };
  }

  #wordAt(place: number): [word: string, at: number] {
    let [low, high] = [0, this.#offsets.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#offsets[middle] as number) <= place) low = middle;
      else high = middle;
    }
    return [this.#words[low] as string, place - (this.#offsets[low] as number)];
  }
}

function hashAt(text: string, at: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < GRAM; index++) hash = Math.imul(hash ^ text.charCodeAt(at + index), 0x01000193);
  return hash;
}

/**
 * True of a text that has small letters, capital letters and digits next to each other, within the shortest length of a part, more often
 * than it has punctuation. Tokens do, whatever their alphabet; names, dates and versions do not.
 */
function isMixed(text: string, { start, end }: Found): boolean {
  for (let from = start; from + SHORTEST_PART <= end; from++) {
    let [changes, marks, last] = [0, 0, 0];
    for (let at = from; at < from + SHORTEST_PART; at++) {
      const kind = kindOf(text.charCodeAt(at));
      if (kind === 0) marks++;
      else if (last !== 0 && last !== kind) changes++;
      last = kind;
    }
    if (changes > Math.max(1, marks)) return true;
  }
  return false;
}

/** True of a part of a digest: of as many digits from 0 to f as SHA-256 or SHA-512 have. */
function isOfDigest(text: string, { start, end }: Found): boolean {
  if (/[^0-9a-f]/.test(text.slice(start, end))) return false;
  const before = /[0-9a-f]*$/.exec(text.slice(Math.max(0, start - 128), start))?.[0].length ?? 0;
  const after = /^[0-9a-f]*/.exec(text.slice(end, end + 128))?.[0].length ?? 0;
  return [64, 128].includes(before + end - start + after);
}

function kindOf(code: number): number {
  if (code >= 97 && code <= 122) return 1;
  if (code >= 65 && code <= 90) return 2;
  return code >= 48 && code <= 57 ? 3 : 0;
}
