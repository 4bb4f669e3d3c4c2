/** Milliseconds of a day of exactly 24 hours. */
export const DAY_MS = 86_400_000;

/**
 * What registries and this program write, on a day that every month has. This is the language's own format, which its parser reads
 * in the same way everywhere.
 */
const USUAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

/** A date and time with a zone: the day, the time of the day, the fraction of its second, the zone. */
const RFC3339 =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Milliseconds since the epoch of an RFC 3339 time, its second cut off after three digits; undefined for any other text, and for a
 * day or hour that does not exist.
 */
export function parseTime(text: string): number | undefined {
  if (USUAL.test(text)) return Date.parse(text);
  const [, day, time, fraction = '', zone] = RFC3339.exec(text) ?? [];
  if (day === undefined || zone === undefined || !isOnCalendar(day)) return undefined;
  return Date.parse(`${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${zone.toUpperCase()}`);
}

/** False of a day such as February 30, which some parsers take for a day of the next month. */
function isOnCalendar(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

/** An RFC 3339 time as this program writes times: in UTC, with milliseconds. Undefined for any other value. */
export function utcTime(value: unknown): string | undefined {
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  return time === undefined ? undefined : new Date(time).toISOString();
}
