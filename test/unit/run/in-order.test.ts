import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder } from '../../../src/run/in-order.ts';

test('results come in the order of the items, though later ones are ready first', async () => {
  const results: number[] = [];

  for await (const result of inOrder([5, 1, 4, 0, 3], 3, async (turns) => {
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

  for await (const _result of inOrder(items, 2, async () => {
    begun += 1;
    most = Math.max(most, (running += 1));
    await setImmediate();
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
    for await (const _ of inOrder([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1, async (item) => {
      begun.push(item);
      await setImmediate();
      if (item === 2) throw new Error('two');
    }));
  };

  await expect(run()).rejects.toThrow('two');
  await setImmediate();
  expect(begun.length).toBeLessThan(8);
});
