import type { HttpResponse } from './http-client.ts';

/** What a host says of its limit. */
export interface ToldRate {
  readonly remaining: number;
  /** Milliseconds until it counts anew. */
  readonly resetMs: number;
}

/** A number of seconds above this is a time, in seconds since the epoch. */
const TIME = 1_000_000_000;
/** A time above this is not in seconds, but in milliseconds or less: thousands of years are meant by nobody. */
const FINER = 100_000_000_000;

/**
 * What is left of a limit, by the headers of an answer; undefined where they do not say it, or not until when. Known are `RateLimit` with
 * `r` and `t` or `remaining` and `reset` (draft-ietf-httpapi-ratelimit-headers, from 07 on), `RateLimit-Remaining` and `RateLimit-Reset`
 * (before 07), `RateLimit-Remaining: 76;w=21600`, which has the length of the window instead (Docker Hub), and `X-RateLimit-Remaining` with
 * `X-RateLimit-Reset` (GitHub: a time; others: seconds, or a time in milliseconds). `now` is in milliseconds since the epoch.
 */
export function toldRate(headers: HttpResponse['headers'], now: number): ToldRate | undefined {
  const one = headers['ratelimit'];
  if (one !== undefined) return told(parameter(one, 'r|remaining'), parameter(one, 't|reset'), headers, now);
  const remaining = headers['ratelimit-remaining'] ?? headers['x-ratelimit-remaining'];
  if (remaining === undefined) return undefined;
  const reset = headers['ratelimit-reset'] ?? headers['x-ratelimit-reset'];
  return told(numberIn(remaining), numberIn(reset) ?? parameter(remaining, 'w'), headers, now);
}

function told(
  remaining: number | undefined,
  reset: number | undefined,
  headers: HttpResponse['headers'],
  now: number,
): ToldRate | undefined {
  if (remaining === undefined || reset === undefined) return undefined;
  // By the clock of the host, where it tells that.
  const clock = Date.parse(headers['date'] ?? '');
  const seconds = reset < TIME ? reset : epochSeconds(reset) - (Number.isNaN(clock) ? now : clock) / 1000;
  // Whole seconds may be rounded down.
  return { remaining, resetMs: Math.max(1, seconds) * 1000 };
}

function epochSeconds(time: number): number {
  return time < FINER || time === Infinity ? time : epochSeconds(time / 1000);
}

function numberIn(text: string | undefined): number | undefined {
  const number = /^\s*(\d+(?:\.\d+)?)/.exec(text ?? '')?.[1];
  return number === undefined ? undefined : Number(number);
}

function parameter(text: string, name: string): number | undefined {
  return numberIn(new RegExp(String.raw`(?:^|[;,\s])(?:${name})\s*=\s*(\d+)`, 'i').exec(text)?.[1]);
}
