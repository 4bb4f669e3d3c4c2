import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../../src/domain/duration.ts';
import { DAY_MS } from '../../../src/domain/time.ts';
import { parseSize } from '../../../src/policy/units.ts';

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
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('a size', () => {
  test.each([
    ['0B', 0],
    ['1B', 1],
    ['1KB', 1000],
    ['500MB', 500_000_000],
    ['1.5GB', 1_500_000_000],
    ['2TB', 2_000_000_000_000],
    ['1KiB', 1024],
    ['1MiB', 1024 ** 2],
    ['2 GiB', 2 * 1024 ** 3],
    ['0.5TiB', 1024 ** 4 / 2],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', '1', 'GB', '-1GB', '1gb', '1G', '1kB', '1PB', '1.GB', '.5GB', '1e3MB', '1,5GB', '1 GB ', '9999999999TB'])(
    '%j is none',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});
