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
  // Every wait of a request listens to it, so that many listeners are not a leak.
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

/** What ends when a signal aborts. */
export interface Stoppable {
  stop(): void;
}

/** A link that requests with the same signal share. */
export class SharedSignal {
  readonly signal: AbortSignal;
  /** What the signal stops; one listener serves all of it. */
  readonly underWay = new Set<Stoppable>();
  users = 0;
  readonly #link: LinkedSignal;
  readonly #unused: () => void;

  constructor(link: LinkedSignal, unused: () => void) {
    this.#link = link;
    this.#unused = unused;
    this.signal = link.signal;
    this.signal.addEventListener('abort', () => {
      for (const each of this.underWay) each.stop();
    });
  }

  release(): void {
    this.users -= 1;
    if (this.users > 0) return;
    this.#link.release();
    this.#unused();
  }
}

/**
 * Links the signals of requests to that of their client. Most requests have the same signal: as long as one of them is under way, the
 * others share its link.
 */
export class SharedSignals {
  readonly #own: AbortSignal | undefined;
  readonly #shared = new Map<AbortSignal | undefined, SharedSignal>();

  constructor(own: AbortSignal | undefined) {
    this.#own = own;
  }

  /** To be released when the request has ended. */
  link(signal: AbortSignal | undefined): SharedSignal {
    let shared = this.#shared.get(signal);
    if (!shared) {
      shared = new SharedSignal(linkSignals([this.#own, signal]), () => this.#shared.delete(signal));
      this.#shared.set(signal, shared);
    }
    shared.users += 1;
    return shared;
  }
}
