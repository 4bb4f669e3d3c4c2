import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder, type SideBySide } from '../../../src/run/in-order.ts';

const few = (count: number): SideBySide => ({ few: count, most: 100, room: () => undefined });

test('results come in the order of the items, though later ones are ready first', async () => {
  const results: number[] = [];

  for await (const result of inOrder([5, 1, 4, 0, 3], few(3), async (turns) => {
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    return turns;
  })) {
    results.push(result);
  }

  expect(results).toEqual([5, 1, 4, 0, 3]);
});

test('no more items are worked on, and no more results wait, than a few', async () => {
  let running = 0;
  let most = 0;
  let begun = 0;
  const items = Array.from({ length: 100 }, (_, index) => index);
  let taken = 0;
  let ahead = 0;

  for await (const _result of inOrder(items, few(2), async () => {
    begun += 1;
    most = Math.max(most, (running += 1));
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    running -= 1;
  })) {
    taken += 1;
    ahead = Math.max(ahead, begun - taken);
  }

  expect(most).toBe(2);
  expect(taken).toBe(100);
  expect(ahead).toBeLessThanOrEqual(8);
});

test('the first failure in order is thrown, and what has not begun is not begun', async () => {
  const begun: number[] = [];
  const run = async (): Promise<void> => {
    for await (const _ of inOrder([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], few(1), async (item) => {
      begun.push(item);
      await setImmediate();
      if (item === 2) throw new Error('two');
    }));
  };

  await expect(run()).rejects.toThrow('two');
  await setImmediate();
  expect(begun.length).toBeLessThan(8);
});

test('the next item is begun whenever there is room, and one at least is worked on', async () => {
  let running = 0;
  let most = 0;
  let places = 0;
  // Room for three, and none at all in the middle.
  const room = (): Promise<void> => (running < places ? Promise.resolve() : new Promise(() => {}));
  const results: number[] = [];
  for await (const result of inOrder(
    Array.from({ length: 30 }, (_, index) => index),
    { few: 1, most: 10, room },
    async (item) => {
      running += 1;
      places = item > 10 && item < 20 ? 0 : 3;
      if (item < 10) most = Math.max(most, running);
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      running -= 1;
      return item;
    },
  ))
    results.push(result);
  expect(results).toEqual(Array.from({ length: 30 }, (_, index) => index));
  expect(most).toBe(3);
});
