import { type Dispatcher, errors } from 'undici';
import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpRequest, HttpResponse } from './http-client.ts';
import type { Timeouts } from './network.ts';

/** Enough for any error text. No more is read of an answer that reports an error. */
const MAX_ERROR_BYTES = 64 * 1024;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

/** One request as it goes out: one try, one address. */
export interface Call {
  readonly method: HttpRequest['method'];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly maxBytes?: number;
  readonly once?: boolean;
  readonly follow?: false;
  readonly signal: AbortSignal;
}

/**
 * Sends a request once and reads its whole answer. Throws `ToolError` `BAD_RESPONSE` for an answer that is too long, or encoded although
 * that was not asked for; other errors as undici throws them. When the signal aborts, any error may be thrown.
 */
export async function exchange(dispatcher: Dispatcher, call: Call, timeouts: Pick<Timeouts, 'headers' | 'body'>): Promise<HttpResponse> {
  const {
    statusCode: status,
    headers: received,
    body,
  } = await dispatcher.request({
    origin: call.url.origin,
    path: call.url.pathname + call.url.search,
    method: call.method,
    headers: { ...call.headers, 'accept-encoding': 'identity' },
    body: call.body ?? null,
    signal: call.signal,
    headersTimeout: timeouts.headers,
    // Without this, undici opens a new connection for every HEAD.
    reset: false,
  });
  // The reader of the body gets its error. A body that is dropped unread can fail too, and without a listener that would end the process.
  body.on('error', () => {});
  const headers = joined(received);
  const success = status < 300;
  const limit = Math.min(call.maxBytes ?? DEFAULT_MAX_BYTES, success ? Infinity : MAX_ERROR_BYTES);
  if (success && call.method !== 'HEAD' && Number(headers['content-length']) > limit) {
    body.destroy();
    throw tooLong(call, limit);
  }
  const timer = setTimeout(() => body.destroy(new errors.BodyTimeoutError()), timeouts.body);
  try {
    const read = await readUpTo(body, limit);
    if (read.more && success) throw tooLong(call, limit);
    return { status, headers, body: decodable(call, status, headers, read.bytes), url: call.url.href };
  } finally {
    clearTimeout(timer);
  }
}

/** The first bytes of a body. Leaving the loop closes the connection, so that the rest is never received. */
async function readUpTo(body: AsyncIterable<Uint8Array>, limit: number): Promise<{ bytes: Uint8Array; more: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    chunks.push(chunk);
    if (size > limit) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), more: size > limit };
}

function decodable(call: Call, status: number, headers: HttpResponse['headers'], bytes: Uint8Array): Uint8Array {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity' || bytes.length === 0) return bytes;
  // For a failure, the status matters more than the text.
  if (status >= 300) return new Uint8Array();
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

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
  );
  return Object.fromEntries(entries);
}
