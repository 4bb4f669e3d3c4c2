import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sortedByNumber } from '../../../src/domain/sorted-by-number.ts';

interface Item {
  readonly number: number;
  readonly text: string;
  readonly place: number;
}

const byNumber = (a: Item, b: Item): number => a.number - b.number;
const byNumberAndText = (a: Item, b: Item): number => byNumber(a, b) || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);

function items(numbers: readonly (readonly [number: number, text: string])[]): Item[] {
  return numbers.map(([number, text], place) => ({ number, text, place }));
}

/** Short lists, which the library sorts, and longer ones. */
const lists = (number: fc.Arbitrary<number>): fc.Arbitrary<Item[]> =>
  fc
    .oneof(
      fc.array(fc.tuple(number, fc.string({ maxLength: 1 })), { maxLength: 40 }),
      fc.array(fc.tuple(number, fc.string({ maxLength: 1 })), { minLength: 500, maxLength: 1500, size: 'max' }),
    )
    .map(items);

describe('a list is sorted as the library sorts it', () => {
  test.each([
    ['by few numbers, each of which many items have', fc.nat(20)],
    ['by numbers of up to 32 bits', fc.integer({ min: 0, max: 2 ** 32 - 1 })],
    ['by numbers that are too large, negative or not whole', fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.constant(2 ** 32))],
  ])('%s', (_, number) => {
    fc.assert(
      fc.property(lists(number), (list) => {
        const given = [...list];
        expect(sortedByNumber(list, (item) => item.number, byNumberAndText)).toEqual(list.toSorted(byNumberAndText));
        expect(sortedByNumber(list, (item) => item.number, byNumber)).toEqual(list.toSorted(byNumber));
        expect(list).toEqual(given);
      }),
      { numRuns: 30 },
    );
  });

  test('by numbers that tell them apart in part only, as seconds tell times', () => {
    fc.assert(
      fc.property(lists(fc.nat(100_000)), (list) => {
        expect(sortedByNumber(list, ({ number }) => Math.floor(number / 1000), byNumberAndText)).toEqual(list.toSorted(byNumberAndText));
      }),
      { numRuns: 30 },
    );
  });

  test('and without a call for each two that are compared', () => {
    const list = items(Array.from({ length: 10_000 }, (_, place) => [(place * 7919) % 10_000, '']));
    let calls = 0;
    sortedByNumber(
      list,
      ({ number }) => number,
      (a, b) => (calls++, byNumber(a, b)),
    );
    expect(calls).toBe(0);
  });
});
