import { setTimeout as wait } from 'node:timers/promises';

/**
 * Milliseconds that the first request of a batch waits for others. Steps that are carried out side by side are that close together,
 * and a call takes longer than that.
 */
const WINDOW = 10;

interface Batch<Key extends string, Result> {
  readonly keys: Set<Key>;
  readonly results: Promise<ReadonlyMap<Key, Result>>;
}

/** Puts what is asked for at about the same time, in one repository, into one call. */
export class Batches<Key extends string, Result> {
  readonly #most: number;
  readonly #work: (repository: string, keys: readonly Key[]) => Promise<ReadonlyMap<Key, Result>>;
  readonly #open = new Map<string, Batch<Key, Result>>();

  /** `work` takes up to `most` different keys. */
  constructor(most: number, work: (repository: string, keys: readonly Key[]) => Promise<ReadonlyMap<Key, Result>>) {
    this.#most = most;
    this.#work = work;
  }

  /** What the work answers for a key; undefined where it has no result for it. */
  async load(repository: string, key: Key): Promise<Result | undefined> {
    const batch = this.#open.get(repository) ?? this.#begin(repository);
    batch.keys.add(key);
    if (batch.keys.size >= this.#most) this.#close(repository, batch);
    return (await batch.results).get(key);
  }

  #begin(repository: string): Batch<Key, Result> {
    const keys = new Set<Key>();
    const results = wait(WINDOW).then(() => {
      this.#close(repository, batch);
      return this.#work(repository, [...keys]);
    });
    const batch = { keys, results };
    this.#open.set(repository, batch);
    return batch;
  }

  #close(repository: string, batch: Batch<Key, Result>): void {
    if (this.#open.get(repository) === batch) this.#open.delete(repository);
  }
}
