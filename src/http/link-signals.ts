import { setMaxListeners } from 'node:events';

/**
 * One signal in place of several. `release` removes the listeners, so that the signal of the whole run does not gather one for each
 * request.
 */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  release(): void;
}

/** A signal that aborts as soon as one of those given does, with the same reason. */
export function linkSignals(signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const linked = new AbortController();
  // Every request under way listens to it, so that many listeners are not a leak.
  setMaxListeners(0, linked.signal);
  const undo: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    const stop = () => linked.abort(signal.reason);
    if (signal.aborted) stop();
    else {
      signal.addEventListener('abort', stop);
      undo.push(() => signal.removeEventListener('abort', stop));
    }
  }
  return { signal: linked.signal, release: () => undo.forEach((each) => each()) };
}

/**
 * Links the signals of requests to that of their client. Most requests have the same signal: as long as one of them is under way, the
 * others share its link.
 */
export class SharedSignals {
  readonly #own: AbortSignal | undefined;
  readonly #shared = new Map<AbortSignal | undefined, LinkedSignal & { users: number }>();

  constructor(own: AbortSignal | undefined) {
    this.#own = own;
  }

  link(signal: AbortSignal | undefined): LinkedSignal {
    let shared = this.#shared.get(signal);
    if (!shared) {
      shared = { ...linkSignals([this.#own, signal]), users: 0 };
      this.#shared.set(signal, shared);
    }
    const link = shared;
    link.users += 1;
    return {
      signal: link.signal,
      release: () => {
        link.users -= 1;
        if (link.users > 0) return;
        link.release();
        this.#shared.delete(signal);
      },
    };
  }
}
