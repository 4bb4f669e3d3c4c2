import { type ChangeGuard, isTakingBack } from '../diagnostics/change-guard.ts';
import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { withoutUser } from './address.ts';
import { type Clock, neverBack, sleepUnless, systemClock } from './clock.ts';
import { type Call, exchange } from './exchange.ts';
import { comeBackLater, unanswered } from './failure.ts';
import { HostLimiter, type Sent } from './host-limiter.ts';
import { type Host, Hosts } from './hosts.ts';
import type { HttpRequest, HttpResponse, LimitedHttpClient } from './http-client.ts';
import { SILENT_HEADERS_MS } from './host-silence.ts';
import { type HttpTrace, TracedTry } from './http-trace.ts';
import { SharedSignals } from './shared-signals.ts';
import { createNetwork, DEFAULT_TIMEOUTS, type Network, type ServerTls, type Timeouts } from './network.ts';
import { redirected } from './redirect.ts';
import { toldRate } from './told-rate.ts';
import {
  backoff,
  failureCode,
  isRetryableFailure,
  isRetryableAnswer,
  isThrottled,
  isTimeout,
  parseRetryAfter,
  PATIENCE_MS,
  TOTAL_MS,
  TRIES,
} from './retry-policy.ts';

const MAX_REDIRECTS = 5;
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_MAX_RETRY_AFTER_MS = 5 * 60_000;

export interface HttpClientOptions {
  readonly userAgent: string;
  /** Where HTTPS_PROXY, HTTP_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS are read, once. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Requests side by side against one host. Default 8. */
  readonly concurrency?: number;
  /** The most requests to one host in a second. Default: as many as it takes. */
  readonly rate?: number | undefined;
  /** Milliseconds. Default 10 s to connect, 120 s to the headers, 120 s for the whole body. */
  readonly timeouts?: Partial<Timeouts>;
  /** Certificates in PEM, trusted beside the usual ones. */
  readonly ca?: string;
  /** For a client of one server. */
  readonly tls?: ServerTls;
  /** The URL of a proxy for everything, instead of what the environment says. */
  readonly proxy?: string;
  /** Whether this `host[:port]` may be spoken to without TLS. This machine itself always may. Default: no other host. */
  readonly allowPlainHttp?: (host: string) => boolean;
  /** The longest `Retry-After` that is waited for. Default 5 minutes. */
  readonly maxRetryAfterMs?: number;
  readonly onTrace?: (trace: HttpTrace) => void;
  /**
   * Decides right before it goes out whether a request that is neither GET nor HEAD may be sent; else its objection is thrown. It is not
   * asked about what `takeBack` does.
   */
  readonly changes?: ChangeGuard;
  /** Stops everything. */
  readonly signal?: AbortSignal | undefined;
  /** Ends every wait before a request is tried again, and gives up its request; a request under way goes on. */
  readonly waits?: AbortSignal | undefined;
  readonly clock?: Clock;
}

/** Makes the client. Throws `ToolError` `CONFIG_INVALID` for a proxy URL or a certificate that is not valid. */
export function createHttpClient(options: HttpClientOptions): LimitedHttpClient {
  return new RetryingClient(options);
}

/** What one request has used up, over all its redirects. */
interface Budget {
  failures: number;
  /** With all waiting. */
  spentMs: number;
  /** Of that, what the server took. */
  triesMs: number;
}

/** What came of one try: the answer to return, or one after which the request may be tried again. */
type Outcome =
  | { readonly final: true; readonly response: HttpResponse }
  | { readonly final: false; readonly response?: HttpResponse; readonly error?: unknown };

/** Of a request that was not sent, because the host asked for a pause meanwhile. */
const NOT_SENT = Promise.resolve(undefined);

class RetryingClient implements LimitedHttpClient {
  readonly #options: HttpClientOptions;
  readonly #clock: Clock;
  readonly #timeouts: Timeouts;
  readonly #timeoutsOfSilent: Timeouts;
  readonly #maxRetryAfterMs: number;
  readonly #network: Network;
  readonly #signals: SharedSignals;
  readonly #hosts: Hosts;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#signals = new SharedSignals(options.signal);
    this.#clock = neverBack(options.clock ?? systemClock);
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#timeoutsOfSilent = { ...this.#timeouts, headers: Math.min(this.#timeouts.headers, SILENT_HEADERS_MS) };
    this.#maxRetryAfterMs = options.maxRetryAfterMs ?? DEFAULT_MAX_RETRY_AFTER_MS;
    this.#network = createNetwork({
      env: options.env,
      timeouts: this.#timeouts,
      ...(options.ca !== undefined && { ca: options.ca }),
      ...(options.tls && { tls: options.tls }),
      ...(options.proxy !== undefined && { proxy: options.proxy }),
    });
    const { concurrency = DEFAULT_CONCURRENCY, rate, allowPlainHttp = () => false } = options;
    this.#hosts = new Hosts(this.#network, () => new HostLimiter(concurrency, { rate, clock: this.#clock }), allowPlainHttp);
  }

  async request({ method, url, headers, body, maxBytes, once, follow, stream, signal }: HttpRequest): Promise<HttpResponse> {
    const link = this.#signals.link(signal);
    try {
      const own = { 'user-agent': this.#options.userAgent, ...headers, 'accept-encoding': 'identity' };
      const guard = method === 'GET' || method === 'HEAD' || isTakingBack() ? undefined : this.#options.changes;
      const first: Call = { method, url: withoutUser(url), headers: own, body, maxBytes, once, follow, stream, link, guard };
      const budget: Budget = { failures: 0, spentMs: 0, triesMs: 0 };
      let call = first;
      for (let redirects = 0; ; redirects++) {
        const response = await this.#persist(call, budget);
        const next = redirected(call, response, first.url);
        if (next === undefined) return response;
        if (redirects === MAX_REDIRECTS) {
          throw new ToolError('BAD_RESPONSE', `${call.method} ${redactUrl(first.url.href)}: more than ${MAX_REDIRECTS} redirects.`, {
            hint: 'Check the URL of the server.',
          });
        }
        call = { ...next, url: withoutUser(next.url.href) };
      }
    } finally {
      link.release();
    }
  }

  room(url: string): Promise<void> | undefined {
    return this.#hosts.room(url);
  }

  async close(): Promise<void> {
    await this.#network.destroy();
  }

  /**
   * Sends a request to one address until there is an answer to return, each time in its turn and when the host does not ask for a pause.
   * Between tries it gives up its turn, so that a lower limit takes effect at once.
   */
  async #persist(call: Call, budget: Budget): Promise<HttpResponse> {
    const to = this.#hosts.of(call);
    const host = to.limiter;
    const { isSilent } = to.silence;
    for (;;) {
      if (this.#mustPause(call, host)) await this.#waitForHost(call, host, budget);
      call.link.signal.throwIfAborted();
      const attempt = (): Promise<Outcome | undefined> => (this.#mustPause(call, host) ? NOT_SENT : this.#attempt(call, to, budget));
      const outcome = await host.run(attempt, call.once, call.link);
      if (outcome === undefined) continue;
      if (outcome.final) return outcome.response;
      const pause = host.pausedUntil - this.#clock.now();
      const wait = backoff(budget.failures, this.#clock.random());
      const exhausted = budget.failures >= TRIES || budget.triesMs > PATIENCE_MS || budget.spentMs + Math.max(wait, pause) > TOTAL_MS;
      const mayWait = call.once !== true && !isSilent && !exhausted;
      budget.spentMs += wait;
      if (mayWait && (await this.#mayWait(wait, call))) continue;
      if (outcome.response !== undefined) return outcome.response;
      throw unanswered(call, outcome.error, budget.failures);
    }
  }

  #mustPause(call: Call, host: HostLimiter): boolean {
    return call.once !== true && host.pausedUntil > this.#clock.now();
  }

  /** Sends a request once. */
  #attempt(call: Call, to: Host, budget: Budget): Promise<Outcome> {
    const { sent } = to.limiter;
    const timeouts = to.silence.isSilent ? this.#timeoutsOfSilent : this.#timeouts;
    return exchange(to, call, timeouts).then(
      (response) => this.#answered(call, to, sent, response, budget),
      (error: unknown) => this.#failed(call, to, sent, error, budget),
    );
  }

  /** Tells an answer to the budget, the host and whoever traces. */
  #answered(call: Call, { limiter, silence }: Host, sent: Sent, response: HttpResponse, budget: Budget): Outcome {
    const ms = this.#took(sent, budget);
    silence.answered();
    this.#options.onTrace?.(new TracedTry(call, { ms, attempt: budget.failures + 1, status: response.status }));
    if (isThrottled(response)) this.#slowDown(call, limiter, sent, response);
    else if (response.status < 500) limiter.succeeded(sent);
    this.#heed(limiter, response, sent);
    if (!isRetryableAnswer(call.method, response)) return { final: true, response };
    budget.failures += 1;
    return { final: false, response };
  }

  /** Tells that there was no answer. Throws where the request may not be sent again. */
  #failed(call: Call, { silence }: Host, sent: Sent, error: unknown, budget: Budget): Outcome {
    const ms = this.#took(sent, budget);
    if (isTimeout(error)) silence.timedOut(sent.at, sent.at + ms);
    this.#options.onTrace?.(new TracedTry(call, { ms, attempt: budget.failures + 1, failure: failureCode(error) }));
    call.link.signal.throwIfAborted();
    if (error instanceof ToolError) throw error;
    budget.failures += 1;
    if (!isRetryableFailure(call.method, error)) throw unanswered(call, error, budget.failures);
    return { final: false, error };
  }

  #took({ at }: Sent, budget: Budget): number {
    const ms = this.#clock.now() - at;
    budget.triesMs += ms;
    budget.spentMs += ms;
    return ms;
  }

  /** This is a loop because the pause may grow during the wait. */
  async #waitForHost(call: Call, host: HostLimiter, budget: Budget): Promise<void> {
    for (;;) {
      call.link.signal.throwIfAborted();
      const now = this.#clock.now();
      const pause = host.pausedUntil - now;
      if (pause <= 0) return;
      if (pause > this.#maxRetryAfterMs || !(await this.#mayWait(pause, call))) throw comeBackLater(call, host.pausedUntil, now);
      budget.spentMs += pause;
    }
  }

  /** A host that says what is left of its limit is not driven beyond that. */
  #heed(host: HostLimiter, response: HttpResponse, sent: Sent): void {
    const told = toldRate(response.headers, this.#clock.now());
    if (told) host.told(told, isTooMany(response), sent);
  }

  #mayWait(ms: number, { link }: Call): Promise<boolean> {
    return sleepUnless(this.#options.waits, this.#clock, ms, link.signal);
  }

  #slowDown(call: Call, host: HostLimiter, sent: Sent, response: HttpResponse): void {
    const now = this.#clock.now();
    const pause = parseRetryAfter(response.headers['retry-after'] ?? response.headers['x-retry-after'], now);
    if (isTooMany(response)) host.refused(sent, pause);
    else host.complained(sent.epoch);
    if (pause === undefined) return;
    host.pauseUntil(now + pause);
    if (pause > this.#maxRetryAfterMs) throw comeBackLater(call, now + pause, now);
  }
}

/** Too many requests, in contrast to a server that has no room for any. */
function isTooMany(response: HttpResponse): boolean {
  return isThrottled(response) && response.status !== 503;
}
