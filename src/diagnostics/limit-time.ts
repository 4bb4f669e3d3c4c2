import { LONGEST_TIMER_MS } from '../domain/longest-timer.ts';
import { type LinkedSignal, linkSignals } from './link-signals.ts';

/**
 * A signal that aborts as the one given does or after so many milliseconds, if any, with that reason. Not by `AbortSignal.timeout`: Node.js
 * 20 forgets one that nothing but `AbortSignal.any` holds, together with its timer.
 */
export function limitTime(signal: AbortSignal | undefined, milliseconds: number | undefined, reason?: () => Error): LinkedSignal {
  const over = new AbortController();
  const linked = linkSignals([signal, over.signal]);
  const end = (): void => over.abort(reason?.());
  const timer = milliseconds === undefined ? undefined : setTimeout(end, Math.min(LONGEST_TIMER_MS, Math.max(0, milliseconds)));
  return {
    signal: linked.signal,
    release: () => {
      clearTimeout(timer);
      linked.release();
    },
  };
}
