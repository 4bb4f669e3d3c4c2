import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../domain/duration.ts';
import type { Shard } from '../run/scope.ts';

/** Parsers of option values. Each throws commander's `InvalidArgumentError`, whose text commander shows after the option's name. */

/** A whole number from `least` on. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
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

/** A shard such as `2/5`; of `/5`, the one that the environment names as an Indexed Job of Kubernetes does, from 0. */
export const shard =
  (environment: Readonly<Record<string, string | undefined>>) =>
  (text: string): Shard => {
    const match = /^(\d{0,6})\/(\d{1,6})$/.exec(text);
    const of = Number(match?.[2]);
    const job = environment['JOB_COMPLETION_INDEX'] ?? '';
    if (match?.[1] === '' && !/^\d{1,6}$/.test(job))
      throw new InvalidArgumentError(
        'It must be I/N: without I, JOB_COMPLETION_INDEX must say which one, as in an Indexed Job of Kubernetes.',
      );
    const index = match?.[1] === '' ? Number(job) + 1 : Number(match?.[1]);
    if (!match || index < 1 || index > of)
      throw new InvalidArgumentError('It must be I/N with I from 1 to N, such as 2/5, or /N in an Indexed Job of N completions.');
    return { index, of };
  };

/** Collects an option that may be given several times. */
export function repeated(text: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}
