import { describe, expect, test } from 'vitest';
import { type Keep, keptBy, measuresAge, measuresPulls, type Standing } from '../../../src/policy/keep/keep.ts';

const DAY = 86_400_000;
type Row = readonly [keep: Keep, rank: number, age: number | undefined, pullAge: number | undefined, code: ReturnType<typeof keptBy>];

/** An image of a group that counts, which says nothing of itself. */
const STANDING: Standing = {
  rank: 1,
  counts: true,
  isTimed: true,
  age: undefined,
  pullAge: undefined,
  lifetime: undefined,
  olderRank: undefined,
};

describe('what keeps an image of a rank, an age and a last pull (in days)', () => {
  const rows: Row[] = [
    ['all', 99, undefined, undefined, 'keep_all'],
    ['none', 1, 0, 0, undefined],
    [{ last: 2 }, 2, 999, undefined, 'newest'],
    [{ last: 2 }, 3, 0, 0, undefined],
    [{ last: 0 }, 1, 0, 0, undefined],
    [{ days: 30 }, 99, 30, undefined, 'within_days'],
    [{ days: 30 }, 1, 30 + 1 / DAY, undefined, undefined],
    [{ days: 30 }, 1, -1, undefined, 'within_days'],
    [{ days: 0 }, 1, 0, undefined, 'within_days'],
    [{ days: 0 }, 1, 1 / DAY, undefined, undefined],
    [{ days: 0.5 }, 1, 0.5, undefined, 'within_days'],
    [{ days: 30 }, 1, undefined, undefined, undefined],
    [{ pulledDays: 30 }, 99, 900, 30, 'pulled_within'],
    [{ pulledDays: 30 }, 1, 900, 30 + 1 / DAY, undefined],
    [{ pulledDays: 30 }, 99, 30, undefined, 'pulled_within'],
    [{ pulledDays: 30 }, 1, 31, undefined, undefined],
    [{ max: 2 }, 2, 999, undefined, 'newest'],
    [{ max: 2 }, 3, 0, 0, undefined],
    [{ max: 0 }, 1, 0, 0, undefined],
    [{ days: 30, max: 2 }, 2, 30, undefined, 'within_days'],
    [{ days: 30, max: 2 }, 3, 1, undefined, undefined],
    [{ days: 30, max: 2 }, 1, 31, undefined, undefined],
    [{ pulledDays: 30, max: 2 }, 3, 900, 1, undefined],
    [{ pulledDays: 30, max: 2 }, 2, 900, 1, 'pulled_within'],
    [{ last: 3, days: 30, max: 1 }, 3, 900, undefined, 'newest'],
    [{ last: 3, days: 30, max: 5 }, 4, 30, undefined, 'within_days'],
    [{ last: 3, days: 30, max: 5 }, 6, 1, undefined, undefined],
    [{ last: 1, max: 3 }, 2, 1, undefined, undefined],
    [{ last: 1, days: 30 }, 1, 1, undefined, 'newest'],
    // Beside days, pulledDays asks about pulls alone.
    [{ days: 10, pulledDays: 30 }, 9, 20, undefined, undefined],
    [{ days: 10, pulledDays: 30 }, 9, 20, 30, 'pulled_within'],
    [{ days: 10, pulledDays: 30 }, 9, 5, 1, 'within_days'],
    [{ days: 10, pulledDays: 30 }, 9, 31, 31, undefined],
  ];

  test.each(rows)('%j at rank %d, age %d, pulled %d: %s', (keep, rank, age, pullAge, code) => {
    const milliseconds = (days: number | undefined): number | undefined => (days === undefined ? undefined : days * DAY);
    expect(keptBy(keep, { ...STANDING, rank, age: milliseconds(age), pullAge: milliseconds(pullAge) })).toBe(code);
  });
});

test.each<[Keep, boolean, boolean]>([
  ['all', false, false],
  ['none', false, false],
  [{ last: 1, max: 2 }, false, false],
  [{ days: 0 }, true, false],
  [{ pulledDays: 0 }, true, true],
])('%j measures an age: %s, pulls: %s', (keep, age, pulls) => {
  expect(measuresAge(keep)).toBe(age);
  expect(measuresPulls(keep)).toBe(pulls);
});
