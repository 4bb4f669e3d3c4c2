import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../../src/domain/duration.ts';
import { DAY_MS } from '../../../src/domain/time.ts';

describe('a duration', () => {
  test.each([
    ['0s', 0],
    ['1s', 1000],
    ['90m', 90 * 60_000],
    ['12h', 12 * 3_600_000],
    ['30d', 30 * 24 * 3_600_000],
    ['2w', 14 * DAY_MS],
    ['007d', 7 * DAY_MS],
  ])('%s is %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    '',
    '1',
    'd',
    '1.5h',
    '-1h',
    '+1h',
    '1 h',
    ' 1h',
    '1h ',
    '1H',
    '1D',
    '1ms',
    '1y',
    '1h30m',
    '1e3s',
    '١h',
    '99999999999999999w',
  ])('%j is not one', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
