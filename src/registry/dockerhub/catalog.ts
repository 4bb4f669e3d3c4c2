import { quoted } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { RepositoriesOptions } from '../registry.ts';
import type { HubClient } from './client.ts';
import { pages } from './pages.ts';

/**
 * The names of all repositories of the wanted namespaces: that of `below`, else those of the config. Throws `NOT_FOUND` where nothing names
 * one, and for a namespace whose list is empty: Docker Hub leaves out what an account may not see without saying so.
 */
export async function* listRepositories(
  client: HubClient,
  { namespaces, below, signal }: RepositoriesOptions & { readonly namespaces: readonly string[] },
): AsyncGenerator<string> {
  const wanted = below === undefined ? namespaces : [below.split('/')[0] ?? ''];
  if (wanted.length === 0) {
    throw new ToolError('NOT_FOUND', `Docker Hub lists its repositories by namespace alone, and ${client.name} is named without one.`, {
      hint: 'Name one, as docker.io/NAMESPACE, or in "dockerhub.namespaces" of the config.',
    });
  }
  for (const namespace of wanted) {
    for await (const name of repositoriesOf(client, namespace, signal))
      if (below === undefined || name === below || name.startsWith(`${below}/`)) yield name;
  }
}

async function* repositoriesOf(client: HubClient, namespace: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const doing = `list the repositories of ${client.label(namespace)}`;
  const path = `/v2/namespaces/${encodeURIComponent(namespace)}/repositories`;
  const seen = new Set<string>();
  for await (const { results } of pages(client, { doing, path, signal }, () => seen.size)) {
    for (const entry of results) {
      const name = `${namespace}/${asText(entry['name']) ?? ''}`;
      if (!isRepositoryName(name)) throw badAnswer(doing, `it lists ${quoted(name)}, which is not the name of a repository`);
      if (seen.has(name)) continue;
      seen.add(name);
      yield name;
    }
  }
  if (seen.size > 0) return;
  throw new ToolError('NOT_FOUND', `Docker Hub lists no repository of ${client.label(namespace)}.`, {
    hint: 'Check the name. It shows only what the account may see: private repositories take a login of somebody who may read them.',
  });
}
