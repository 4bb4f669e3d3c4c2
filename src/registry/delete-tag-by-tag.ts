import { ToolError } from '../diagnostics/tool-error.ts';
import { badAnswer } from '../distribution/answer-errors.ts';
import type { OciClient } from '../distribution/client.ts';
import { readManifest } from '../distribution/manifest-content.ts';
import { putManifest } from '../distribution/put-manifest.ts';
import type { Digest } from '../domain/digest.ts';
import type { DeleteOutcome } from './registry.ts';

export interface TagByTag {
  readonly client: OciClient;
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Deletes one of them, if it is on the digest. */
  readonly deleteTag: (tag: string) => Promise<DeleteOutcome>;
}

/**
 * Deletes an image on a registry that deletes tags alone. Where one of them cannot be deleted, those that were deleted before are put back:
 * their manifest is there until the registry collects its garbage.
 */
export async function deleteTagByTag(image: TagByTag): Promise<DeleteOutcome> {
  const takenOff: string[] = [];
  try {
    for (const tag of image.tags) {
      const outcome = await image.deleteTag(tag);
      if (outcome.outcome === 'deleted') takenOff.push(tag);
      else if (outcome.outcome !== 'gone') {
        await putBack(image, takenOff, outcome.message);
        return outcome;
      }
    }
  } catch (error) {
    if (error instanceof ToolError) await putBack(image, takenOff, error.message);
    throw error;
  }
  return { outcome: takenOff.length === 0 ? 'gone' : 'deleted' };
}

async function putBack({ client, repository, digest }: TagByTag, tags: readonly string[], why: string): Promise<void> {
  for (const tag of tags) {
    try {
      const manifest = await readManifest(client, repository, digest);
      if (!manifest) throw badAnswer(`read the manifest ${client.label(repository, digest)}`, 'it is not there any more');
      await putManifest(client, repository, manifest, tag);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      throw new ToolError(error.code, `${why} Its tag ${tag} was deleted before, and could not be put back: ${error.message}`, {
        hint: 'Put it back by "regctl undo" with the journal of this run, or push the image again.',
        cause: error,
      });
    }
  }
}
