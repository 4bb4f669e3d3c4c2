import { parseISO } from 'date-fns/parseISO';

/** Milliseconds of a day of exactly 24 hours. */
export const DAY_MS = 86_400_000;

/** A date and time with a zone. What else a date parser takes may mean another time on another machine. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * What registries and this program write, on a day that every month has. JavaScript's own parser reads this format in the same way
 * everywhere, and in a tenth of the time.
 */
const USUAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

/** Milliseconds since the epoch of an RFC 3339 time; undefined for any other text, and for a day or hour that does not exist. */
export function parseTime(text: string): number | undefined {
  if (USUAL.test(text)) return Date.parse(text);
  if (!RFC3339.test(text)) return undefined;
  const time = parseISO(text.toUpperCase()).getTime();
  return Number.isNaN(time) ? undefined : time;
}

/** An RFC 3339 time as this program writes times: in UTC, with milliseconds. Undefined for any other value. */
export function utcTime(value: unknown): string | undefined {
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  return time === undefined ? undefined : new Date(time).toISOString();
}
