/** Counts what is to be read of a repository and what has been read, and tells it each time. */
export class ReadingProgress {
  #done = 0;
  #total: number;
  readonly #tell: ((done: number, total: number) => void) | undefined;

  /** `total` are known from the beginning. */
  constructor(tell: ((done: number, total: number) => void) | undefined, total = 0) {
    this.#tell = tell;
    this.#total = total;
  }

  /** So many more were read, and so many more were found that are to be read. */
  count(done: number, found: number): void {
    this.#done += done;
    this.#total += found;
    this.#tell?.(this.#done, this.#total);
  }
}
