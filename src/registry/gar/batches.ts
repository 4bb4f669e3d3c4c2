import { setTimeout as wait } from 'node:timers/promises';

/** Versions in one batch. How many the service takes, it says nowhere ("determined by the service"); a batch that it refuses is taken apart. */
const MOST = 50;
/** Milliseconds that the first of a batch waits for others. Steps that are carried out side by side are that close together, and an operation takes far longer. */
const WINDOW = 10;

interface Batch<Result> {
  readonly keys: Set<string>;
  readonly results: Promise<ReadonlyMap<string, Result>>;
}

/** Puts what is asked for at about the same time, in one repository, together. */
export class Batches<Result> {
  readonly #work: (repository: string, keys: readonly string[]) => Promise<ReadonlyMap<string, Result>>;
  readonly #open = new Map<string, Batch<Result>>();

  /** `work` answers for every key. */
  constructor(work: (repository: string, keys: readonly string[]) => Promise<ReadonlyMap<string, Result>>) {
    this.#work = work;
  }

  async load(repository: string, key: string): Promise<Result> {
    const batch = this.#open.get(repository) ?? this.#begin(repository);
    batch.keys.add(key);
    if (batch.keys.size >= MOST) this.#close(repository, batch);
    const result = (await batch.results).get(key);
    if (result === undefined) throw new TypeError('a batch that ends says what became of all that was in it');
    return result;
  }

  #begin(repository: string): Batch<Result> {
    const keys = new Set<string>();
    const results = wait(WINDOW).then(() => {
      this.#close(repository, batch);
      return this.#work(repository, [...keys]);
    });
    const batch = { keys, results };
    this.#open.set(repository, batch);
    return batch;
  }

  #close(repository: string, batch: Batch<Result>): void {
    if (this.#open.get(repository) === batch) this.#open.delete(repository);
  }
}
