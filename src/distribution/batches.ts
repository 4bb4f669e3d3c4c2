import { setTimeout as wait } from 'node:timers/promises';

/**
 * Milliseconds that the first request of a batch waits for others. Steps that are carried out side by side are that close together,
 * and a call takes longer than that.
 */
const WINDOW = 10;

interface Batch<Result> {
  readonly keys: Set<string>;
  readonly results: Promise<ReadonlyMap<string, Result>>;
}

/** Puts what is asked for at about the same time, in one repository, into one call. */
export class Batches<Result> {
  readonly #most: number;
  readonly #work: (repository: string, keys: readonly string[]) => Promise<ReadonlyMap<string, Result>>;
  readonly #open = new Map<string, Batch<Result>>();

  /** `work` takes up to `most` different keys. */
  constructor(most: number, work: (repository: string, keys: readonly string[]) => Promise<ReadonlyMap<string, Result>>) {
    this.#most = most;
    this.#work = work;
  }

  /** What the work answers for a key; undefined where it has no result for it. */
  async load(repository: string, key: string): Promise<Result | undefined> {
    const batch = this.#open.get(repository) ?? this.#begin(repository);
    batch.keys.add(key);
    if (batch.keys.size >= this.#most) this.#close(repository, batch);
    return (await batch.results).get(key);
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
