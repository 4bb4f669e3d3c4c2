import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Clock, sleepUnless } from '../../http/clock.ts';
import type { HostLimiter } from '../../http/host-limiter.ts';
import { backoff } from '../../http/retry-policy.ts';

/** One try, by the SDK's names. */
interface Token {
  getRetryCount(): number;
  /** Milliseconds. */
  getRetryDelay(): number;
}

interface Failure {
  readonly errorType: 'THROTTLING' | 'TRANSIENT' | 'SERVER_ERROR' | 'CLIENT_ERROR';
  readonly error?: unknown;
  readonly retryAfterHint?: Date;
}

/** What the SDK asks after each try (smithy, `RetryStrategyV2`). */
export interface RetryStrategy {
  acquireInitialRetryToken(): Promise<Token>;
  /** Throws the call's error if it is not tried again. */
  refreshRetryTokenForRetry(token: Token, failure: Failure): Promise<Token>;
  recordSuccess(): void;
}

/**
 * How often a throttled call is sent at most. A throttled call has not done anything, and a large registry or account takes hundreds of
 * calls.
 */
const THROTTLED_TRIES = 12;
/** How often a call is sent at most when the connection breaks or the service fails. */
const TRIES = 6;
const LONGEST_HINT_MS = 5 * 60_000;

/** What ends the waits between tries. */
export interface RetryEnds {
  readonly signal?: AbortSignal | undefined;
  readonly waits?: AbortSignal | undefined;
}

interface Attempt extends Token {
  readonly epoch: number;
}

/**
 * Decides when the SDK tries again. The SDK's own strategies give up after three tries, or when a budget that all calls share is used up,
 * which happens within seconds on a throttled account. This strategy waits longer each time, and lets fewer calls run side by side while
 * the service complains. `signal` ends the waits with its reason; `waits` ends them too, and the call then fails as it did last. `once`: no
 * call is made again, since what made it right would no longer hold after a wait; whoever makes it looks again first.
 */
export function createRetryStrategy(
  limiter: HostLimiter,
  clock: Clock,
  { signal = new AbortController().signal, waits, once = false }: RetryEnds & { readonly once?: boolean } = {},
): RetryStrategy {
  const attempt = (count: number): Attempt => ({ epoch: limiter.epoch, getRetryCount: () => count, getRetryDelay: () => 0 });
  return {
    acquireInitialRetryToken: async () => attempt(0),
    async refreshRetryTokenForRetry(token, { errorType, error, retryAfterHint }) {
      const failures = token.getRetryCount() + 1;
      const throttled = errorType === 'THROTTLING';
      if (throttled) limiter.complained((token as Attempt).epoch);
      const passing = throttled || errorType !== 'CLIENT_ERROR' || hasFailed(error);
      if (once || !passing || failures >= (throttled ? THROTTLED_TRIES : TRIES)) throw error;
      const hint = retryAfterHint === undefined ? 0 : Math.min(LONGEST_HINT_MS, retryAfterHint.getTime() - clock.now());
      // The wait happens here, so that the SDK does not wait as well.
      const wait = Math.max(hint, backoff(failures, clock.random()));
      if (!(await sleepUnless(waits, clock, wait, signal))) throw error;
      return attempt(failures);
    },
    recordSuccess() {
      limiter.succeeded();
    },
  };
}

/** True if the request got no answer, or if the answer says that a server on the way has failed. */
function hasFailed(error: unknown): boolean {
  if (error instanceof ToolError) return error.code === 'UNREACHABLE';
  return ((error as { $response?: { statusCode?: number } }).$response?.statusCode ?? 0) >= 500;
}
