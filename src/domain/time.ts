import { parseISO } from 'date-fns/parseISO';

/** Milliseconds of a day of exactly 24 hours. */
export const DAY_MS = 86_400_000;

/** What registries and this program write: nearly every time, so it is read by its places. */
const USUAL = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

/** A date and time with a zone: the time up to its second, the fraction of that second, the zone. */
const RFC3339 = /^(\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Milliseconds since the epoch of an RFC 3339 time, its second cut off after three digits; undefined for any other text, and for a
 * day or hour that does not exist.
 */
export function parseTime(text: string): number | undefined {
  if (USUAL.test(text)) return usualTime(text);
  const [, seconds, fraction = '', zone] = RFC3339.exec(text) ?? [];
  if (seconds === undefined || zone === undefined) return undefined;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  // In UTC and with nine digits: the config of an image.
  const usual = `${seconds}.${milliseconds}${zone}`.toUpperCase();
  if (USUAL.test(usual)) return usualTime(usual);
  // The fraction is added as a whole number: read as a decimal it can end up one millisecond early.
  const time = parseISO(`${seconds}${zone}`.toUpperCase()).getTime() + Number(milliseconds);
  return Number.isNaN(time) ? undefined : time;
}

/** The last days are not in every month: where there is none, the language goes on counting in the next. */
function usualTime(text: string): number | undefined {
  const day = twoDigits(text, 8);
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2);
  const milliseconds = text.length > 20 ? 10 * twoDigits(text, 20) + digit(text, 22) : 0;
  const time = Date.UTC(year, twoDigits(text, 5) - 1, day, twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17), milliseconds);
  return day <= 28 || new Date(time).getUTCDate() === day ? time : undefined;
}

function twoDigits(text: string, at: number): number {
  return 10 * digit(text, at) + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - 48;
}

/** An RFC 3339 time as this program writes times: in UTC, with milliseconds. Undefined for any other value. */
export function utcTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const time = parseTime(value);
  if (time === undefined) return undefined;
  return value.length === OWN_LENGTH && USUAL.test(value) ? value : new Date(time).toISOString();
}

/** The length of a time as this program writes it. */
const OWN_LENGTH = '2026-01-31T12:00:00.000Z'.length;

/** No registry is as old: an earlier time is not known. Milliseconds since the epoch. */
export const EARLIEST_KNOWN = Date.UTC(2000, 0, 1);

/**
 * Milliseconds since the epoch, UTC. Undefined for a time that is missing, is not an RFC 3339 time, lies before 2000-01-01 (reproducible
 * builds write 1970 or 1980) or more than a day ahead of now: unknown, which never means old.
 */
export function knownTime(text: string | undefined, now: number): number | undefined {
  const time = text === undefined ? undefined : parseTime(text);
  return time !== undefined && time >= EARLIEST_KNOWN && time <= now + DAY_MS ? time : undefined;
}
