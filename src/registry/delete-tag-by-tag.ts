import { takeBack } from '../diagnostics/change-guard.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { badAnswer } from '../distribution/answer-errors.ts';
import type { OciClient } from '../distribution/client.ts';
import { readManifest } from '../distribution/manifest-content.ts';
import { putManifest } from '../distribution/put-manifest.ts';
import { resolveTag } from '../distribution/tags.ts';
import type { Digest } from '../domain/digest.ts';
import type { DeleteOutcome } from './registry.ts';

/** How the tags of one image are deleted and put back, on a registry that deletes tags alone. */
export interface TagByTag {
  /** Deletes one of them, if it is on the image. */
  readonly deleteTag: (tag: string) => Promise<DeleteOutcome>;
  /** Sets one of them again that was deleted. */
  readonly putBack: (tag: string) => Promise<void>;
  /** What to do where one cannot be put back. */
  readonly hint: string;
}

/**
 * Deletes an image by its tags, one by one. Where one cannot be deleted, those that were deleted before are put back. Throws where one
 * could not be put back.
 */
export async function deleteTagByTag(tags: readonly string[], image: TagByTag): Promise<DeleteOutcome> {
  const takenOff: string[] = [];
  try {
    for (const tag of tags) {
      const outcome = await image.deleteTag(tag);
      if (outcome.outcome === 'deleted') takenOff.push(tag);
      else if (outcome.outcome !== 'gone') {
        await putAllBack(takenOff, image, outcome.message);
        return outcome;
      }
    }
  } catch (error) {
    if (error instanceof ToolError) await putAllBack(takenOff, image, error.message);
    throw error;
  }
  return { outcome: takenOff.length === 0 ? 'gone' : 'deleted' };
}

async function putAllBack(tags: readonly string[], { putBack, hint }: TagByTag, why: string): Promise<void> {
  for (const tag of tags) {
    try {
      await takeBack(() => putBack(tag));
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      throw new ToolError(error.code, `${why} Its tag ${tag} was deleted before, and could not be put back: ${error.message}`, {
        hint,
        cause: error,
      });
    }
  }
}

/**
 * Sets a tag again over the OCI API, by the manifest that is there until the registry collects its garbage. One that is set by now is left
 * where it is.
 */
export async function putTagBack(client: OciClient, repository: string, digest: Digest, tag: string): Promise<void> {
  if ((await resolveTag(client, repository, tag)) !== undefined) return;
  const manifest = await readManifest(client, repository, digest);
  if (!manifest) throw badAnswer(`read the manifest ${client.label(repository, digest)}`, 'it is not there any more');
  await putManifest(client, repository, manifest, tag);
}
