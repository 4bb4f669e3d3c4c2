import type { Reply } from '../shared/messages.ts';
import { HarborError, json } from './reply.ts';

/** Checks a query as go-swagger does before any handler sees it (src/lib/http/error.go). */
export class Query {
  readonly #path: string;
  readonly #parameters: URLSearchParams;

  constructor(path: string, parameters: URLSearchParams) {
    this.#path = path;
    this.#parameters = parameters;
  }

  flag(name: string, byDefault: boolean): boolean {
    const text = this.#parameters.get(name);
    if (text === null || text === '') return byDefault;
    if (text !== 'true' && text !== 'false')
      throw new HarborError('UNPROCESSABLE_ENTITY', `${name} in query must be of type boolean: "${text}"`);
    return text === 'true';
  }

  text(name: string): string {
    return this.#parameters.get(name) ?? '';
  }

  /**
   * The keywords of `q`, unescaped once more as Go does: a text to match, or `{a b}` as the list of its alternatives. Throws for a pair
   * without a key or a value, and for a list that is not closed (src/lib/q/builder.go).
   */
  keywords(): ReadonlyMap<string, string | readonly string[]> {
    const keywords = new Map<string, string | readonly string[]>();
    const text = this.text('q');
    for (const pair of text === '' ? [] : decodeURIComponent(text.replaceAll('+', ' ')).split(',')) {
      const [, key, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
      if (key === undefined || value === undefined)
        throw new HarborError('BAD_REQUEST', 'the query string must contain "=" and the key/value cannot be empty');
      if (value.startsWith('{') && !value.endsWith('}')) throw new HarborError('BAD_REQUEST', `invalid query string value: ${value}`);
      keywords.set(key, value.startsWith('{') ? value.slice(1, -1).split(' ').filter(Boolean) : value);
    }
    return keywords;
  }

  /** One page of a list, with the length of the whole and links to its neighbours. */
  page<T>(entries: readonly T[], render: (entry: T) => object): Reply {
    const [page, size] = [this.#number('page', 1, 1), this.#number('page_size', 10, 0, 100)];
    const shown = size === 0 ? entries : entries.slice((page - 1) * size, page * size);
    const links = [
      ...(page > 1 && (page - 1) * size < entries.length ? [this.#link(page - 1, size, 'prev')] : []),
      ...(page * size < entries.length ? [this.#link(page + 1, size, 'next')] : []),
    ];
    return json(shown.map(render), { 'x-total-count': String(entries.length), ...(links.length > 0 && { link: links.join(' , ') }) });
  }

  #number(name: string, byDefault: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const text = this.#parameters.get(name);
    if (text === null || text === '') return byDefault;
    const value = Number(text);
    if (!/^-?\d+$/.test(text)) throw new HarborError('UNPROCESSABLE_ENTITY', `${name} in query must be of type int64: "${text}"`);
    if (value < least)
      throw new HarborError(
        'UNPROCESSABLE_ENTITY',
        `validation failure list:\n${name} in query should be greater than or equal to ${least}`,
      );
    if (value > most)
      throw new HarborError('UNPROCESSABLE_ENTITY', `validation failure list:\n${name} in query should be less than or equal to ${most}`);
    return value;
  }

  /** Relative, its query not escaped (src/server/v2.0/handler/base.go, `Links`). */
  #link(page: number, size: number, relation: string): string {
    const query = new URLSearchParams(this.#parameters);
    query.set('page', String(page));
    query.set('page_size', String(size));
    query.sort();
    return `<${this.#path}?${decodeURIComponent(query.toString())}>; rel="${relation}"`;
  }
}
