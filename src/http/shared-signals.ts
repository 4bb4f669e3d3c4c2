import { type LinkedSignal, linkSignals } from '../diagnostics/link-signals.ts';

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
