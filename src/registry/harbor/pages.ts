import pLimit from 'p-limit';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { parseLinks } from '../../http/parse-links.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject, type JsonObject, parseJson } from '../../domain/json.ts';
import { ListBounds, MOST_ENTRIES } from '../../distribution/list-bounds.ts';
import type { HarborClient, HarborRequest } from './client.ts';

/** The largest page that Harbor allows; for a larger one it answers 422 (swagger, `pageSize`). */
const PAGE_SIZE = 100;
/** How often a list is read that changes meanwhile. */
const ATTEMPTS = 5;
/** Pages of one list at a time; the HTTP client has the last word. */
const SIDE_BY_SIDE = 8;

export interface ListOptions {
  /** What of an entry no other entry has. */
  readonly key: string;
  /** Called for each page with its length, and the length of the whole list. */
  readonly onPage?: ((read: number, total: number) => void) | undefined;
}

/**
 * A whole list. Harbor's pages begin at an offset, so that entries move from one page to another when something is deleted or pushed in the
 * meantime. A list is read again if its pages disagree about its length (`X-Total-Count`), if it holds an entry twice or lacks one, or if
 * it goes on after its end (`Link`). Throws `REGISTRY_ERROR` for a list that keeps changing, `BAD_RESPONSE` for an answer that is not a
 * list and for a list that is too long ({@link ListBounds}), and what {@link HarborClient.get} throws.
 */
export async function readList(client: HarborClient, request: HarborRequest, options: ListOptions): Promise<JsonObject[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const entries = await readOnce(client, request, options);
    if (entries) return entries;
  }
  throw new ToolError('REGISTRY_ERROR', `Cannot ${request.doing}: the list changed each of the ${ATTEMPTS} times that it was read.`, {
    hint: 'Run again when less is pushed and deleted there.',
  });
}

/** Undefined for a list that changed while it was read. */
async function readOnce(client: HarborClient, request: HarborRequest, { key, onPage }: ListOptions): Promise<JsonObject[] | undefined> {
  const page = async (number: number): Promise<Page> => {
    const path = `${request.path}${request.path.includes('?') ? '&' : '?'}page=${number}&page_size=${PAGE_SIZE}`;
    return readPage(await client.get({ ...request, path }), request.doing);
  };
  const first = await page(1);
  const { total } = first;
  onPage?.(first.entries.length, total);
  if (first.entries.length < Math.min(total, PAGE_SIZE) && first.hasNext) {
    throw badAnswer(
      request.doing,
      `a page of ${PAGE_SIZE} has only ${first.entries.length} of ${total} entries, as if the size of the page were not passed on`,
    );
  }
  if (total > MOST_ENTRIES) throw badAnswer(request.doing, `it says that the list has ${total} entries, which is more than any`);
  const bounds = new ListBounds(request.doing);
  const distinct = new Set(first.entries.map((entry) => entry[key]));
  const limit = pLimit(SIDE_BY_SIDE);
  const readNext = async (number: number): Promise<Page> => {
    const read = await page(number);
    onPage?.(read.entries.length, total);
    for (const entry of read.entries) distinct.add(entry[key]);
    bounds.check(distinct.size);
    return read;
  };
  const rest = await limit
    .map(
      Array.from({ length: Math.max(0, Math.ceil(total / PAGE_SIZE) - 1) }, (_, index) => index + 2),
      readNext,
    )
    .catch((error: unknown) => {
      limit.clearQueue();
      throw error;
    });
  const pages = [first, ...rest];
  const entries = pages.flatMap((one) => one.entries);
  const steady =
    pages.every((one) => one.total === total) && pages.at(-1)?.hasNext !== true && distinct.size === total && entries.length === total;
  return steady ? entries : undefined;
}

interface Page {
  readonly entries: readonly JsonObject[];
  readonly total: number;
  readonly hasNext: boolean;
}

function readPage({ body, headers }: HttpResponse, doing: string): Page {
  const entries = objectsIn(body);
  if (!entries) throw badAnswer(doing, 'the answer is not a list');
  const total = headers['x-total-count'];
  if (total === undefined || !/^\d{1,9}$/.test(total))
    throw badAnswer(doing, 'the answer does not say how long the list is (X-Total-Count)');
  return { entries, total: Number(total), hasNext: parseLinks(headers['link'] ?? '').some(({ relations }) => relations.includes('next')) };
}

/** The objects of a JSON list; undefined where the body is anything else. */
export function objectsIn(body: Uint8Array): JsonObject[] | undefined {
  const list = parseJson(body);
  // An empty list may be null, as Go writes one.
  if (list === null) return [];
  if (!Array.isArray(list)) return undefined;
  const objects = list.map(asObject);
  return objects.every((entry) => entry !== undefined) ? objects : undefined;
}
