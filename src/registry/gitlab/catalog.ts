import { ToolError } from '../../diagnostics/tool-error.ts';
import type { RepositoriesOptions } from '../registry.ts';
import type { GitlabClient } from './client.ts';
import { type ContainerRepository, pathsOf, type Repositories } from './repositories.ts';

/**
 * The names of all repositories in the wanted groups and projects: that of `below`, else those of the config. Throws `NOT_FOUND` where
 * nothing names one, and for one that GitLab does not show: such a group is not taken for an empty one.
 */
export async function* listRepositories(
  client: GitlabClient,
  repositories: Repositories,
  groups: readonly string[],
  { below, signal }: RepositoriesOptions = {},
): AsyncGenerator<string> {
  const wanted = below === undefined ? groups : [below];
  if (wanted.length === 0) {
    throw new ToolError('NOT_FOUND', `The registry ${client.name} lists its repositories by group or project, and none is named.`, {
      hint: 'Name one, as HOST/GROUP or HOST/GROUP/PROJECT, or in "gitlab.groups" of the config.',
    });
  }
  const seen = new Set<string>();
  for (const name of wanted) {
    signal?.throwIfAborted();
    for (const { path } of await repositoriesIn(client, repositories, name)) {
      if ((path !== name && !path.startsWith(`${name}/`)) || seen.has(path)) continue;
      seen.add(path);
      yield path;
    }
  }
}

/** Those of a group, or of the project that a name is of or begins with. */
async function repositoriesIn(client: GitlabClient, repositories: Repositories, name: string): Promise<readonly ContainerRepository[]> {
  const ofGroup = await repositories.ofGroup(name);
  if (ofGroup) return ofGroup;
  for (const path of pathsOf(name)) {
    const ofProject = await repositories.ofProject(path);
    if (ofProject) return ofProject;
  }
  throw new ToolError('NOT_FOUND', `GitLab shows neither a group nor a project ${client.label(name)}.`, {
    hint:
      'Check the name, and that the token may see it. The projects of a user are not listed together: name each as HOST/USER/PROJECT. ' +
      'A job token is for the project of its job alone.',
  });
}
