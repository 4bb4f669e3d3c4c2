import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject } from '../../domain/json.ts';
import { DistinctKeys, ListBounds, MOST_FILTERED_PAGES } from '../../distribution/list-bounds.ts';
import type { Call, EcrClient } from './client.ts';

/** Longest page of every list that is read here (API reference, `MaxResults`). */
const PAGE = 1000;

/** The list of an answer, and what of an entry no other entry has. */
interface ListField {
  readonly field: string;
  readonly key: string;
}

/**
 * A list, page by page: what `field` of each answer holds. Throws `BAD_RESPONSE` for an answer without that field, for pages that go round
 * in a circle, and for pages that do not end ({@link ListBounds}).
 */
export async function* pages(client: EcrClient, call: Call, { field, key }: ListField): AsyncGenerator<readonly unknown[]> {
  const bounds = new ListBounds(call.doing, MOST_FILTERED_PAGES);
  const seen = new DistinctKeys();
  let nextToken: string | undefined;
  do {
    const answer = await client.call({
      ...call,
      input: { ...call.input, maxResults: PAGE, ...(nextToken !== undefined && { nextToken }) },
    });
    const list = field in answer ? asList(answer[field]) : undefined;
    if (!list) throw badAnswer(call.doing, `the answer has no list "${field}"`);
    const next = answer['nextToken'] ?? undefined;
    if (next !== undefined && (typeof next !== 'string' || next === ''))
      throw badAnswer(call.doing, 'the pages of the list do not lead to its end');
    yield list;
    if (next !== undefined) {
      bounds.check(seen.with(list.map((entry) => asObject(entry)?.[key])));
      bounds.next(next);
    }
    nextToken = next;
  } while (nextToken !== undefined);
}
