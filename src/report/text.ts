import { DAY_MS, parseTime } from '../domain/time.ts';

const HOUR_MS = 3_600_000;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in decimal units with three digits at most, as `df -H` and registries show them: `21.4 GB`. */
export function bytes(value: number): string {
  let unit = 0;
  let amount = value;
  // 999.5 would be shown as 1000, so it already takes the next unit.
  while (amount >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit > 0 && amount < 99.95 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}

/** `1 image`, `5,000 images`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

/** The first so many of a list, and behind them how many more there are: `and 12 more`. */
export function firstOf(list: readonly string[], most: number): string[] {
  return list.length <= most ? [...list] : [...list.slice(0, most), `and ${number(list.length - most)} more`];
}

/** What stands below a list that was cut, in a terminal. */
export function moreLine(left: number): string {
  return `… and ${number(left)} more: -v shows all`;
}

/** A whole number with commas, the same on every machine. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `2026-11-24 03:10 UTC` of an ISO 8601 time; any other text as it is. */
export function time(iso: string): string {
  const parsed = parseTime(iso);
  return parsed === undefined ? iso : `${new Date(parsed).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Before this, a time is what reproducible builds and zero values write, which tells the age of nothing. */
export const EARLIEST = Date.UTC(2000, 0, 1);

/** Whole days or, below one, whole hours between two ISO 8601 times; empty where the first is unknown, lies before 2000 or lies ahead. */
export function age(from: string | undefined, now: string): string {
  const [start, end] = [from === undefined ? undefined : parseTime(from), parseTime(now)];
  const ms = start === undefined || end === undefined || start < EARLIEST ? -1 : end - start;
  if (ms < 0) return '';
  const hours = Math.floor(ms / HOUR_MS);
  return hours < 24 ? count(hours, 'hour') : count(Math.floor(hours / 24), 'day');
}

/**
 * Until when what is deleted at an ISO 8601 time can be restored, where the registry keeps it for so many days:
 * `recoverable until 2026-12-01`.
 */
export function recoverable(days: number, now: string): string {
  // No date where the time is not known, nor beyond the last day that a date can have.
  const until = new Date((parseTime(now) ?? Number.NaN) + days * DAY_MS);
  return Number.isNaN(until.getTime()) ? `recoverable for ${count(days, 'day')}` : `recoverable until ${until.toISOString().slice(0, 10)}`;
}

/** `sha256:` and the first twelve digits: enough to tell manifests of one repository apart, short enough to read. */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(':');
  return digest.slice(0, colon + 13);
}
