import { limitTime } from '../diagnostics/limit-time.ts';
import type { LinkedSignal } from '../diagnostics/link-signals.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Io } from './io.ts';

/**
 * Starts the time of a run, which `maxDuration` limits to so many milliseconds. The signal aborts when the run is stopped, with a `Stopped`
 * as its reason, or when its time is over, with the `ToolError` `TIME_OVER`. To be released at the end of the run.
 */
export function startRunTime(io: Io, maxDuration: number | undefined): LinkedSignal {
  return limitTime(io.signal, maxDuration, timeOver);
}

function timeOver(): ToolError {
  return new ToolError('TIME_OVER', 'The time that --max-duration gives was over before this was read.', {
    hint: 'Give more time, or split the run with --shard.',
  });
}
