import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { ImageTags } from '../../distribution/image-tags.ts';
import type { OciClient } from '../../distribution/client.ts';
import type { Digest } from '../../domain/digest.ts';
import { deleteTagByTag, putTagBack } from '../delete-tag-by-tag.ts';
import type { DeleteOutcome } from '../registry.ts';
import type { UntaggedCompanions } from '../untagged-companions.ts';
import type { TagApi } from './tag-api.ts';

export interface DeletionOptions {
  readonly api: () => Promise<TagApi>;
  readonly oci: OciClient;
  readonly along: UntaggedCompanions;
  /** The tags of a repository when it was first asked about, without those that were deleted since. */
  readonly tagsOf: (repository: string) => Promise<ImageTags>;
}

/** Deletes tags. An image is deleted with its last tag; Alibaba Cloud has no other way. */
export class Deletion {
  readonly #options: DeletionOptions;

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  /**
   * Finds out whether tags can be deleted in a repository: by its state, and by deleting a tag that does not exist, which is answered with
   * "not there" to those who may. Throws `DELETE_DISABLED`, `AUTH`, `NOT_FOUND` and `REGISTRY_ERROR`.
   */
  async check(repository: string): Promise<void> {
    const { oci } = this.#options;
    const api = await this.#options.api();
    const { locked } = await api.facts(repository);
    if (locked !== undefined) {
      throw new ToolError('DELETE_DISABLED', `Nothing can be deleted in ${oci.label(repository)}: it ${locked}.`, {
        hint: 'Look at it in the console of Alibaba Cloud, or leave it out of the policy.',
      });
    }
    await api.deleteTag(repository, `regprune-check-${randomBytes(16).toString('hex')}`, true);
  }

  /** Takes one tag off; compared with `digest` right before, since the API takes no condition. */
  async deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    const { oci, tagsOf } = this.#options;
    const api = await this.#options.api();
    const doing = `delete the tag ${oci.label(repository, tag)}`;
    const forget = async (outcome: DeleteOutcome): Promise<DeleteOutcome> => {
      (await tagsOf(repository).catch(() => undefined))?.delete(tag);
      return outcome;
    };
    for (let wasLost = false; ; wasLost = true) {
      const now = await api.findTag(repository, tag);
      if (!now) return forget({ outcome: 'gone' });
      if (now.digest !== digest) return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${now.digest}.` };
      try {
        const done = await api.deleteTag(repository, tag);
        if (done.outcome === 'locked') return done;
        if (done.outcome === 'deleted') return forget({ outcome: 'deleted' });
      } catch (error) {
        if (!(error instanceof ToolError) || error.code !== 'UNREACHABLE') throw error;
        // An answer may get lost, and not the deletion.
        if (!(await api.findTag(repository, tag))) return forget({ outcome: 'deleted' });
        if (wasLost) throw error;
        continue;
      }
      if (!(await api.findTag(repository, tag))) return forget({ outcome: 'gone' });
      throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Alibaba Cloud says that it is not there, but still shows it.`, {
        hint: 'Run again.',
      });
    }
  }

  /** Deletes the tags of a manifest, one by one; without `expected` all that are known. What has none is gone, unless an index lists it. */
  async deleteManifest(repository: string, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
    const { oci, tagsOf, along } = this.#options;
    const label = oci.label(repository, digest);
    const tags = expected !== undefined && expected.length > 0 ? expected : (await tagsOf(repository)).on(digest);
    if (tags.length > 0 && expected?.length === 0)
      return { outcome: 'drifted', message: `Cannot delete the manifest ${label}: the tag ${tags[0]} was set on it meanwhile.` };
    if (tags.length > 0) {
      return deleteTagByTag(tags, {
        deleteTag: (tag) => this.deleteTag(repository, tag, digest),
        putBack: (tag) => putTagBack(oci, repository, digest, tag),
        hint: 'Push the image again under this tag.',
      });
    }
    await (await this.#options.api()).facts(repository);
    const holder = await along.holder(repository, digest);
    if (holder === undefined) return { outcome: 'gone' };
    return { outcome: 'locked', message: `Cannot delete the manifest ${label}: the index ${holder} lists it.` };
  }
}
