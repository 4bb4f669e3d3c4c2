import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Asked, readOnly } from './answer-errors.ts';
import { hasRepository, type Reading } from './artifacts.ts';
import { type HarborRequest, splitRepository } from './client.ts';
import type { Projects } from './projects.ts';
import { objectsIn } from './pages.ts';

/**
 * Asks, without changing anything, whether artifacts and, with `tags`, single tags can be deleted in a repository: Harbor must not be read-only, and the account must have
 * the permissions. Throws `DELETE_DISABLED`, `AUTH`, `NOT_FOUND`. Where the project is not shown to the account, its permissions cannot be told; then the first
 * deletion tells.
 */
export async function checkDelete(reading: Reading, projects: Projects, needs: { readonly tags: boolean }): Promise<void> {
  const { client, repository } = reading;
  const doing = `delete in ${client.label(repository)}`;
  if ((await client.systemInfo(repository)).readOnly) throw readOnly(doing, 'Harbor is read-only');
  if (!(await hasRepository(reading))) {
    throw new ToolError('NOT_FOUND', `There is no repository ${client.label(repository)}.`, {
      hint: 'Check the name of the repository, and that the credentials may see it.',
    });
  }
  const project = await projects.find(splitRepository(repository)?.project ?? '');
  if (!project) return;
  const wanted = ['artifact:delete', 'repository:pull', ...(needs.tags ? ['tag:delete'] : [])];
  const granted = await permissions(reading, project.id, { doing, needs: wanted.join(', ') });
  const missing = wanted.filter((permission) => !granted.has(permission));
  if (missing.length === 0) return;
  const why = missing.includes('repository:pull') ? ' What is deleted is read first, so that it can be put back.' : '';
  throw new ToolError('AUTH', `Cannot ${doing}: the account does not have the permission ${missing.join(', ')} there.`, {
    hint: `Give it to the robot account, or use an account that is a maintainer of the project ${project.name}.${why}`,
  });
}

/** What the account may do in a project, as `resource:action`. With an OIDC user's CLI secret Harbor does not answer this, and deletes no artifact. */
async function permissions({ client, repository, signal }: Reading, id: number, asked: Asked): Promise<Set<string>> {
  const scope = encodeURIComponent(`/project/${id}`);
  const request: HarborRequest = { ...asked, path: `/users/current/permissions?scope=${scope}&relative=true`, repository, signal };
  const list = objectsIn((await client.get(request)).body) ?? [];
  return new Set(list.map(({ resource, action }) => `${String(resource)}:${String(action)}`));
}
