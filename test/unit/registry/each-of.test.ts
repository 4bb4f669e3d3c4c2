import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { eachOf } from '../../../src/distribution/each-of.ts';

test('all items are worked on, begun in order, and no more side by side than the limit allows, whoever else uses it', async () => {
  const limit = pLimit(3);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    most = Math.max(most, ++running);
    for (let turn = 0; turn <= item % 4; turn++) await Promise.resolve();
    running -= 1;
  };
  await Promise.all([eachOf(limit, new Set([0, 1, 2, 3, 4, 5, 6, 7]), work), eachOf(limit, [100, 101], work), eachOf(limit, [], work)]);
  expect(begun.filter((item) => item < 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(begun.filter((item) => item >= 100)).toEqual([100, 101]);
  expect(most).toBe(3);
});

test('the first failure is thrown', async () => {
  const work = async (item: number): Promise<void> => {
    if (item > 1) throw new Error(`item ${item}`);
  };
  await expect(eachOf(pLimit(1), [1, 2, 3], work)).rejects.toThrow('item 2');
});
