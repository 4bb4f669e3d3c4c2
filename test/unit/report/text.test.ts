import { describe, expect, test } from 'vitest';
import { age, bytes, count, number, shortDigest, time } from '../../../src/report/text.ts';
import { fit } from '../../../src/report/width.ts';

describe('the pieces of human texts', () => {
  test.for([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [21_430_000_000, '21.4 GB'],
    [2e15, '2.0 PB'],
    [5e18, '5000 PB'],
  ] as const)('%i bytes are %s', ([value, expected]) => {
    expect(bytes(value)).toBe(expected);
  });

  test('whole numbers are grouped by commas, and their noun agrees', () => {
    expect([number(999), number(1000), number(1_234_567)]).toEqual(['999', '1,000', '1,234,567']);
    expect([count(1, 'image'), count(0, 'image'), count(2, 'repository', 'repositories')]).toEqual([
      '1 image',
      '0 images',
      '2 repositories',
    ]);
  });

  test('an age is in whole days, below one in hours, and empty where there is none', () => {
    const now = '2026-11-24T03:10:00Z';
    expect(age('2026-11-23T03:10:00Z', now)).toBe('1 day');
    expect(age('2026-11-23T03:10:01Z', now)).toBe('23 hours');
    expect(age('2026-10-24T04:10:00Z', now)).toBe('30 days');
    expect([age(undefined, now), age('yesterday', now), age('2026-11-25T00:00:00Z', now)]).toEqual(['', '', '']);
  });

  test('a time is shown in UTC to the minute; what is no time is shown as it is', () => {
    expect(time('2026-11-24T05:10:59+02:00')).toBe('2026-11-24 03:10 UTC');
    expect(time('long ago')).toBe('long ago');
  });

  test('a digest is cut to twelve digits, a text to the room there is', () => {
    expect(shortDigest(`sha512:${'ab'.repeat(64)}`)).toBe('sha512:abababababab');
    expect([fit('abcdef', 6), fit('abcdef', 4), fit('abcdef', 1), fit('abcdef', 0)]).toEqual(['abcdef', 'abc…', '…', '']);
  });
});
