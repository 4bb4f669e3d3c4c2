import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../domain/duration.ts';
import type { Io } from '../run/io.ts';
import type { Shard } from '../run/scope.ts';

/** Parsers of option values. Each throws commander's `InvalidArgumentError`, whose text commander shows after the option's name. */

/** A whole number from `least` on, up to `most` where that is given. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} ${most < Number.MAX_SAFE_INTEGER ? `to ${most}` : 'on'}.`);
    return value;
  };

/** A number of days, whole or not. */
export function dayCount(text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number of days, such as 30.');
  return Number(text);
}

/** Milliseconds of a duration. */
export function duration(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new InvalidArgumentError('It must be a whole number and s, m, h, d or w, such as 30m or 12h.');
  return value;
}

/** A shard such as `2/5`; `/5` in a pod of an Indexed Job, whose environment tells which one, counted from 0. */
export const shard =
  ({ JOB_COMPLETION_INDEX }: Io['env']) =>
  (text: string): Shard => {
    const [, given = '', number] = /^(\d{0,6})\/(\d{1,6})$/.exec(text) ?? [];
    const index =
      given !== '' ? Number(given) : /^\d{1,6}$/.test(JOB_COMPLETION_INDEX ?? '') ? Number(JOB_COMPLETION_INDEX) + 1 : undefined;
    const of = Number(number);
    if (index === undefined || !(index >= 1 && index <= of))
      throw new InvalidArgumentError('It must be I/N with I from 1 to N, such as 2/5, or /N where JOB_COMPLETION_INDEX is from 0 to N-1.');
    return { index, of };
  };

/** An age, as given. */
export function age(text: string): string {
  if (parseDuration(text) !== undefined) return text;
  throw new InvalidArgumentError('It must be a whole number and s, m, h, d or w, such as 12h or 40d.');
}

/** Collects labels, `name=value` each. */
export function labels(text: string, earlier: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be a name and a value, such as keep=true.');
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Collects an option that may be given several times. */
export function repeated(text: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}
