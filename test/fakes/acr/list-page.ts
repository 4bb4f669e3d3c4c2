import { AcrError } from './reply.ts';
import type { SortedMap } from './sorted-map.ts';

/** A page where the request names no length (Azure/azure-powershell#22922). */
const DEFAULT_PAGE = 100;

interface Listed {
  readonly lastUpdateTime: number;
  readonly locks: { readonly listEnabled: boolean };
}

/**
 * One page of a list without what is hidden: `n` of it, at most `maxPage` whatever `n` says (Azure/acr#749), after `last`, by name or by
 * time; and the link to the next, which is relative and carries an empty `orderby` (Azure/acr, docs/AAD-OAuth.md).
 */
export function listPage<T extends Listed>(
  all: SortedMap<T>,
  url: URL,
  {
    maxPage,
    key,
    wanted = () => true,
    sorts = true,
  }: { readonly maxPage: number; readonly key: (item: T) => string; readonly wanted?: (item: T) => boolean; readonly sorts?: boolean },
): { readonly items: readonly T[]; readonly headers: Readonly<Record<string, string>> } {
  const asked = url.searchParams.get('n');
  if (asked !== null && !/^\d+$/.test(asked)) throw new AcrError('INVALID_ARGUMENT', 'n is not valid');
  const n = Math.min(maxPage, Number(asked ?? DEFAULT_PAGE) || DEFAULT_PAGE);
  const orderBy = url.searchParams.get('orderby') ?? '';
  const last = url.searchParams.get('last') ?? '';
  const items: T[] = [];
  let more = false;
  for (const item of sorts && orderBy.startsWith('time') ? byTime(all, orderBy, last, key) : all.after(last)) {
    if (!item.locks.listEnabled || !wanted(item)) continue;
    more = items.length === n;
    if (more) break;
    items.push(item);
  }
  const end = items.at(-1);
  if (!more || end === undefined) return { items, headers: {} };
  const next = new URLSearchParams({ last: key(end), n: String(n), orderby: orderBy });
  for (const name of ['digest', 'api-version']) if (url.searchParams.has(name)) next.set(name, url.searchParams.get(name) ?? '');
  return { items, headers: { link: `<${url.pathname}?${next}>; rel="next"` } };
}

function byTime<T extends Listed>(all: SortedMap<T>, orderBy: string, last: string, key: (item: T) => string): T[] {
  const direction = orderBy === 'timedesc' ? -1 : 1;
  const sorted = [...all.after('')].toSorted((a, b) => direction * (a.lastUpdateTime - b.lastUpdateTime));
  return last === '' ? sorted : sorted.slice(sorted.findIndex((item) => key(item) === last) + 1);
}
