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
