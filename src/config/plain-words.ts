import type * as z from 'zod';
import { didYouMean } from '../diagnostics/nearest.ts';

type Issue = z.core.$ZodRawIssue;

const EXPECTED: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'nothing',
};

/** What zod finds, in the words of someone who writes YAML. Values are shown only where a word of a fixed list was expected. */
export function plainWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${expectedWord(issue.expected)}, got ${kindOf(issue.input)}${advice(issue.expected, issue.input)}`;
    case 'invalid_value':
      return oneOf(issue.values, issue.input);
    case 'too_small':
      if (issue.origin === 'array') return `needs at least ${issue.minimum === 1 ? 'one entry' : `${issue.minimum} entries`}`;
      return issue.origin === 'string' ? 'must not be empty' : `must be ${issue.minimum} or more`;
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be ${issue.maximum} or less`
        : `must not be longer than ${issue.maximum}`;
    default:
      return undefined;
  }
}

/** `a list`, `text`, …. */
export function expectedWord(type: string): string {
  return EXPECTED[type] ?? type;
}

/** What a value is: `a map`, `text`, `true`, …. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number')
    return Number.isInteger(value) ? 'a whole number' : Number.isFinite(value) ? 'a fraction' : 'an infinite number or NaN';
  return typeof value === 'string' ? 'text' : 'a map';
}

/** The words of a fixed list as they are written in YAML. */
export function wordList(values: readonly unknown[]): string {
  return values
    .map((value) => (typeof value === 'string' ? `"${value}"` : String(value)))
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');
}

function oneOf(values: readonly unknown[], input: unknown): string {
  if (typeof input !== 'string') return `expected ${wordList(values)}, got ${typeof input === 'number' ? input : kindOf(input)}`;
  const words = values.filter((value) => typeof value === 'string');
  return `expected ${wordList(values)}, got "${input.length > 40 ? `${input.slice(0, 40)}…` : input}"${didYouMean(input, words)}`;
}

/** What to do about a value of the wrong kind, where that is likely; with the colon before it. */
export function advice(expected: string, input: unknown): string {
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) return ': put it in quotes';
  if (expected === 'array' && typeof input === 'string') return ': put it in brackets, [ … ]';
  if ((expected === 'number' || expected === 'int') && typeof input === 'string' && /^\d+$/.test(input)) return ': take the quotes away';
  return '';
}
