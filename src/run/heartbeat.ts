import type { Context, GlobalOptions } from './context.ts';
import { isInteractive, tell } from './io.ts';

const INTERVAL_MS = 10_000;

/**
 * Tells every ten seconds what the run waits for, where no moving line shows it; with `--verbose`, each try of a request too. Answers how
 * to end that.
 */
export function startHeartbeat({ io, activity }: Context, { quiet, verbose }: GlobalOptions): () => void {
  if (quiet) return () => {};
  if (verbose) {
    activity.onTrace = ({ method, url, status, failure, ms, attempt }) => {
      const again = attempt > 1 ? ` (try ${attempt})` : '';
      tell(io, { level: 'debug', message: `${method} ${url} ${status ?? failure} ${Math.round(ms)} ms${again}` });
    };
  }
  if (isInteractive(io)) return () => {};
  const timer = setInterval(() => {
    const message = activity.waitsFor();
    if (message !== undefined) tell(io, { level: 'info', message });
  }, INTERVAL_MS);
  // What a run does keeps it alive, not that it is told.
  timer.unref();
  return () => clearInterval(timer);
}
