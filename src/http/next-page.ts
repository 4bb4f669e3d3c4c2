import { printable, redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpResponse } from './http-client.ts';
import { parseLinks } from './parse-links.ts';

/** Far more pages than any list has; a server that goes on for longer goes round in circles. */
const MAX_PAGES = 100_000;
/** A page that names a next one in a way that cannot be parsed is not the last page. */
const SAYS_NEXT = /\brel\s*=\s*"?[^",;]*\bnext\b/i;

/**
 * The URL of the page after this one, from the `Link` header with `rel="next"` (RFC 8288), absolute or relative; undefined on the last page.
 * Throws `ToolError` `BAD_RESPONSE` for a link to another origin, where credentials do not belong, and for one that makes no sense: taking either
 * for the end of the list would leave out what is there.
 */
export function nextPage(response: HttpResponse, requestUrl: string): string | undefined {
  const header = response.headers['link'] ?? '';
  const targets = new Set(
    parseLinks(header)
      .filter(({ relations }) => relations.includes('next'))
      .map(({ target }) => target),
  );
  const [target] = targets;
  if (target === undefined) {
    if (SAYS_NEXT.test(header)) throw badLink(requestUrl, `its Link header cannot be read: ${printable(header).slice(0, 200)}`);
    return undefined;
  }
  if (targets.size > 1) throw badLink(requestUrl, 'it names several next pages');
  if (!URL.canParse(target, response.url)) throw badLink(requestUrl, 'the link to the next page is no URL');
  const next = new URL(target, response.url);
  next.hash = '';
  if (next.origin !== new URL(requestUrl).origin) throw badLink(requestUrl, `the link to the next page leads to ${redactUrl(next.href)}`);
  return next.href;
}

/**
 * All pages of a list, in order. `get` must throw for an answer that is no page. Throws what it throws, what {@link nextPage} throws, and `ToolError`
 * `BAD_RESPONSE` for a list that comes back to a page it had already, or does not end.
 */
export async function* followPages(
  firstUrl: string,
  get: (url: string) => Promise<HttpResponse>,
  maxPages = MAX_PAGES,
): AsyncGenerator<HttpResponse> {
  const seen = new Set<string>();
  let url: string | undefined = firstUrl;
  while (url !== undefined) {
    if (seen.has(url)) throw badLink(firstUrl, 'the list of pages goes round in a circle');
    if (seen.size >= maxPages) throw badLink(firstUrl, `the list has more than ${maxPages} pages`);
    seen.add(url);
    const page: HttpResponse = await get(url);
    if (page.status !== 200) throw badLink(url, `the answer is ${page.status} and no page`);
    yield page;
    url = nextPage(page, url);
  }
}

function badLink(url: string, why: string): ToolError {
  return new ToolError('BAD_RESPONSE', `GET ${redactUrl(url)}: ${why}.`, {
    hint: 'A list that cannot be read to its end is not used. Behind a proxy, check that the server knows its outer name and scheme (X-Forwarded-Host, X-Forwarded-Proto).',
  });
}
