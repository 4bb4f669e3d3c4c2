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

  /** So many more are to be read. */
  found(count: number): void {
    this.#total += count;
    this.#tell?.(this.#done, this.#total);
  }

  /** So many more have been read. */
  read(count = 1): void {
    this.#done += count;
    this.#tell?.(this.#done, this.#total);
  }
}
