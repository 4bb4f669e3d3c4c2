import { describeCredentials } from '../../auth/auth-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import type { Digest } from '../../domain/digest.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import { deleteTagByTag, putTagBack } from '../delete-tag-by-tag.ts';
import { deletionAnswer } from '../deletion-answer.ts';
import type { DeleteOutcome } from '../registry.ts';
import { isDenied, isNotFound, rightsHint, saysImmutable } from './answer-errors.ts';
import type { Call, HubClient } from './client.ts';
import type { Listings } from './listing.ts';
import { readRepositorySettings } from './repository-settings.ts';
import { findTag } from './tags.ts';

const DELETES = 'Read, Write, Delete';

/** Deletes tags. Docker Hub deletes no images: an image without a tag is no longer listed. */
export class Deletion {
  readonly #client: HubClient;
  readonly #listings: Listings;
  /** What Docker Hub has refused for lack of a right, by repository. */
  readonly #denied = new Map<string, ToolError>();

  constructor(client: HubClient, listings: Listings) {
    this.#client = client;
    this.#listings = listings;
  }

  /**
   * Finds out whether tags can be deleted in a repository, by what Docker Hub tells of the rights of the account. What the token may do,
   * nothing tells before the first deletion; after one that was refused, it is known. Throws `AUTH` and `NOT_FOUND`.
   */
  async check(repository: string): Promise<void> {
    const doing = `delete tags of ${this.#client.label(repository)}`;
    const { mayWrite } = await readRepositorySettings(this.#client, repository);
    const credentials = await this.#client.credentials(repository);
    const denied = this.#denied.get(repository);
    if (denied) throw denied;
    if (credentials && mayWrite !== false) return;
    throw new ToolError('AUTH', `Cannot ${doing}: Docker Hub does not allow that, asked ${describeCredentials(credentials)}.`, {
      hint: rightsHint(DELETES, credentials),
    });
  }

  /** Takes one tag off; compared with `digest` right before, since the API takes no condition. */
  async deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    const doing = `delete the tag ${this.#client.label(repository, tag)}`;
    const now = await findTag(this.#client, repository, tag);
    if (!now) return { outcome: 'gone' };
    if (now.digest !== digest) return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${now.digest}.` };
    return this.#takeOff(repository, tag, digest, doing);
  }

  /**
   * Deletes the tags of a manifest, one by one; without `expected` all that it has. With another tag than those it is left alone. Where one
   * of them cannot be deleted, those that were deleted before are set again. What has no tag is gone, unless an index that has one holds
   * it.
   */
  async deleteManifest(repository: string, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
    const doing = `delete ${this.#client.label(repository, digest)}`;
    const listing = await this.#listings.about(repository, digest);
    const tags = listing.on(digest).map(({ name }) => name);
    const fresh = expected && tags.find((tag) => !expected.includes(tag));
    if (fresh !== undefined) return { outcome: 'drifted', message: `Cannot ${doing}: the tag ${fresh} was set on it meanwhile.` };
    const [holder] = listing.holders(digest);
    if (tags.length === 0 && holder !== undefined) return { outcome: 'locked', message: `Cannot ${doing}: the index ${holder} holds it.` };
    const locked = tags.find(listing.isImmutable);
    if (locked !== undefined) return { outcome: 'locked', message: `Cannot ${doing}: its tag ${locked} is immutable.` };
    const { namespace, name } = this.#client.place(repository);
    return deleteTagByTag(tags, {
      deleteTag: (tag) => this.deleteTag(repository, tag, digest),
      putBack: (tag) => putTagBack(this.#client.oci, `${namespace}/${name}`, digest, tag),
      hint: `Put it back: docker buildx imagetools create -t REPOSITORY:TAG REPOSITORY@${digest}.`,
    });
  }

  async #takeOff(repository: string, tag: string, digest: Digest, doing: string): Promise<DeleteOutcome> {
    const { namespace, name } = this.#client.place(repository);
    // Not in Docker's documents: it is the call of Docker's own hub-tool (pkg/hub/tags.go). The slash at its end belongs to it.
    const path = `/v2/repositories/${namespace}/${name}/tags/${tag}/`;
    const call: Call = { doing, access: DELETES, method: 'DELETE', path, repository, once: true };
    const isThere = async (): Promise<boolean> => (await findTag(this.#client, repository, tag))?.digest === digest;
    const response = await deletionAnswer(() => this.#client.call(call), isThere);
    if (!response) return { outcome: 'deleted' };
    if (saysImmutable(response))
      return { outcome: 'locked', message: `Cannot ${doing}: Docker Hub answered ${registryErrorText(response)}.` };
    if (isNotFound(response)) {
      if (!(await isThere())) return { outcome: 'gone' };
      throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Docker Hub says that it is not there, but still lists it.`, {
        hint: 'Run again.',
      });
    }
    if (response.status === 204 || (response.status < 300 && response.body.length === 0)) return { outcome: 'deleted' };
    if (response.status < 300) throw badAnswer(doing, `the answer is ${registryErrorText(response)}, and 204 was expected`);
    const error = await this.#client.refused(call, response);
    if (isDenied(response)) this.#denied.set(repository, error);
    throw error;
  }
}
