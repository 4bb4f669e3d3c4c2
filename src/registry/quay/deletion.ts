import { randomBytes } from 'node:crypto';
import { registryErrorText } from '../../http/registry-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { Batches } from '../../distribution/batches.ts';
import type { IndexChildren, Parents } from '../../distribution/index-children.ts';
import { deleteTagByTag } from '../delete-tag-by-tag.ts';
import { deletionAnswer } from '../deletion-answer.ts';
import type { DeleteOutcome } from '../registry.ts';
import { isImmutable, isNotFound } from './answer-errors.ts';
import { type Call, type QuayClient, repositoryPath } from './client.ts';
import { readRepositorySettings, whyLocked } from './repository-settings.ts';
import { restoreTag } from './restore.ts';
import { findTag, type QuayTag, readTags } from './tags.ts';
import type { TakenAlong } from './taken-along.ts';

/**
 * Finds out whether tags can be deleted in a repository: by its state, and by deleting a tag that does not exist, which Quay answers with
 * "not found" to those who may. Throws `DELETE_DISABLED`, `AUTH`, `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR`.
 */
export async function checkDelete(client: QuayClient, repository: string): Promise<void> {
  const label = client.label(repository);
  const why = whyLocked((await readRepositorySettings(client, repository)).state);
  if (why !== undefined) {
    throw new ToolError('DELETE_DISABLED', `Nothing can be deleted in ${label}: it ${why}.`, {
      hint: 'Set the state of the repository to Normal in its settings, or leave it out of the policy.',
    });
  }
  const call = deletionOf(client, repository, `regprune-check-${randomBytes(16).toString('hex')}`);
  // What is not there cannot have been moved meanwhile, so that this may wait.
  const asked: Call = { ...call, doing: `find out whether tags can be deleted in ${label}`, once: false };
  const response = await client.call(asked);
  if (!isNotFound(response)) throw await client.refused(asked, response);
}

/** A list of all tags, for all that is asked about a repository at the same time. */
interface Listing {
  readonly tags: ReadonlyMap<string, QuayTag>;
  readonly parents: Parents;
}

/** More than are ever asked about at the same time. */
const MOST_AT_ONCE = 1000;

/** Deletes tags. An image is deleted with its last tag; Quay has no other way. */
export class Deletion {
  readonly #client: QuayClient;
  readonly #along: TakenAlong;
  readonly #listings: Batches<Digest, Listing>;

  constructor(client: QuayClient, indexes: IndexChildren, along: TakenAlong) {
    this.#client = client;
    this.#along = along;
    this.#listings = new Batches(MOST_AT_ONCE, async (repository, digests) => {
      const tags = await readTags(client, repository);
      const listing = { tags, parents: await indexes.parents(repository, tags.values()) };
      return new Map(digests.map((digest) => [digest, listing]));
    });
  }

  /** Takes one tag off; compared with `digest` right before, since the API takes no condition. */
  async deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    const doing = `delete the tag ${this.#client.label(repository, tag)}`;
    const now = await findTag(this.#client, repository, tag);
    if (!now) return { outcome: 'gone' };
    if (now.digest !== digest) return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${now.digest}.` };
    if (now.immutable) return { outcome: 'locked', message: `Cannot ${doing}: it is immutable.` };
    return this.#takeOff(repository, tag, digest);
  }

  /**
   * Deletes a manifest with its tags, one by one; without `expected` all that it has. Where one of them cannot be deleted, those that were
   * deleted before are put back. What has no tag is gone, unless an index that has one lists it.
   */
  async deleteManifest(repository: string, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
    if (expected !== undefined && expected.length > 0) return this.#deleteTags(repository, digest, expected);
    const listing = await this.#listings.load(repository, digest);
    if (!listing) throw new TypeError('a list of tags is for every digest that was asked about');
    const doing = `delete the manifest ${this.#client.label(repository, digest)}`;
    const tags = [...listing.tags.values()].filter((tag) => tag.digest === digest).map(({ name }) => name);
    if (tags.length > 0 && expected) {
      return { outcome: 'drifted', message: `Cannot ${doing}: the tag ${tags[0]} was set on it meanwhile.` };
    }
    if (tags.length > 0) return this.#deleteTags(repository, digest, tags);
    const [holder] = listing.parents.get(digest) ?? [];
    return holder === undefined ? { outcome: 'gone' } : { outcome: 'locked', message: `Cannot ${doing}: the index ${holder} lists it.` };
  }

  async #deleteTags(repository: string, digest: Digest, tags: readonly string[]): Promise<DeleteOutcome> {
    const outcome = await deleteTagByTag(tags, {
      deleteTag: (tag) => this.deleteTag(repository, tag, digest),
      putBack: (tag) => restoreTag(this.#client, repository, tag, digest),
      hint: 'Put it back: in the history of the repository\'s tags, or by "regctl undo" with the journal of this run.',
    });
    if (outcome.outcome === 'deleted') await this.#endSignatures(repository, digest);
    return outcome;
  }

  /**
   * Does what older Quays do not: ends the tags of signatures that were told to go along, each where it still is. One that cannot be
   * deleted is seen afterwards, and its image is put back.
   */
  async #endSignatures(repository: string, digest: Digest): Promise<void> {
    for (const signature of await this.#along.toldOf(repository, digest)) {
      await this.deleteTag(repository, signature.name, signature.digest).catch((error: unknown) => {
        if (!(error instanceof ToolError)) throw error;
      });
    }
  }

  async #takeOff(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    const call = deletionOf(this.#client, repository, tag);
    const isThere = async (): Promise<boolean> => (await findTag(this.#client, repository, tag))?.digest === digest;
    const response = await deletionAnswer(() => this.#client.call(call), isThere);
    if (!response) {
      await this.#along.forget(repository, tag);
      return { outcome: 'deleted' };
    }
    if (isImmutable(response)) {
      return { outcome: 'locked', message: `Cannot ${call.doing}: Quay answered ${registryErrorText(response)}.` };
    }
    if (isNotFound(response)) {
      if (!(await isThere())) return { outcome: 'gone' };
      throw new ToolError('REGISTRY_ERROR', `Cannot ${call.doing}: Quay says that it is not there, but still lists it.`, {
        hint: 'Run again.',
      });
    }
    if (response.status !== 204) {
      if (response.status < 300) throw badAnswer(call.doing, `the answer is ${registryErrorText(response)}, and 204 was expected`);
      throw await this.#client.refused(call, response);
    }
    await this.#along.forget(repository, tag);
    return { outcome: 'deleted' };
  }
}

/** It is sent once: what was read right before would not hold after a wait. */
function deletionOf(client: QuayClient, repository: string, tag: string): Call {
  const path = `${repositoryPath(client, repository)}/tag/${tag}`;
  return { doing: `delete the tag ${client.label(repository, tag)}`, scope: 'repo:write', method: 'DELETE', path, repository, once: true };
}
