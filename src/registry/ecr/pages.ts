import { badAnswer } from '../oci/answer-errors.ts';
import { asList } from '../oci/json-fields.ts';
import type { Call, EcrClient } from './client.ts';

/** Longest page of every list that is read here (API reference, `MaxResults`). */
const PAGE = 1000;

/** A list, page by page: what `field` of each answer holds. Throws `BAD_RESPONSE` for an answer without it, and for pages that go round in a circle. */
export async function* pages(client: EcrClient, call: Call, field: string): AsyncGenerator<readonly unknown[]> {
  const seen = new Set<string>();
  let nextToken: string | undefined;
  do {
    const answer = await client.call({ ...call, input: { ...call.input, maxResults: PAGE, ...(nextToken !== undefined && { nextToken }) } });
    const list = field in answer ? asList(answer[field]) : undefined;
    if (!list) throw badAnswer(call.doing, `the answer has no list "${field}"`);
    yield list;
    const next = answer['nextToken'] ?? undefined;
    if (next !== undefined && (typeof next !== 'string' || next === '' || seen.has(next))) throw badAnswer(call.doing, 'the pages of the list do not lead to its end');
    nextToken = next;
    if (next !== undefined) seen.add(next);
  } while (nextToken !== undefined);
}
