import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { asList, asObject, type JsonObject } from '../../domain/json.ts';
import type { Call, HubClient } from './client.ts';

/** A page of a list. */
export interface HubPage {
  readonly results: readonly JsonObject[];
  /** How long the whole list is. */
  readonly count: number;
}

/** The longest page that Docker Hub answers (docker/docs, reference/api/hub/latest.yaml). */
const PAGE = '100';

/**
 * A list page by page, by number, until an answer names no next page. `seen` tells how many different entries there are so far, so that a
 * list that does not end is noticed.
 */
export async function* pages(client: HubClient, call: Call, seen: () => number): AsyncGenerator<HubPage> {
  const bounds = new ListBounds(call.doing, 2);
  for (let page = 1; ; page++) {
    const json = await client.get({ ...call, query: { ...call.query, page_size: PAGE, page: String(page) } });
    const results = 'results' in json ? asList(json['results'])?.map(asObject) : undefined;
    const { count, next = null } = json;
    if (!results || !results.every((entry) => entry !== undefined) || typeof count !== 'number')
      throw badAnswer(call.doing, 'the answer is not a page of a list');
    if (next !== null && typeof next !== 'string') throw badAnswer(call.doing, 'the answer does not say whether there are more');
    yield { results, count };
    if (next === null || next === '') return;
    bounds.check(seen());
  }
}
