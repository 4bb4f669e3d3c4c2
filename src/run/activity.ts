import { redactUrl } from '../diagnostics/redact.ts';
import type { HttpTrace } from '../http/http-trace.ts';
import type { HttpClient, HttpRequest } from '../http/http-client.ts';

/** What a run is doing and which requests are under way, for those who want to know what it waits for. */
export class Activity {
  readonly #now: () => number;
  /** When each request was made, in milliseconds since the epoch; the oldest first. */
  readonly #requests = new Map<HttpRequest, number>();
  /** What a limit of a host holds back: the host, and until when, in milliseconds since the epoch. */
  readonly #held = new Set<{ readonly host: string; readonly until: number }>();
  #doing: string | undefined;
  /** Called with each try of a request. */
  onTrace: ((trace: HttpTrace) => void) | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is done from now on; undefined: nothing that takes time. */
  show(text: string | undefined): void {
    this.#doing = text;
  }

  /** The same client, with its requests counted here while they are under way. */
  watch(http: HttpClient): HttpClient {
    return {
      request: async (request) => {
        this.#requests.set(request, this.#now());
        try {
          return await http.request(request);
        } finally {
          this.#requests.delete(request);
        }
      },
      heldBack: (url, until) => {
        const held = { host: new URL(url).host, until };
        this.#held.add(held);
        return () => void this.#held.delete(held);
      },
      close: () => http.close(),
    };
  }

  /** A sentence about what the run waits for; undefined if it waits for nothing that is known. */
  waitsFor(): string | undefined {
    const [held] = this.#held;
    if (held) {
      const until = new Date(Math.ceil(held.until / 1000) * 1000).toISOString().slice(11, 19);
      const what = this.#doing ?? 'at work';
      return `still ${what}; waiting until ${until} UTC, because ${held.host} limits how many requests it takes in a minute`;
    }
    const [oldest] = this.#requests;
    if (oldest === undefined) return this.#doing === undefined ? undefined : `still ${this.#doing}`;
    const [{ method, url }, since] = oldest;
    const seconds = Math.round((this.#now() - since) / 1000);
    const which = this.#requests.size === 1 ? 'a request' : `the oldest of ${this.#requests.size} requests`;
    // What was begun last need not be what is waited for: the URL of the request tells its repository.
    const doing = this.#doing === undefined ? 'at work' : `at work, last begun: ${this.#doing}`;
    return `still ${doing}; ${which} has been under way for ${seconds} s, pauses between tries included: ${method} ${redactUrl(url)}`;
  }
}
