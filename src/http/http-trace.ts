import { redactUrl } from '../diagnostics/redact.ts';
import type { Call } from './exchange.ts';

/** One try of a request, for tracing. */
export interface HttpTrace {
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  /** Undefined if there was no answer; then `failure` has a code. */
  readonly status?: number | undefined;
  readonly failure?: string | undefined;
  readonly ms: number;
  /** From 1. */
  readonly attempt: number;
}

/** A try whose URL is redacted only where somebody asks for it, since that costs more than the rest. */
export class TracedTry implements HttpTrace {
  readonly method: string;
  readonly status: number | undefined;
  readonly failure: string | undefined;
  readonly ms: number;
  readonly attempt: number;
  readonly #url: URL;

  constructor({ method, url }: Call, { status, failure, ms, attempt }: Omit<HttpTrace, 'method' | 'url'>) {
    this.method = method;
    this.status = status;
    this.failure = failure;
    this.ms = ms;
    this.attempt = attempt;
    this.#url = url;
  }

  get url(): string {
    return redactUrl(this.#url.href);
  }
}
