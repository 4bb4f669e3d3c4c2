import type { LimitFunction } from 'p-limit';

/**
 * Works on all items, in order and as many side by side as the limit has room for. Unlike `limit.map`, it makes promises for those that are
 * worked on alone, and not for a hundred thousand that wait. Rejects with the first failure; what is under way then ends by itself.
 */
export async function eachOf<Item>(limit: LimitFunction, items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < waiting.length) {
      const item = waiting[begun++] as Item;
      await work(item);
    }
  };
  const workers = Math.min(limit.concurrency, waiting.length);
  await Promise.all(Array.from({ length: workers }, () => limit(worker)));
}
