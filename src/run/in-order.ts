import pLimit from 'p-limit';

/** Results kept waiting for an earlier one, for each that is worked on. */
const AHEAD = 4;

/**
 * Works on several items at a time and hands out the results in the order of the items, holding no more than a few of them. Throws the first failure, in that
 * same order; work that is under way then ends by itself.
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
      // Whoever asks for it sees the failure; until then it is nobody's.
      result.catch(() => {});
      waiting.push(result);
      if (waiting.length >= AHEAD * concurrency) yield await (waiting.shift() as Promise<Result>);
    }
    for (const result of waiting) yield await result;
  } finally {
    limit.clearQueue();
  }
}
