import { printable, redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpResponse } from './http-client.ts';
import { parseLinks } from './parse-links.ts';

/** More pages than any list has. A server that goes on for longer is running in a circle. */
const MAX_PAGES = 100_000;
/** Finds a `next` link in a header that cannot be parsed: such a page is not the last one. */
const SAYS_NEXT = /\brel\s*=\s*"?[^",;]*\bnext\b/i;

/**
 * The URL of the page after this one, from the `Link` header with `rel="next"` (RFC 8288), absolute or relative. Undefined on the last
 * page. Throws `ToolError` `BAD_RESPONSE` for a link to another origin, which must not get the credentials, and for a link that cannot be
 * read: if either counted as the end of the list, the rest of it would be missing.
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
  if (!URL.canParse(target, response.url)) throw badLink(requestUrl, 'the link to the next page is not a URL');
  const next = new URL(target, response.url);
  next.hash = '';
  if (next.origin !== new URL(requestUrl).origin) throw badLink(requestUrl, `the link to the next page leads to ${redactUrl(next.href)}`);
  return next.href;
}

/**
 * All pages of a list, in order. `get` must throw for an answer that is not a page. Throws what `get` and {@link nextPage} throw, and
 * `ToolError` `BAD_RESPONSE` for a list that returns to an earlier page or does not end.
 */
export async function* followPages(
  firstUrl: string,
  get: (url: string) => Promise<HttpResponse>,
  maxPages = MAX_PAGES,
): AsyncGenerator<HttpResponse> {
  const seen = new Set<string>();
  let url: string | undefined = firstUrl;
  while (url !== undefined) {
    if (seen.has(url)) throw badLink(firstUrl, 'the list of pages runs in a circle');
    if (seen.size >= maxPages) throw badLink(firstUrl, `the list has more than ${maxPages} pages`);
    seen.add(url);
    const page: HttpResponse = await get(url);
    if (page.status !== 200) throw badLink(url, `the answer is ${page.status}, not a page`);
    yield page;
    url = nextPage(page, url);
  }
}

function badLink(url: string, why: string): ToolError {
  return new ToolError('BAD_RESPONSE', `GET ${redactUrl(url)}: ${why}.`, {
    hint:
      'A list that cannot be read to its end is not used. Behind a proxy, check that the server knows its outer name and scheme ' +
      '(X-Forwarded-Host, X-Forwarded-Proto).',
  });
}
