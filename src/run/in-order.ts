import pLimit from 'p-limit';

/** How many results may wait for an earlier one, for each item that is worked on. */
const AHEAD = 4;

/**
 * Works on several items at a time and yields the results in the order of the items, holding only a few of them. Throws the first failure
 * in that order; work that is under way then ends by itself.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const limit = pLimit(concurrency);
  const waiting: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const result = limit(work, item);
      // The reader of the result gets the failure; without this handler it would count as unhandled until then.
      result.catch(() => {});
      waiting.push(result);
      if (waiting.length >= AHEAD * concurrency) yield await (waiting.shift() as Promise<Result>);
    }
    for (const result of waiting) yield await result;
  } finally {
    limit.clearQueue();
  }
}
