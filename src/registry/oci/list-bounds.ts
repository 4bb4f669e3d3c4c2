import { badAnswer } from './answer-errors.ts';

/** More than any list has, and as much as there is memory for. */
export const MOST_ENTRIES = 1_000_000;
/** An empty page among others happens; a server that has nothing new for so long goes on for ever. */
const MOST_IDLE_PAGES = 100;

/** Holds a list that comes page by page within bounds, since a server may make pages up as it likes. `doing` is for the error. */
export class ListBounds {
  readonly #doing: string;
  #entries = 0;
  #idle = 0;

  constructor(doing: string) {
    this.#doing = doing;
  }

  /** After each page: so many different entries there are by now. Throws `BAD_RESPONSE` for too many, and for too many pages without a new one. */
  check(entries: number): void {
    this.#idle = entries > this.#entries ? 0 : this.#idle + 1;
    this.#entries = entries;
    if (entries > MOST_ENTRIES) throw badAnswer(this.#doing, 'the list has more than 1,000,000 entries');
    if (this.#idle >= MOST_IDLE_PAGES) throw badAnswer(this.#doing, `the list goes on for ${MOST_IDLE_PAGES} pages in a row without anything new`);
  }
}
