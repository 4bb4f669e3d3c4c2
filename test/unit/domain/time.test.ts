import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTime, utcTime } from '../../../src/domain/time.ts';

describe('a time is read as RFC 3339 and as nothing else', () => {
  test.each([
    ['2026-11-30T12:00:00Z', Date.UTC(2026, 10, 30, 12)],
    ['2026-11-30t12:00:00.1234567z', Date.UTC(2026, 10, 30, 12, 0, 0, 123)],
    ['2026-11-30T12:00:00-01:30', Date.UTC(2026, 10, 30, 13, 30)],
    // Not a millisecond earlier by way of a fraction that is not exact.
    ['1624-09-09T13:19:57.339490z', Date.UTC(1624, 8, 9, 13, 19, 57, 339)],
    ['0001-01-01T00:00:00.0Z', Date.parse('0001-01-01T00:00:00.000Z')],
    // A year that the language would take for one of the last century.
    ['0050-01-01T00:00:00Z', Date.parse('0050-01-01T00:00:00.000Z')],
    ['1970-01-01T00:00:00Z', 0],
    ['2024-02-29T23:59:59Z', Date.UTC(2024, 1, 29, 23, 59, 59)],
  ])('%s', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  test.each([
    '',
    '2026-11-30',
    '2026-11-30T12:00:00',
    '2026-11-30 12:00:00Z',
    '1764460800',
    'Mon, 30 Nov 2026 12:00:00 GMT',
    // Days and hours that do not exist.
    '2025-02-29T00:00:00Z',
    '2026-02-30T00:00:00+00:00',
    '2026-11-31T00:00:00Z',
    '2026-13-01T00:00:00.5Z',
    '2026-11-30T24:00:00Z',
    '2026-11-30T25:00:00Z',
    '2026-11-30T12:60:00Z',
    '2026-11-30T12:00:60Z',
    '2026-11-30T12:00:00+99:00',
    '2026-02-30T00:00:00.123456789Z',
    '2026-02-29T00:00:00.000Z',
  ])('not %j', (text) => {
    expect(parseTime(text)).toBeUndefined();
    expect(utcTime(text)).toBeUndefined();
  });

  test('whatever time this program writes is read as what it was', () => {
    const milliseconds = fc.integer({ min: Date.parse('0000-01-01T00:00:00.000Z'), max: Date.parse('9999-12-31T23:59:59.999Z') });
    fc.assert(
      fc.property(milliseconds, (time) => {
        const text = new Date(time).toISOString();
        expect(parseTime(text)).toBe(time);
        expect(parseTime(text.replace(/\.\d{3}/, ''))).toBe(Math.floor(time / 1000) * 1000);
      }),
    );
  });

  test('and written in UTC, with milliseconds', () => {
    expect(utcTime('2024-02-29T23:59:59.999Z')).toBe('2024-02-29T23:59:59.999Z');
    expect(utcTime('2026-11-30t12:00:00.123999999z')).toBe('2026-11-30T12:00:00.123Z');
    expect(utcTime('2026-11-30T12:00:00Z')).toBe('2026-11-30T12:00:00.000Z');
    expect(utcTime('2026-11-30T12:00:00.5+05:30')).toBe('2026-11-30T06:30:00.500Z');
    expect([utcTime(undefined), utcTime(null), utcTime(1764460800)]).toEqual([undefined, undefined, undefined]);
  });
});
