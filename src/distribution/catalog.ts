import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { badAnswer, hasCode, refused } from './answer-errors.ts';
import { asList, parseJsonObject } from '../domain/json.ts';
import { ListBounds } from './list-bounds.ts';
import { CATALOG_SCOPES, type OciClient } from './client.ts';

/** The largest page that distribution allows by default (`catalog.maxentries`). */
const PAGE = 1000;
const NAME_THEM = 'Name the repositories, as host/repository or in the policy.';

/**
 * The names of all repositories, each once. Throws `NOT_FOUND` where the registry has no catalogue, which the OCI specification does not
 * ask for, and `AUTH` where these credentials may not read it.
 */
export async function* listRepositories(client: OciClient, signal?: AbortSignal): AsyncGenerator<string> {
  const doing = `list the repositories of ${client.name}`;
  const seen = new Set<string>();
  const bounds = new ListBounds(doing);
  for await (const page of client.pages(await firstPage(client, doing, signal), doing, CATALOG_SCOPES, signal)) {
    const json = parseJsonObject(page.body);
    const names = json && 'repositories' in json ? asList(json['repositories']) : undefined;
    if (!names) throw badAnswer(doing, 'the answer is not a list of repositories');
    for (const name of names) {
      if (typeof name !== 'string') throw badAnswer(doing, 'the answer lists something that is not a name');
      if (seen.has(name)) continue;
      seen.add(name);
      yield name;
    }
    bounds.check(seen.size);
  }
}

/** Halves the page until the registry takes it: distribution refuses one above its limit, others cut it. */
async function firstPage(client: OciClient, doing: string, signal: AbortSignal | undefined): Promise<HttpResponse> {
  for (let size = PAGE; ; size = Math.floor(size / 2)) {
    const response = await client.getCatalog(size, signal).catch((error: unknown) => {
      if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
      throw new ToolError('AUTH', error.message, { hint: `${NAME_THEM} Or: ${error.hint}`, cause: error });
    });
    if (response.status === 200) return response;
    if (response.status === 400 && size > 1 && hasCode(response, 'PAGINATION_NUMBER_INVALID')) continue;
    const error = refused(doing, response);
    if ([404, 405, 501].includes(response.status) || hasCode(response, 'UNSUPPORTED')) {
      throw new ToolError('NOT_FOUND', `${error.message} It does not list its repositories.`, { hint: NAME_THEM });
    }
    throw error;
  }
}
