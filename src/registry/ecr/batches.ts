import { setTimeout as wait } from 'node:timers/promises';

/** Most images in one call (API reference, `ImageIdentifierList`). */
export const MOST_IMAGES = 100;
/** Milliseconds that the first of a batch waits for others. Steps that are carried out side by side are that close together, and a call takes longer. */
const WINDOW = 10;

interface Batch<Result> {
  readonly keys: Set<string>;
  readonly results: Promise<ReadonlyMap<string, Result>>;
}

/** Puts what is asked for at about the same time, in one repository, into one call. */
export class Batches<Result> {
  readonly #work: (repository: string, keys: readonly string[]) => Promise<ReadonlyMap<string, Result>>;
  readonly #open = new Map<string, Batch<Result>>();

  /** `work` takes up to {@link MOST_IMAGES} different keys. A key that it has no result for was answered with undefined. */
  constructor(work: (repository: string, keys: readonly string[]) => Promise<ReadonlyMap<string, Result>>) {
    this.#work = work;
  }

  async load(repository: string, key: string): Promise<Result | undefined> {
    const batch = this.#open.get(repository) ?? this.#begin(repository);
    batch.keys.add(key);
    if (batch.keys.size >= MOST_IMAGES) this.#close(repository, batch);
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
