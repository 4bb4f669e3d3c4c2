import { randomBytes } from 'node:crypto';
import { registryErrorText } from '../../http/registry-errors.ts';
import { digestOf } from '../../domain/digest.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { hasCode, isManifestUnknown, refused } from '../../distribution/answer-errors.ts';
import { readRepository } from './listing.ts';
import type { Reading } from './tag-list.ts';

/**
 * Asks whether manifests and, with `tags`, single tags can be deleted in a repository, by deleting one of each that does not exist: ACR checks the right first. Throws
 * `DELETE_DISABLED` for a locked repository, `AUTH`, and `NOT_FOUND` for a repository that is not there.
 */
export async function checkDelete(reading: Reading, needs: { readonly tags: boolean }): Promise<void> {
  const { client, repository } = reading;
  const where = client.label(repository);
  const doing = `find out whether images can be deleted in ${where}`;
  if ((await readRepository(reading)).locked) throw deleteDisabled(`The repository ${where} is locked: its writeEnabled is false.`);
  judge(await client.deleteManifest(repository, digestOf(`sha256:${randomBytes(32).toString('hex')}`)), isManifestUnknown);
  if (needs.tags)
    judge(
      await client.deleteTag(repository, `regprune-check-${randomBytes(16).toString('hex')}`),
      (answer) => hasCode(answer, 'TAG_UNKNOWN') || isManifestUnknown(answer),
    );

  function judge(answer: HttpResponse, saysNotThere: (answer: HttpResponse) => boolean): void {
    if (answer.status === 404 && saysNotThere(answer)) return;
    if (answer.status === 405) throw deleteDisabled(`The registry deletes nothing in ${where}: it answered ${registryErrorText(answer)}.`);
    throw refused(doing, answer);
  }
}

function deleteDisabled(message: string): ToolError {
  return new ToolError('DELETE_DISABLED', message, {
    hint: 'Whoever locked it can unlock it with "az acr repository update --write-enabled true"; this program never does.',
  });
}
