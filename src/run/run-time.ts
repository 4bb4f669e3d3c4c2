import { setMaxListeners } from 'node:events';
import { ToolError } from '../diagnostics/tool-error.ts';
import { LONGEST_TIMER_MS } from '../domain/longest-timer.ts';
import type { Io } from './io.ts';

/** How long a run may go on. */
export interface RunTime {
  /** Aborted when the run is stopped, with a `Stopped` as its reason, or when its time is over, with the `ToolError` `TIME_OVER`. */
  readonly signal: AbortSignal;
  /** To be called at the end of the run. */
  readonly release: () => void;
}

/** Starts the time of a run, which `maxDuration` limits to so many milliseconds. */
export function startRunTime(io: Io, maxDuration: number | undefined): RunTime {
  const controller = new AbortController();
  // Every request under way listens to it, so that many listeners are not a leak.
  setMaxListeners(0, controller.signal);
  const stop = (): void => controller.abort(io.signal.reason);
  if (io.signal.aborted) stop();
  else io.signal.addEventListener('abort', stop);
  const timer =
    maxDuration === undefined ? undefined : setTimeout(() => controller.abort(timeOver()), Math.min(maxDuration, LONGEST_TIMER_MS));
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      io.signal.removeEventListener('abort', stop);
    },
  };
}

function timeOver(): ToolError {
  return new ToolError('TIME_OVER', 'The time that --max-duration gives was over before this was read.', {
    hint: 'Give more time, or split the run with --shard.',
  });
}
