import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { asList, asObject, type JsonObject } from '../../domain/json.ts';

/** The longest page that both editions answer. */
export const PAGE = 100;
/** So many lists may change while they are read. */
const MOST_LISTS = 3;

export interface Paged {
  readonly doing: string;
  /** Asks for a page, counted from 1. */
  readonly page: (number: number) => Promise<JsonObject>;
  /** The names of the list and of its length in an answer. */
  readonly list: string;
  readonly total: string;
  /** Tells two entries apart. */
  readonly key: (entry: JsonObject) => string;
}

/**
 * Reads all pages of a list. Both editions count pages, so that what is deleted meanwhile makes others slip from a page not yet read onto
 * one that was: the list is read again where the number of entries is not the one that it tells. Throws `REGISTRY_ERROR` where it never is.
 */
export async function readPages(paged: Paged): Promise<JsonObject[]> {
  for (let lists = 0; lists < MOST_LISTS; lists++) {
    const entries = await readOnce(paged);
    if (entries) return entries;
  }
  throw new ToolError('REGISTRY_ERROR', `Cannot ${paged.doing}: the list is not as long as it says, or changes while it is read.`, {
    hint: 'Run again when fewer tags are pushed and deleted there.',
  });
}

async function readOnce({ doing, page, list, total: length, key }: Paged): Promise<JsonObject[] | undefined> {
  const entries = new Map<string, JsonObject>();
  const bounds = new ListBounds(doing, 2);
  for (let number = 1; ; number++) {
    const json = await page(number);
    const listed = list in json ? asList(json[list])?.map(asObject) : undefined;
    const total = Number(json[length]);
    if (!listed?.every((entry) => entry !== undefined)) throw badAnswer(doing, 'the answer is not a list');
    if (json[length] === null || json[length] === '' || !Number.isInteger(total) || total < 0)
      throw badAnswer(doing, 'the answer does not say how long the list is');
    for (const entry of listed) if (!entries.has(key(entry))) entries.set(key(entry), entry);
    if (number * PAGE >= total || listed.length === 0) return entries.size === total ? [...entries.values()] : undefined;
    bounds.check(entries.size);
  }
}
