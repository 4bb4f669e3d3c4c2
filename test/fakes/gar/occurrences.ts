/**
 * Occurrences of the Container Analysis API (REST reference, `projects.occurrences.list`), by a filter of kinds and addresses of images. A
 * page may hold less than is asked for.
 */
export function listOccurrences(all: readonly object[], query: URLSearchParams, maxPage: number): object {
  const filter = query.get('filter') ?? '';
  const values = (field: string): string[] => [...filter.matchAll(new RegExp(`${field}="([^"]*)"`, 'g'))].map(([, value = '']) => value);
  const [kinds, urls] = [values('kind'), values('resourceUrl')];
  const found = all.filter((occurrence) => {
    const { kind, resourceUri } = occurrence as { readonly kind: string; readonly resourceUri: string };
    return kinds.includes(kind) && urls.includes(resourceUri);
  });
  const begin = Number(query.get('pageToken') ?? 0);
  const end = begin + Math.min(Number(query.get('pageSize') ?? 20), maxPage);
  const page = found.slice(begin, end);
  return { ...(page.length > 0 && { occurrences: page }), ...(end < found.length && { nextPageToken: String(end) }) };
}
