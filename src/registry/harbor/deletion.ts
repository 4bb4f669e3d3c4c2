import { registryErrorText } from '../../http/registry-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { hasCode, isDone } from '../../distribution/answer-errors.ts';
import type { DeleteOutcome } from '../registry.ts';
import { findArtifact, type Reading } from './artifacts.ts';
import { artifactPath, type HarborRequest, tagPath } from './client.ts';
import { resolveTag } from './tags.ts';

/**
 * Deletes an artifact with its tags, what is attached to it, and the untagged children that no other index holds (src/controller/artifact/controller.go, `deleteDeeply`).
 * By its digest: by a tag, Harbor would do the same, to whatever that tag points to by now.
 */
export async function deleteManifest(reading: Reading, digest: Digest): Promise<DeleteOutcome> {
  const { client, repository } = reading;
  const doing = `delete the artifact ${client.label(repository, digest)}`;
  const request: HarborRequest = { method: 'DELETE', doing, needs: 'artifact:delete', path: artifactPath(repository, digest), repository };
  const response = await client.send(request);
  if (response.status === 200 && isDone(response)) return { outcome: 'deleted' };
  if (response.status === 412) return { outcome: 'locked', message: `Cannot ${doing}: ${whyNot(response)}.` };
  if (response.status !== 404) throw await client.refused(request, response);
  // A 404 is "gone" only if the repository can be read and what is read says so too.
  if (await findArtifact(reading, digest)) throw stillThere(doing);
  return { outcome: 'gone' };
}

/** Takes a tag off the artifact of that digest. Harbor compares: the tag is looked up among the artifact's own, so that one that was moved is not found. */
export async function deleteTag(reading: Reading, tag: string, digest: Digest): Promise<DeleteOutcome> {
  const { client, repository } = reading;
  const doing = `take off the tag ${client.label(repository, tag)}`;
  const request: HarborRequest = { method: 'DELETE', doing, needs: 'tag:delete', path: tagPath(repository, digest, tag), repository };
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
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Harbor says that it is not there, and shows it all the same.`, {
    hint: 'Run again; if it stays so, a proxy before Harbor may change requests.',
  });
}
