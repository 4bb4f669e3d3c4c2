import { isRepositoryName } from '../../domain/reference.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject } from '../../domain/json.ts';
import type { EcrClient } from './client.ts';
import { pages } from './pages.ts';

/**
 * The names of all repositories, each once. `field` holds the name, after `prefix`. Throws `AUTH` where these credentials may not list
 * them. Access to another account's registry is granted for single repositories only, so those have to be named.
 */
export async function* listRepositories(
  client: EcrClient,
  {
    field,
    prefix,
    registryId,
    signal,
  }: {
    readonly field: string;
    readonly prefix: string;
    readonly registryId?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<string> {
  const doing = `list the repositories of ${client.name}`;
  const seen = new Set<string>();
  const input = registryId === undefined ? {} : { registryId };
  for await (const page of pages(
    client,
    { operation: 'DescribeRepositories', doing, input, signal },
    { field: 'repositories', key: 'repositoryName' },
  )) {
    for (const repository of page) {
      const text = asObject(repository)?.[field];
      if (typeof text !== 'string' || !text.startsWith(prefix)) throw badAnswer(doing, 'the answer lists something without a name');
      const name = text.slice(prefix.length);
      if (!isRepositoryName(name))
        throw badAnswer(doing, `the answer lists ${JSON.stringify(name).slice(0, 200)}, which is not the name of a repository`);
      if (seen.has(name)) continue;
      seen.add(name);
      yield name;
    }
  }
}
