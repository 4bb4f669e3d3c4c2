import { createHash } from 'node:crypto';
import { badAnswer } from './answer-errors.ts';

/** More than any list has, and as much as there is memory for. */
export const MOST_ENTRIES = 1_000_000;
/** An empty page among others happens. A server that has nothing new for so many pages goes on for ever. */
const MOST_IDLE_PAGES = 100;
/** For a service that first makes its pages and then leaves out what is not wanted (AIP-158), so that all of a page may be left out. */
export const MOST_FILTERED_PAGES = 1000;
/** A list with more pages does not end. */
const MOST_PAGES = 100_000;

/**
 * Holds a list that comes page by page within bounds, since a server may make up pages without end. `doing` is for the error,
 * `mostIdle` is how many pages in a row may bring nothing new.
 */
export class ListBounds {
  readonly #doing: string;
  readonly #mostIdle: number;
  readonly #marks = new Set<string>();
  #entries = 0;
  #idle = 0;
  #pages = 0;

  constructor(doing: string, mostIdle = MOST_IDLE_PAGES) {
    this.#doing = doing;
    this.#mostIdle = mostIdle;
  }

  /**
   * Called after each page with the number of different entries so far. Throws `BAD_RESPONSE` for too many entries, for too many
   * pages, and for too many pages in a row without a new entry.
   */
  check(entries: number): void {
    this.#pages += 1;
    this.#idle = entries > this.#entries ? 0 : this.#idle + 1;
    this.#entries = entries;
    if (entries > MOST_ENTRIES) throw badAnswer(this.#doing, 'the list has more than 1,000,000 entries');
    if (this.#idle >= this.#mostIdle)
      throw badAnswer(this.#doing, `the list goes on for ${this.#mostIdle} pages in a row without anything new`);
    if (this.#pages >= MOST_PAGES) throw badAnswer(this.#doing, `the list has more than ${MOST_PAGES} pages`);
  }

  /**
   * Called before the page with this mark is asked for. Throws `BAD_RESPONSE` for a mark that was there before, since the pages
   * then go round in a circle.
   */
  next(mark: string): void {
    // A mark may be as long as an answer.
    const short = createHash('sha256').update(mark).digest('base64');
    if (this.#marks.has(short)) throw badAnswer(this.#doing, 'the pages of the list do not lead to its end');
    this.#marks.add(short);
  }
}

/** Anything longer than this is not a name, and is not kept. */
const LONGEST_KEY = 1000;

/** Counts the different entries of a list by a key that no two of them have in common. */
export class DistinctKeys {
  readonly #seen = new Set<string>();

  /** How many different keys there are, these included. What is not a name is not counted. */
  with(keys: Iterable<unknown>): number {
    for (const key of keys) if (typeof key === 'string' && key.length <= LONGEST_KEY) this.#seen.add(key);
    return this.#seen.size;
  }
}
