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
