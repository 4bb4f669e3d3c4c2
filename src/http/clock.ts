import { setTimeout } from 'node:timers/promises';
import { linkSignals } from '../diagnostics/link-signals.ts';

/** Time and random numbers as the client sees them, so that tests need not wait and can be repeated. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** At least 0, below 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, { signal });
    } catch {
      signal.throwIfAborted();
    }
  },
};

/**
 * A clock that goes on from where it was when the one given is set back: else a pause would be as much longer as that was set back, and
 * with it whatever is due by a rate.
 */
export function neverBack(clock: Clock): Clock {
  let last = -Infinity;
  let ahead = 0;
  const now = (): number => {
    const read = clock.now() + ahead;
    if (read < last) ahead += last - read;
    last = Math.max(last, read);
    return last;
  };
  return { now, sleep: (ms, signal) => clock.sleep(ms, signal), random: () => clock.random() };
}

/**
 * Sleeps so many milliseconds, unless `waits` aborts: then it answers false at once. Throws the reason of `signal` as soon as that aborts.
 */
export async function sleepUnless(waits: AbortSignal | undefined, clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (waits?.aborted) return false;
  const linked = linkSignals([signal, waits]);
  try {
    await clock.sleep(ms, linked.signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (waits?.aborted) return false;
    throw error;
  } finally {
    linked.release();
  }
}
