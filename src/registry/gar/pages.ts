import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, type JsonObject } from '../../domain/json.ts';
import { DistinctKeys, ListBounds, MOST_FILTERED_PAGES } from '../../distribution/list-bounds.ts';
import type { Call, GarClient } from './client.ts';

/** The largest page of all lists (API reference, `pageSize`); a service may answer shorter ones (AIP-158). */
const PAGE = 1000;

/**
 * The entries of a list, page by page. An empty list is answered as `{}`, and so may be the last page. Throws what `GarClient.get` throws,
 * and `BAD_RESPONSE` for a page that is not understood, for one that lacks a part, and for pages that do not end ({@link ListBounds}).
 */
export async function* pages(client: GarClient, call: Call, field: string): AsyncGenerator<readonly JsonObject[]> {
  const bounds = new ListBounds(call.doing, MOST_FILTERED_PAGES);
  // Everything that is listed has a name of its own.
  const seen = new DistinctKeys();
  let pageToken = '';
  const get = (size: number): Promise<JsonObject> =>
    client.get({ ...call, query: { pageSize: String(size), ...call.query, ...(pageToken !== '' && { pageToken }) } });
  for (;;) {
    const json = await get(PAGE);
    // Of a list with more, nothing at all would be a strange rest: it is asked for once more.
    if (pageToken !== '' && isEmpty(json) && !isEmpty(await get(PAGE - 1)))
      throw badAnswer(call.doing, 'a page of the list is empty, and asked for again it is not');
    const isPage = field in json || 'nextPageToken' in json || isEmpty(json);
    const entries = isPage ? asList(json[field])?.map(asObject) : undefined;
    if (!entries?.every((entry): entry is JsonObject => entry !== undefined))
      throw badAnswer(call.doing, `the answer has no list "${field}"`);
    if (asList(json['unreachable'])?.length !== 0) throw badAnswer(call.doing, 'a part of the list could not be reached');
    const next = json['nextPageToken'] ?? '';
    if (typeof next !== 'string') throw badAnswer(call.doing, 'the pages of the list do not lead to its end');
    yield entries;
    if (next === '') return;
    bounds.check(seen.with(entries.map((entry) => entry['name'])));
    bounds.next(next);
    pageToken = next;
  }
}

function isEmpty(json: JsonObject): boolean {
  return Object.keys(json).length === 0;
}
