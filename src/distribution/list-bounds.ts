import { createHash } from 'node:crypto';
import { badAnswer } from './answer-errors.ts';

/** More than any list has, and as much as there is memory for. */
export const MOST_ENTRIES = 1_000_000;
/** An empty page among others happens; a server that has nothing new for so long goes on for ever. */
const MOST_IDLE_PAGES = 100;
/** For a service that makes its pages first and leaves out what is not wanted then (AIP-158): all of a page may be left out. */
export const MOST_FILTERED_PAGES = 1000;
/** A list with more pages does not end. */
const MOST_PAGES = 100_000;

/** Holds a list that comes page by page within bounds, since a server may make pages up as it likes. `doing` is for the error, `mostIdle` for pages in a row without anything new. */
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

  /** After each page: so many different entries there are by now. Throws `BAD_RESPONSE` for too many, for too many pages, and for too many pages without a new one. */
  check(entries: number): void {
    this.#pages += 1;
    this.#idle = entries > this.#entries ? 0 : this.#idle + 1;
    this.#entries = entries;
    if (entries > MOST_ENTRIES) throw badAnswer(this.#doing, 'the list has more than 1,000,000 entries');
    if (this.#idle >= this.#mostIdle)
      throw badAnswer(this.#doing, `the list goes on for ${this.#mostIdle} pages in a row without anything new`);
    if (this.#pages >= MOST_PAGES) throw badAnswer(this.#doing, `the list has more than ${MOST_PAGES} pages`);
  }

  /** Before the page with this mark is asked for. Throws `BAD_RESPONSE` for a mark that there was before: the pages go round in a circle. */
  next(mark: string): void {
    // A mark may be as long as an answer.
    const short = createHash('sha256').update(mark).digest('base64');
    if (this.#marks.has(short)) throw badAnswer(this.#doing, 'the pages of the list do not lead to its end');
    this.#marks.add(short);
  }
}

/** A name longer than this is none, and not kept. */
const LONGEST_KEY = 1000;

/** Counts the different entries of a list by what no two of them have in common. */
export class DistinctKeys {
  readonly #seen = new Set<string>();

  /** How many there are, with these: whatever is no name counts as nothing. */
  with(keys: Iterable<unknown>): number {
    for (const key of keys) if (typeof key === 'string' && key.length <= LONGEST_KEY) this.#seen.add(key);
    return this.#seen.size;
  }
}
