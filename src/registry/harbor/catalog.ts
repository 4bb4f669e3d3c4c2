import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText } from '../../domain/json.ts';
import type { HarborClient } from './client.ts';
import { readList } from './pages.ts';
import { listProjects } from './projects.ts';

export interface CatalogOptions {
  /** Only what is below it: a project, or a project and the beginning of its repositories' names. */
  readonly below?: string | undefined;
  readonly onSkipped?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The names `project/repository`, project by project: of one project, or of all that the credentials may see. Where all are listed, those
 * that cache another registry are left out, with a message: what is deleted there comes back with the next pull, and Harbor itself deletes
 * what was not pulled for a week.
 */
export async function* listRepositories(client: HarborClient, { below, onSkipped, signal }: CatalogOptions = {}): AsyncGenerator<string> {
  const named = below?.split('/')[0];
  if (named !== undefined) {
    for (const name of await repositoriesOf(client, named, signal)) if (name === below || name.startsWith(`${below}/`)) yield name;
    return;
  }
  for (const { name, isProxyCache } of await listProjects(client, signal)) {
    if (isProxyCache)
      onSkipped?.(`${client.label(name)} caches the images of another registry and was passed over; name it to have it looked at.`);
    else yield* await repositoriesOf(client, name, signal);
  }
}

async function repositoriesOf(client: HarborClient, project: string, signal: AbortSignal | undefined): Promise<string[]> {
  const doing = `list the repositories of ${client.label(project)}`;
  const path = `/projects/${encodeURIComponent(project)}/repositories`;
  const list = await readList(client, { doing, needs: 'repository:list', path, repository: project, signal }, { key: 'name' });
  return list.map((json) => {
    const name = asText(json['name']);
    if (name?.startsWith(`${project}/`) !== true) throw badAnswer(doing, 'it lists a repository of another project, or without a name');
    return name;
  });
}

/**
 * The error for a name without a slash: `NOT_FOUND` if it is the name of a project, or else the error that Harbor gave for it. In Harbor
 * every repository is in a project, so such a name can only mean all repositories of a project.
 */
export async function noRepository(client: HarborClient, project: string, signal: AbortSignal | undefined): Promise<ToolError> {
  const path = `/projects/${encodeURIComponent(project)}/repositories?page=1&page_size=1`;
  await client.get({
    doing: `list the repositories of ${client.label(project)}`,
    needs: 'repository:list',
    path,
    repository: project,
    signal,
  });
  return new ToolError('NOT_FOUND', `${client.label(project)} is a project and no repository.`, {
    hint: `Name a repository in it, or all of them: ${client.label(project)}/**.`,
  });
}
