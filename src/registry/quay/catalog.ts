import { quoted } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { asList, asObject, asText } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import type { RepositoriesOptions } from '../registry.ts';
import { isNotFound } from './answer-errors.ts';
import { type Call, type QuayClient, repositoryPath } from './client.ts';

/**
 * The names of all repositories with images in the wanted namespaces: that of `below`, else those of the config. Throws `NOT_FOUND` where
 * nothing names one, and `AUTH` or `NOT_FOUND` where nothing is listed although there may be something: Quay answers with an empty list
 * too where there is no such namespace, to a token that is not valid, and to one that may not see what is in it.
 */
export async function* listRepositories(
  client: QuayClient,
  namespaces: readonly string[],
  { below, onSkipped, signal }: RepositoriesOptions = {},
): AsyncGenerator<string> {
  const wanted = below === undefined ? namespaces : [below.split('/')[0] ?? ''];
  if (wanted.length === 0) {
    throw new ToolError('NOT_FOUND', `The registry ${client.name} lists its repositories by namespace alone, and none is named.`, {
      hint: 'Name one, as HOST/NAMESPACE, or in "quay.namespaces" of the config.',
    });
  }
  for (const namespace of wanted) {
    for await (const { name, kind } of repositoriesOf(client, namespace, signal)) {
      if (below !== undefined && name !== below && !name.startsWith(`${below}/`)) continue;
      if (kind === 'image') yield name;
      else onSkipped?.(`${client.label(name)} holds ${kind}s and no images, and was passed over.`);
    }
  }
}

interface Listed {
  readonly name: string;
  readonly kind: string;
}

async function* repositoriesOf(client: QuayClient, namespace: string, signal: AbortSignal | undefined): AsyncGenerator<Listed> {
  const doing = `list the repositories of ${client.label(namespace)}`;
  const seen = new Set<string>();
  // A mark that Quay does not know leads to the first page again, so that names are counted.
  const bounds = new ListBounds(doing, 2);
  let mark = '';
  do {
    const query = { namespace, ...(mark !== '' && { next_page: mark }) };
    const json = await client.get({ doing, path: '/repository', query, signal });
    const listed = 'repositories' in json ? asList(json['repositories']) : undefined;
    if (!listed) throw badAnswer(doing, 'the answer is not a list of repositories');
    for (const entry of listed) {
      const repository = asObject(entry);
      const name = `${asText(repository?.['namespace']) ?? ''}/${asText(repository?.['name']) ?? ''}`;
      if (!isRepositoryName(name) || !name.startsWith(`${namespace}/`)) throw badAnswer(doing, `it lists ${quoted(name)}`);
      if (seen.has(name)) continue;
      seen.add(name);
      yield { name, kind: asText(repository?.['kind']) ?? 'image' };
    }
    bounds.check(seen.size);
    const next = json['next_page'] ?? '';
    if (typeof next !== 'string') throw badAnswer(doing, 'the pages of the list do not lead to its end');
    if (next !== '') bounds.next(next);
    mark = next;
  } while (mark !== '');
  if (seen.size === 0) await checkEmpty(client, namespace, signal);
}

/**
 * The error for a name without a slash. It can only mean all repositories of a namespace: `NOT_FOUND` says so if there are any, and else
 * why none is listed.
 */
export async function noRepository(client: QuayClient, namespace: string, signal: AbortSignal | undefined): Promise<ToolError> {
  const label = client.label(namespace);
  const { done } = await repositoriesOf(client, namespace, signal).next();
  return new ToolError('NOT_FOUND', `${label} is a namespace, not a repository${done ? ', and there is no repository in it' : ''}.`, {
    hint: `Name a repository, NAMESPACE/NAME, or all of a namespace: ${label}/**.`,
  });
}

/** A name that no repository has. */
const NOWHERE = 'regprune-check';

/**
 * Finds out whether nothing is listed of a namespace because there is nothing. Asked for a repository that is not there, Quay says so to
 * those who may see all of the namespace, and answers 401 or 403 to everybody else. Throws `AUTH` and `NOT_FOUND`.
 */
async function checkEmpty(client: QuayClient, namespace: string, signal: AbortSignal | undefined): Promise<void> {
  const repository = `${namespace}/${NOWHERE}`;
  const probe: Call = {
    doing: `list the repositories of ${client.label(namespace)}`,
    path: repositoryPath(client, repository),
    query: { includeTags: 'false' },
    repository,
    signal,
  };
  const response = await client.call(probe);
  if (response.status === 200 || isNotFound(response)) return;
  if (response.status !== 403) throw await client.refused(probe, response);
  const doing = `find out whether there is an organization ${client.label(namespace)}`;
  const isThere = await client.find({ doing, path: `/organization/${encodeURIComponent(namespace)}`, signal });
  if (isThere) {
    throw new ToolError('AUTH', `Quay lists no repository in ${client.label(namespace)}, and may hide them from the user of this token.`, {
      hint: 'Use a token of somebody who may see its repositories, with the scope repo:read.',
    });
  }
  throw new ToolError('NOT_FOUND', `Quay lists no repository in ${client.label(namespace)}, and knows no organization of that name.`, {
    hint: 'Check the name, and that the token (scope repo:read) is of somebody who may see its repositories.',
  });
}
