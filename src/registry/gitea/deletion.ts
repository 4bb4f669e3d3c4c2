import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer, isManifestUnknown, refused } from '../../distribution/answer-errors.ts';
import { listTags, resolveTag } from '../../distribution/tags.ts';
import type { Digest } from '../../domain/digest.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import { deleteTagByTag, putTagBack } from '../delete-tag-by-tag.ts';
import { deletionAnswer } from '../deletion-answer.ts';
import type { DeleteOutcome } from '../registry.ts';
import { isNotFound, rightFor } from './answer-errors.ts';
import { type Call, type GiteaClient, packageOf } from './client.ts';

/**
 * Finds out whether tags can be deleted in a repository, by deleting one that does not exist in the registry, which asks for the right
 * first. (The API looks for the version first.) Throws `AUTH`, `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR`.
 */
export async function checkDelete(client: GiteaClient, repository: string): Promise<void> {
  const doing = `find out whether images can be deleted in ${client.label(repository)}`;
  const nowhere = `regprune-check-${randomBytes(16).toString('hex')}`;
  const answer = await client.oci.deleteManifest(repository, nowhere).catch((error: unknown) => {
    if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
    throw new ToolError('AUTH', `Cannot ${doing}: ${error.message}`, { hint: rightFor('write:package'), cause: error });
  });
  if (!isManifestUnknown(answer)) throw refused(doing, answer);
  // It says the same of a repository that is not there.
  await listTags(client.oci, repository);
}

/** Takes one tag off: it is a version of its own. Compared with `digest` right before, since the API takes no condition. */
export async function deleteTag(client: GiteaClient, repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
  const drift = await movedTo(client, repository, tag, digest);
  if (drift) return drift;
  const isThere = async (): Promise<boolean> => (await resolveTag(client.oci, repository, tag)) === digest;
  return deleteVersion(client, repository, tag, { isThere, isLikely: true });
}

/**
 * Deletes a manifest: its tags one by one, and the version under its digest, where it was pushed by that; without `expected` all tags that
 * it has. By digest the registry would delete them together, with any tag that was set meanwhile. Where one of them cannot be deleted,
 * those that were deleted before are put back, as long as one is left that keeps its blobs.
 */
export async function deleteManifest(
  client: GiteaClient,
  repository: string,
  digest: Digest,
  expected?: readonly string[],
): Promise<DeleteOutcome> {
  const tags = expected ?? (await tagsOn(client, repository, digest));
  // All are looked at before the first one goes: with its last version, a manifest is gone for good.
  const there: string[] = [];
  for (const tag of tags) {
    const drift = await movedTo(client, repository, tag, digest);
    if (drift?.outcome === 'drifted') return drift;
    if (!drift) there.push(tag);
  }
  return deleteTagByTag([...there, digest], {
    deleteTag: (version) => {
      const isThere = async (): Promise<boolean> =>
        version === digest ? hasOwnVersion(client, repository, digest) : (await resolveTag(client.oci, repository, version)) === digest;
      // That most images have no version under their digest need not be asked twice.
      return deleteVersion(client, repository, version, { isThere, isLikely: version !== digest || there.length === 0 });
    },
    putBack: (tag) => putTagBack(client.oci, repository, digest, tag),
    hint: 'Push the image again under this tag.',
  });
}

/** Why a tag is not to be deleted: it is gone, or on another digest. */
async function movedTo(
  client: GiteaClient,
  repository: string,
  tag: string,
  digest: Digest,
): Promise<Exclude<DeleteOutcome, { readonly outcome: 'deleted' }> | undefined> {
  const now = await resolveTag(client.oci, repository, tag);
  if (now === undefined) return { outcome: 'gone' };
  if (now === digest) return undefined;
  return { outcome: 'drifted', message: `Cannot delete the tag ${client.label(repository, tag)}: it was moved to ${now}.` };
}

async function tagsOn(client: GiteaClient, repository: string, digest: Digest): Promise<string[]> {
  const names = await listTags(client.oci, repository);
  const digests = await Promise.all(names.map((tag) => resolveTag(client.oci, repository, tag)));
  return names.filter((_, position) => digests[position] === digest);
}

async function hasOwnVersion(client: GiteaClient, repository: string, digest: Digest): Promise<boolean> {
  const call = callOf(client, repository, digest, { doing: `look for the manifest ${client.label(repository, digest)}`, method: 'GET' });
  const response = await client.call(call);
  if (response.status === 200) return true;
  if (isNotFound(response)) return false;
  throw await client.refused(call, response);
}

interface Look {
  /** Whether the version is there now. */
  readonly isThere: () => Promise<boolean>;
  /** It was there a moment ago: that it is not is asked about once more. */
  readonly isLikely: boolean;
}

async function deleteVersion(
  client: GiteaClient,
  repository: string,
  version: string,
  { isThere, isLikely }: Look,
): Promise<DeleteOutcome> {
  const doing = `delete ${client.label(repository, version)}`;
  // It is sent once: what was read right before would not hold after a wait.
  const call: Call = { ...callOf(client, repository, version, { doing, method: 'DELETE' }), scope: 'write:package', once: true };
  const response = await deletionAnswer(() => client.call(call), isThere);
  if (!response || response.status === 204) return { outcome: 'deleted' };
  if (response.status < 300) throw badAnswer(doing, `the answer is ${registryErrorText(response)}, and 204 was expected`);
  if (isNotFound(response)) {
    if (!isLikely || !(await isThere())) return { outcome: 'gone' };
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Gitea says that it is not there, but the registry has it.`, {
      hint: 'Run again.',
    });
  }
  const refusal = await client.refused(call, response);
  if (response.status !== 403 || refusal.code !== 'AUTH') throw refusal;
  // Where others may be deleted, it is this one that may not.
  await checkDelete(client, repository).catch(() => {
    throw refusal;
  });
  return { outcome: 'locked', message: refusal.message };
}

function callOf(
  client: GiteaClient,
  repository: string,
  version: string,
  { doing, method }: { readonly doing: string; readonly method: 'GET' | 'DELETE' },
): Call {
  return { doing, method, path: versionPath(client, repository, version), repository };
}

/** Where the API has a version. Throws `NOT_FOUND` for a repository that cannot be there. */
export function versionPath(client: GiteaClient, repository: string, version: string): string {
  const { owner, name } = packageOf(client, repository);
  return `/packages/${[owner, 'container', name, version].map(encodeURIComponent).join('/')}`;
}
