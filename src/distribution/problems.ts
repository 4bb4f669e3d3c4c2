import { ToolError } from '../diagnostics/tool-error.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';

/** After so many problems it is clear that this repository cannot be read; each may stand for minutes of retries. */
const MOST = 20;

/** What went wrong while a repository was read. After a single problem, nothing in the repository is deleted. */
export class Problems {
  readonly #sentences = new Set<string>();
  readonly #signal: AbortSignal | undefined;
  /** The first missing right: what else it kept from being read need not be told. */
  #denied: ToolError | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Sorted; empty where nothing went wrong. */
  get list(): readonly string[] {
    const sentences = [...this.#sentences].toSorted(byCodeUnit);
    return this.#isFull ? [...sentences, `Reading stopped after ${MOST} problems.`] : sentences;
  }

  /**
   * What an inventory says of itself: whether it is complete, and if not, why. Throws `AUTH` where a right to read something is
   * missing.
   */
  get verdict(): Pick<RepositoryInventory, 'complete' | 'problems'> {
    if (this.#denied) throw this.#denied;
    const problems = this.list;
    return problems.length === 0 ? { complete: true } : { complete: false, problems };
  }

  add(sentence: string): void {
    this.#sentences.add(sentence);
  }

  /**
   * Does the work without which nothing is known of the repository. An error of the registry is a problem of this one repository, since
   * others may still be read. Throws any other error, such as a missing right.
   */
  async require(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ToolError) || (error.code !== 'REGISTRY_ERROR' && error.code !== 'BAD_RESPONSE')) throw error;
      this.add(error.message);
    }
  }

  /** Does the work. Its `ToolError` becomes a problem; once there are many, nothing is tried any more. Throws when the signal aborts. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.#signal?.throwIfAborted();
    if (this.#isFull) return undefined;
    try {
      return await work();
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      if (error.code === 'AUTH') this.#denied ??= error;
      this.add(error.message);
      return undefined;
    }
  }

  get #isFull(): boolean {
    return this.#sentences.size >= MOST;
  }
}
