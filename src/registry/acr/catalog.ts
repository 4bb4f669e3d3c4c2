import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { parseJsonObject } from '../../domain/json.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import type { RepositoriesOptions } from '../registry.ts';
import type { AcrClient } from './client.ts';
import { entriesOf } from './attributes.ts';

/**
 * The names of all repositories, each once. Throws `AUTH` where these credentials may not list repositories. A token with a scope map never
 * may.
 */
export async function* listRepositories(client: AcrClient, { signal }: RepositoriesOptions): AsyncGenerator<string> {
  const doing = `list the repositories of ${client.name}`;
  const seen = new Set<string>();
  const bounds = new ListBounds(doing);
  try {
    for await (const page of client.repositoryPages(doing, signal)) {
      const json = parseJsonObject(page.body);
      if (!json || !('repositories' in json)) throw badAnswer(doing, 'the answer is not a list of repositories');
      for (const name of entriesOf(json, 'repositories', doing)) {
        if (typeof name !== 'string') throw badAnswer(doing, 'the answer lists something that is not a name');
        if (seen.has(name)) continue;
        seen.add(name);
        yield name;
      }
      bounds.check(seen.size);
    }
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
    throw new ToolError('AUTH', `Cannot ${doing}: ${error.message}`, { hint: error.hint, cause: error });
  }
}
