import { type Dispatcher, errors } from 'undici';
import type { ChangeGuard } from '../diagnostics/change-guard.ts';
import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { ArrivingBody } from './arriving-body.ts';
import type { HttpRequest, HttpResponse } from './http-client.ts';
import type { SharedSignal } from './shared-signals.ts';
import type { Timeouts } from './network.ts';

/** Enough for any error text. No more is read of an answer that reports an error. */
const MAX_ERROR_BYTES = 64 * 1024;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

/** One request as it goes out: one try, one address. */
export interface Call {
  readonly method: HttpRequest['method'];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpRequest['body'];
  readonly maxBytes?: number | undefined;
  readonly once?: boolean | undefined;
  readonly follow?: false | undefined;
  readonly stream?: true | undefined;
  readonly link: SharedSignal;
  /** Of a request that may change something. */
  readonly guard?: ChangeGuard | undefined;
}

/** Where a request is sent to. */
interface Address {
  readonly origin: string;
  readonly dispatcher: Dispatcher;
}

/**
 * Sends a request once and reads its whole answer, or that answer up to its body where that is streamed. Throws `ToolError` `BAD_RESPONSE`
 * for an answer that is too long, or encoded although that was not asked for; the objection of the guard, asked when the connection is
 * there; other errors as undici throws them. When the signal aborts, any error may be thrown.
 */
export function exchange(to: Address, call: Call, timeouts: Pick<Timeouts, 'headers' | 'body'>): Promise<HttpResponse> {
  return new Promise((resolve, reject) => new Reading(call, timeouts, resolve, reject).begin(to));
}

/**
 * Reads an answer into one buffer as it arrives: undici's `dispatch`, without the stream, the iterator and the timer that its `request`
 * makes for each body.
 */
class Reading implements Dispatcher.DispatchHandler {
  readonly #call: Call;
  readonly #timeouts: Pick<Timeouts, 'headers' | 'body'>;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #limit = 0;
  #status = 0;
  #headers: HttpResponse['headers'] = {};
  /** Milliseconds. */
  #begun = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #arriving: ArrivingBody | undefined;
  readonly #resolve: (answer: HttpResponse) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    call: Call,
    timeouts: Pick<Timeouts, 'headers' | 'body'>,
    resolve: (answer: HttpResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#call = call;
    this.#timeouts = timeouts;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin({ origin, dispatcher }: Address): void {
    const { url, method, headers, body = null, link } = this.#call;
    link.underWay.add(this);
    // Without `reset: false`, undici opens a new connection for every HEAD.
    const headersTimeout = this.#timeouts.headers;
    dispatcher.dispatch(
      // undici takes what can be iterated asynchronously, which its types leave out.
      { origin, path: url.pathname + url.search, method, headers, body: body as string, headersTimeout, reset: false },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { link, guard } = this.#call;
    const objection = link.signal.aborted ? (link.signal.reason as Error) : guard?.objection;
    if (objection) controller.abort(objection);
    this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    received: Record<string, string | string[] | undefined>,
  ): void {
    // Such as 103, before the answer itself.
    if (status < 200) return;
    this.#status = status;
    this.#headers = joined(received);
    this.#begun = Date.now();
    const { method, maxBytes = DEFAULT_MAX_BYTES, stream } = this.#call;
    if (stream && this.#isSuccess) {
      this.#arriving = new ArrivingBody(controller);
      this.#answer({ status, headers: this.#headers, body: new Uint8Array(), arriving: this.#arriving, url: this.#call.url.href });
      return;
    }
    this.#limit = this.#isSuccess ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES);
    if (this.#isSuccess && method !== 'HEAD' && Number(this.#headers['content-length']) > this.#limit) this.#tooLong(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#arriving) return this.#arriving.push(chunk);
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size > this.#limit) {
      if (this.#isSuccess) return this.#tooLong(controller);
      // Nobody needs the rest of such an answer: the connection is closed.
      this.#finish();
      controller.abort(new errors.RequestAbortedError());
    } else if (Date.now() - this.#begun > this.#timeouts.body) controller.abort(new errors.BodyTimeoutError());
  }

  onResponseEnd(): void {
    if (this.#arriving) this.#arriving.end();
    else this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#arriving?.end(error);
    this.#fail(error);
  }

  get #isSuccess(): boolean {
    return this.#status < 300;
  }

  #finish(): void {
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : Buffer.concat(this.#chunks);
    const body = bytes.length > this.#limit ? bytes.subarray(0, this.#limit) : bytes;
    this.#answer({ status: this.#status, headers: this.#headers, body, url: this.#call.url.href });
  }

  #tooLong(controller: Dispatcher.DispatchController): void {
    const error = tooLong(this.#call, this.#limit);
    this.#fail(error);
    controller.abort(error);
  }

  #answer(response: HttpResponse): void {
    this.#release();
    try {
      this.#resolve(decodable(this.#call, response));
    } catch (error) {
      this.#reject(error);
    }
  }

  #fail(error: unknown): void {
    this.#release();
    this.#reject(error);
  }

  stop(): void {
    const { reason } = this.#call.link.signal;
    this.#controller?.abort(reason as Error);
    this.#fail(reason);
  }

  #release(): void {
    this.#call.link.underWay.delete(this);
  }
}

function decodable(call: Call, response: HttpResponse): HttpResponse {
  const { status, headers, body, arriving } = response;
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity' || (body.length === 0 && !arriving)) return response;
  arriving?.cancel();
  // For a failure, the status matters more than the text.
  if (status >= 300) return { ...response, body: new Uint8Array() };
  throw new ToolError(
    'BAD_RESPONSE',
    `${call.method} ${redactUrl(call.url.href)}: the answer is encoded as "${encoding}", which was not asked for.`,
    {
      hint: 'A proxy in front of the server compresses what it should pass on as it is; have it leave these answers alone.',
    },
  );
}

function tooLong(call: Call, limit: number): ToolError {
  return new ToolError('BAD_RESPONSE', `${call.method} ${redactUrl(call.url.href)}: the answer is longer than ${limit} bytes.`, {
    hint: 'No answer of this kind should be as long. Check that the URL is that of the API and not of a web page or a download.',
  });
}

/** undici gives the names in lower case, and the values of a header that is repeated as a list. */
function joined(received: Record<string, string | string[] | undefined>): HttpResponse['headers'] {
  for (const name in received) {
    const value = received[name];
    if (Array.isArray(value)) received[name] = value.join(', ');
  }
  return received as Record<string, string>;
}
