import { ToolError } from '../../diagnostics/tool-error.ts';
import { hasCode, isDone } from '../../distribution/answer-errors.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import type { DeleteOutcome } from '../registry.ts';
import { type Asked, readOnly } from './answer-errors.ts';
import { findArtifact, hasRepository, type Reading } from './artifacts.ts';
import { artifactPath, type HarborRequest, splitRepository, tagPath } from './client.ts';
import { objectsIn } from './pages.ts';
import type { Projects } from './projects.ts';
import { resolveTag } from './tags.ts';

/**
 * Deletes an artifact with its tags, everything that is attached to it, and the untagged children that no other index holds
 * (src/controller/artifact/controller.go, `deleteDeeply`). The request names the digest: with a tag, Harbor would delete whatever the tag
 * points to by now. It is sent once: what was read right before would not hold after a wait.
 */
export async function deleteManifest(reading: Reading, digest: Digest): Promise<DeleteOutcome> {
  const { client, repository } = reading;
  const doing = `delete the artifact ${client.label(repository, digest)}`;
  const path = artifactPath(repository, digest);
  const request: HarborRequest = { method: 'DELETE', doing, needs: 'artifact:delete', path, repository, once: true };
  const response = await client.send(request);
  if (response.status === 200 && isDone(response)) return { outcome: 'deleted' };
  if (response.status === 412) return { outcome: 'locked', message: `Cannot ${doing}: ${whyNot(response)}.` };
  if (response.status !== 404) throw await client.refused(request, response);
  // A 404 is "gone" only if the repository can be read and what is read says so too.
  if (await findArtifact(reading, digest)) throw stillThere(doing);
  return { outcome: 'gone' };
}

/**
 * Takes a tag off the artifact of that digest. Harbor looks the tag up among the tags of that artifact, so it does not find one that was
 * moved. Sent once, too.
 */
export async function deleteTag(reading: Reading, tag: string, digest: Digest): Promise<DeleteOutcome> {
  const { client, repository } = reading;
  const doing = `take off the tag ${client.label(repository, tag)}`;
  const path = tagPath(repository, digest, tag);
  const request: HarborRequest = { method: 'DELETE', doing, needs: 'tag:delete', path, repository, once: true };
  const response = await client.send(request);
  if (response.status === 200 && isDone(response)) return { outcome: 'deleted' };
  if (response.status === 412) return { outcome: 'locked', message: `Cannot ${doing}: ${whyNot(response)}.` };
  if (response.status !== 404) throw await client.refused(request, response);
  const now = await resolveTag(reading, tag);
  if (now === undefined) return { outcome: 'gone' };
  if (now === digest) throw stillThere(doing);
  return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${now}.` };
}

/** Which of Harbor's preconditions does not hold. */
function whyNot(response: HttpResponse): string {
  const said = `Harbor answered ${registryErrorText(response)}`;
  if (hasCode(response, 'VIOLATE_FOREIGN_KEY_CONSTRAINT')) return `an index holds it (${said})`;
  return hasCode(response, 'PRECONDITION') ? `a tag of it, or of what is attached to it, is immutable (${said})` : said;
}

function stillThere(doing: string): ToolError {
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Harbor says that it is not there, but still shows it.`, {
    hint: 'Run again; if it stays so, a proxy before Harbor may change requests.',
  });
}

/**
 * Finds out, without changing anything, whether artifacts and, with `tags`, single tags can be deleted in a repository: Harbor must not be
 * read-only, and the account must have the permissions. Throws `DELETE_DISABLED`, `AUTH`, `NOT_FOUND`. If the account cannot see the
 * project, its permissions cannot be read, and only the first deletion tells.
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
  const wanted = ['artifact:delete', 'repository:pull', 'tag:list', ...(needs.tags ? ['tag:delete'] : [])];
  const granted = await permissions(reading, project.id, { doing, needs: wanted.join(', ') });
  const missing = wanted.filter((permission) => !granted.has(permission));
  if (missing.length === 0) return;
  const why = missing.includes('repository:pull') ? ' What is deleted is read first, so that it can be put back.' : '';
  throw new ToolError('AUTH', `Cannot ${doing}: the account does not have the permission ${missing.join(', ')} there.`, {
    hint: `Give it to the robot account, or use an account that is a maintainer of the project ${project.name}.${why}`,
  });
}

/**
 * What the account may do in a project, as `resource:action`. To the CLI secret of an OIDC user, Harbor does not answer this, and does not
 * delete artifacts for it.
 */
async function permissions({ client, repository, signal }: Reading, id: number, asked: Asked): Promise<Set<string>> {
  const scope = encodeURIComponent(`/project/${id}`);
  const request: HarborRequest = { ...asked, path: `/users/current/permissions?scope=${scope}&relative=true`, repository, signal };
  const list = objectsIn((await client.get(request)).body) ?? [];
  return new Set(list.map(({ resource, action }) => `${String(resource)}:${String(action)}`));
}
