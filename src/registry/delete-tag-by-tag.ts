import { ToolError } from '../diagnostics/tool-error.ts';
import { badAnswer } from '../distribution/answer-errors.ts';
import type { OciClient } from '../distribution/client.ts';
import { readManifest } from '../distribution/manifest-content.ts';
import { putManifest } from '../distribution/put-manifest.ts';
import { resolveTag } from '../distribution/tags.ts';
import type { Digest } from '../domain/digest.ts';
import type { DeleteOutcome } from './registry.ts';

/** An image of a registry that deletes tags alone. */
export interface TagByTag {
  readonly client: OciClient;
  /** As the OCI API names it. */
  readonly repository: string;
  readonly digest: Digest;
  /** What to do where tags that were deleted cannot be put back. */
  readonly hint: string;
}

/**
 * Deletes an image by its tags, one by one, with `deleteTag`, which deletes one of them if it is on the digest. Where one cannot be deleted,
 * those that were deleted before are put back: their manifest is there until the registry collects its garbage.
 */
export async function deleteTagByTag(
  image: TagByTag,
  tags: readonly string[],
  deleteTag: (tag: string) => Promise<DeleteOutcome>,
): Promise<DeleteOutcome> {
  const takenOff: string[] = [];
  try {
    for (const tag of tags) {
      const outcome = await deleteTag(tag);
      if (outcome.outcome === 'deleted') takenOff.push(tag);
      else if (outcome.outcome !== 'gone') {
        await putTagsBack(image, takenOff, outcome.message);
        return outcome;
      }
    }
  } catch (error) {
    if (error instanceof ToolError) await putTagsBack(image, takenOff, error.message);
    throw error;
  }
  return { outcome: takenOff.length === 0 ? 'gone' : 'deleted' };
}

/**
 * Sets tags again that were deleted of an image which then stayed, as `why` says. One that is set by now is left where it is. Throws where
 * one could not be put back.
 */
export async function putTagsBack({ client, repository, digest, hint }: TagByTag, tags: readonly string[], why: string): Promise<void> {
  for (const tag of tags) {
    try {
      if ((await resolveTag(client, repository, tag)) !== undefined) continue;
      const manifest = await readManifest(client, repository, digest);
      if (!manifest) throw badAnswer(`read the manifest ${client.label(repository, digest)}`, 'it is not there any more');
      await putManifest(client, repository, manifest, tag);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      throw new ToolError(error.code, `${why} Its tag ${tag} was deleted before, and could not be put back: ${error.message}`, {
        hint,
        cause: error,
      });
    }
  }
}
