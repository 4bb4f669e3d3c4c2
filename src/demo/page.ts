import type { EmbeddedRegistryOptions } from './registry-options.ts';
import { errorReply, type Reply } from './reply.ts';

/** One page, and the query of the next where there is one. */
export interface Page {
  readonly entries: readonly string[];
  readonly next?: string;
}

/**
 * Cuts a page out of sorted entries by `n` and `last`. With `linkWhenFull`, a page that is exactly full has a link to a next page, even if
 * that is empty. Answers the error if `n` is not a number, as distribution 3 does.
 */
export function cutPage(
  sorted: readonly string[],
  query: URLSearchParams,
  options: EmbeddedRegistryOptions,
  { compare, linkWhenFull = false }: { readonly compare: (a: string, b: string) => number; readonly linkWhenFull?: boolean },
): Page | Reply {
  const asked = query.get('n');
  const most = options.pageSize ?? 1000;
  let limit = most;
  if (asked !== null && (/^\d+$/.test(asked) || !options.ignorePaging)) {
    const tooLarge = options.pageTooLarge === 'refuse' && Number(asked) > most;
    if (!/^\d+$/.test(asked) || tooLarge) return errorReply('PAGINATION_NUMBER_INVALID', [{ n: asked }]);
    limit = Math.min(Number(asked), most);
  }
  const last = query.get('last');
  const rest = last === null ? sorted : sorted.filter((entry) => compare(entry, last) > 0);
  const entries = rest.slice(0, limit);
  const end = entries.at(-1);
  const more = rest.length > limit || (linkWhenFull && rest.length === limit);
  if (end === undefined || !more) return { entries };
  return { entries, next: new URLSearchParams({ last: end, n: String(limit) }).toString() };
}

/** The header that leads to the next page; relative, as distribution's. */
export function linkHeader(path: string, page: Page): Record<string, string> {
  return page.next === undefined ? {} : { link: `<${path}?${page.next}>; rel="next"` };
}

/** Order of the catalogue: by path components, so that `/` sorts below every character (distribution, registry/storage/catalog.go). */
export function byPath(a: string, b: string): number {
  const [left, right] = [a.replaceAll('/', '\u0000'), b.replaceAll('/', '\u0000')];
  return left < right ? -1 : left > right ? 1 : 0;
}
