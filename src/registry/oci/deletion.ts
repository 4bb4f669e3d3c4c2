import { randomBytes } from 'node:crypto';
import { parseRegistryErrors, registryErrorText, saysReadOnly } from '../../http/registry-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { DeleteOutcome } from '../registry.ts';
import { hasCode, isDone, isManifestUnknown, isRepositoryUnknown, refused } from '../../distribution/answer-errors.ts';
import type { OciClient } from '../../distribution/client.ts';
import type { Software } from './software.ts';

/** What distribution (Docker's registry) says of a deletion that is not switched on (distribution, registry/api/errcode/register.go). */
const SAID_BY_DISTRIBUTION = 'The operation is unsupported';
const DISTRIBUTION_HINT =
  "This is the answer of Docker's registry (distribution) while deletion is switched off: REGISTRY_STORAGE_DELETE_ENABLED=true in its " +
  'environment, or storage.delete.enabled: true in its config, switches it on. A pull-through cache and a read-only registry ' +
  'delete nothing.';
const ANY_HINT =
  'Look up in the documentation of this registry whether it deletes manifests over the registry API: it may want a setting or another ' +
  'role, be a cache or read-only, or delete over an API or web pages of its own alone. A proxy before it may also let no DELETE through.';

/** Throws `DELETE_DISABLED` for software that is known not to delete over this API, or not safely. */
export function refuseKnown(client: OciClient, { title, refusal }: Software): void {
  if (!refusal) return;
  throw new ToolError('DELETE_DISABLED', `Nothing is deleted in the registry ${client.name}: it is ${title}, and ${refusal.why}.`, {
    hint: refusal.instead,
  });
}

/**
 * Finds out whether manifests and, with `tags`, single tags can be deleted in a repository, by deleting one of each that does not exist:
 * the answer 404 means yes. Throws `DELETE_DISABLED`, `AUTH`, `NOT_FOUND` for a repository that is not there, `NOT_APPLYABLE` for tags, and
 * `REGISTRY_ERROR` for an answer that means neither yes nor no.
 */
export async function checkDelete(client: OciClient, repository: string, needs: { readonly tags: boolean }): Promise<void> {
  const where = client.label(repository);
  const doing = `find out whether images can be deleted in ${where}`;
  const answer = await client.deleteManifest(repository, `sha256:${randomBytes(32).toString('hex')}`);
  if (saysReadOnly(answer)) {
    const message = `The registry ${client.name} is read-only: for ${where} it answered ${registryErrorText(answer)}.`;
    throw new ToolError('DELETE_DISABLED', message, { hint: 'Run again when it takes changes; no other account can delete more.' });
  }
  if (answer.status === 405 || (answer.status === 400 && hasCode(answer, 'UNSUPPORTED'))) {
    const message = `The registry ${client.name} takes no deletion: for ${where} it answered ${registryErrorText(answer)}.`;
    const isDistribution = parseRegistryErrors(answer.body).some(({ message: said }) => said === SAID_BY_DISTRIBUTION);
    throw new ToolError('DELETE_DISABLED', message, { hint: isDistribution ? DISTRIBUTION_HINT : ANY_HINT });
  }
  if (answer.status !== 404 || isRepositoryUnknown(answer)) throw refused(doing, answer);
  if (!needs.tags) return;
  const tag = await client.deleteManifest(repository, `regprune-check-${randomBytes(16).toString('hex')}`);
  if (tag.status === 404) return;
  throw new ToolError(
    'NOT_APPLYABLE',
    `The registry ${client.name} does not take a single tag off: for ${where} it answered ${registryErrorText(tag)}.`,
    {
      hint: 'Say sharedTags: keep in the policy; expired tags of an image that stays are then left on it.',
    },
  );
}

/** Deletes a manifest with every tag on it. */
export function deleteManifest(client: OciClient, repository: string, digest: Digest): Promise<DeleteOutcome> {
  return deleteReference(client, repository, digest, `delete the manifest ${client.label(repository, digest)}`);
}

/** Takes one tag off. Only for a registry that is known not to delete the manifest instead. */
export function deleteTag(client: OciClient, repository: string, tag: string): Promise<DeleteOutcome> {
  return deleteReference(client, repository, tag, `take off the tag ${client.label(repository, tag)}`);
}

async function deleteReference(client: OciClient, repository: string, reference: string, doing: string): Promise<DeleteOutcome> {
  let answer: HttpResponse;
  try {
    answer = await client.deleteManifest(repository, reference, { once: true });
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
    // Some registries refuse a protected image with 403. The repository tells which it is: where others may be deleted, it is this one.
    await checkDelete(client, repository, { tags: false }).catch(() => {
      throw error;
    });
    return { outcome: 'locked', message: error.message };
  }
  if (isDone(answer)) return { outcome: 'deleted' };
  if ([405, 409, 412].includes(answer.status) || hasCode(answer, 'DENIED') || saysReadOnly(answer)) {
    return { outcome: 'locked', message: `Cannot ${doing}: the registry answered ${registryErrorText(answer)}.` };
  }
  if (!isManifestUnknown(answer)) throw refused(doing, answer);
  await confirmGone(client, repository, reference, doing);
  return { outcome: 'gone' };
}

/**
 * A 404 means "gone" only if the repository can still be read (a registry may hide that behind a 404 too) and reading says as well that the
 * manifest is not there.
 */
async function confirmGone(client: OciClient, repository: string, reference: string, doing: string): Promise<void> {
  const still = await client.headManifest(repository, reference);
  if (still.status !== 404) {
    const found = still.status === 200 ? 'it is still there' : `whether it is there cannot be told (status ${still.status})`;
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: the registry says that it is not there, but ${found}.`, {
      hint: 'Run again; if it stays so, look into the log of the registry.',
    });
  }
  const tags = await client.getTags(repository, { n: 1 });
  if (tags.status !== 200) throw refused(doing, tags);
}
