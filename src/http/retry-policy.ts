import type { HttpRequest, HttpResponse } from './http-client.ts';

/** How often one request is sent at most, over all its redirects. */
export const TRIES = 6;
/** How long one request may take with all its tries and pauses, without the time it waits for its turn. */
export const TOTAL_MS = 15 * 60_000;

/** After its tries have taken so long, without the pauses between them, a request is not sent again: the server will not do better. */
export const PATIENCE_MS = 150_000;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** The server asks for patience and has not carried out the request. */
const THROTTLED = new Set([429, 503]);
/** A refusal for lack of a right, unless headers say that it is for too many requests (GitHub, "Rate limits for the REST API"). */
const FORBIDDEN = 403;
/** Answers that may be different on another try: failures of the server itself and of proxies in front of it (499 and 520 to 524). */
const TRANSIENT = new Set([408, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);

const LOST_CONNECTION = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]);

/** True of an answer that asks the client to slow down. */
export function isThrottled({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>): boolean {
  if (status !== FORBIDDEN) return THROTTLED.has(status);
  return headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0';
}

/** Whether the request may be sent again after this answer. A POST or PATCH may, only if the server says that it has not looked at it. */
export function isRetryableAnswer(method: HttpRequest['method'], response: Pick<HttpResponse, 'status' | 'headers'>): boolean {
  return isThrottled(response) || (mayRepeat(method) && TRANSIENT.has(response.status));
}

/** Whether the request may be sent again after its connection failed. A POST or PATCH never may: it may have been carried out. */
export function isRetryableFailure(method: HttpRequest['method'], error: unknown): boolean {
  if (!mayRepeat(method)) return false;
  return LOST_CONNECTION.has(failureCode(error)) || TRANSIENT.has(proxyRefusal(error) ?? 0);
}

function mayRepeat(method: HttpRequest['method']): boolean {
  return method !== 'POST' && method !== 'PATCH';
}

/** True where a connection, or the answer to a request, did not come in time. */
export function isTimeout(error: unknown): boolean {
  return ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'].includes(failureCode(error));
}

/** The code of a failed request as Node.js or undici gives it; of several addresses tried, that of the first. */
export function failureCode(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  return Array.isArray(errors) && errors.length > 0 ? failureCode(errors[0]) : '';
}

/** The status with which a proxy refused to open the tunnel. undici says it in its text only (lib/dispatcher/proxy-agent.js). */
export function proxyRefusal(error: unknown): number | undefined {
  const match = error instanceof Error ? /^Proxy response \((\d{3})\)/.exec(error.message) : null;
  return match === null ? undefined : Number(match[1]);
}

/**
 * Milliseconds to wait after so many failures (1 or more): a random part of a bound that doubles each time, so that clients do not try
 * again in step.
 */
export function backoff(failures: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)));
}

/** More seconds than anybody asks others to wait: this is a time, in seconds since the epoch. */
const TIME = 1_000_000_000;

/**
 * Milliseconds that a `Retry-After` header asks for, given in seconds, as an HTTP date or, as Docker Hub does in `X-Retry-After`, in
 * seconds since the epoch. Undefined if there is no header or it cannot be read.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) {
    const ms = Math.ceil(Number(text) * 1000);
    return Number(text) < TIME ? ms : Math.max(0, ms - now);
  }
  // All three forms of an HTTP date (RFC 9110, 5.6.7) begin with the name of a day. Without this test, Date.parse takes nearly anything for
  // a date.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/.test(text)) return undefined;
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
