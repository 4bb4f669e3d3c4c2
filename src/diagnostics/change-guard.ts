import { AsyncLocalStorage } from 'node:async_hooks';
import type { ToolError } from './tool-error.ts';

/**
 * Whether a run may still change something in its registries. Their clients ask this right before a request that may change something
 * goes out: it may have waited meanwhile, for its turn, for a token or for a connection, or because the process was stopped.
 */
export class ChangeGuard {
  #ask: (() => ToolError | undefined) | undefined;

  /** Why nothing may be changed now; undefined where it may be, and as long as nobody decides. */
  get objection(): ToolError | undefined {
    return this.#ask?.();
  }

  /** Has this decide from now on. Answers how to end that. */
  askFirst(ask: () => ToolError | undefined): () => void {
    this.#ask = ask;
    return () => {
      this.#ask = undefined;
    };
  }
}

const takingBack = new AsyncLocalStorage<true>();

/**
 * Does work that takes back what this run has changed and should not have. What it asks of a registry goes out whatever stands against
 * changes: it gives back what somebody else may need, and is known to this run alone.
 */
export function takeBack<T>(work: () => Promise<T>): Promise<T> {
  return takingBack.run(true, work);
}

/** True within {@link takeBack}. */
export function isTakingBack(): boolean {
  return takingBack.getStore() === true;
}
