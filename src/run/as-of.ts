import { ToolError } from '../diagnostics/tool-error.ts';
import { parseDuration } from '../domain/duration.ts';
import { parseTime } from '../domain/time.ts';

/** The end of the year 9999: later times have no place in the form that documents write. */
const LATEST = Date.UTC(10_000, 0, 1) - 1;

/**
 * Milliseconds since the epoch of the time that `--now` gives: an RFC 3339 time, whose date and time a space may part, or a duration
 * from `now` on, such as `+30d`. Throws `USAGE`.
 */
export function asOf(text: string, now: number): number {
  const ahead = text.startsWith('+') ? parseDuration(text.slice(1)) : undefined;
  const time = ahead === undefined ? parseTime(text.replace(' ', 'T')) : now + ahead;
  if (time !== undefined && time <= LATEST) return time;
  throw new ToolError('USAGE', `--now is "${text}", which is not a time with its zone by RFC 3339, nor a duration from now on.`, {
    hint: 'Give a time such as 2026-11-24T03:00:00Z, or how far ahead, such as +30d or +12h.',
  });
}
