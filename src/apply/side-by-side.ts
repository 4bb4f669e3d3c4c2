import pLimit from 'p-limit';

/** Does work for each item, so many at a time. The first error is thrown, and what was not begun by then is not. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const limit = pLimit(concurrency);
  try {
    return await limit.map(items, work);
  } finally {
    limit.clearQueue();
  }
}
