import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer, isRepositoryUnknown, refused } from '../../distribution/answer-errors.ts';
import { listTags, resolveTag as resolveByRegistry } from '../../distribution/tags.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import { deleteTagByTag, putTagBack } from '../delete-tag-by-tag.ts';
import { deletionAnswer } from '../deletion-answer.ts';
import type { DeleteOutcome } from '../registry.ts';
import type { UntaggedCompanions } from '../untagged-companions.ts';
import { checkWritable } from './writable.ts';
import type { Call } from './client.ts';
import type { Component } from './component.ts';
import { type NexusRepositories, type NexusRepository, whyLocked } from './nexus-repositories.ts';
import type { Place } from './routing.ts';
import { readAgain, type TagSource } from './tags.ts';

export interface DeletionOptions extends TagSource {
  readonly repositories: NexusRepositories;
  readonly along: UntaggedCompanions;
}

/** How often an id is looked up anew for one deletion: somebody may push the tag meanwhile. */
const MOST_LOOKS = 3;

/**
 * Deletes tags by their components; an image goes with its last tag, once the task "Docker - Delete unused manifests and images" has run. A
 * manifest is never deleted by its digest: what that takes along differs between versions (sonatype/nexus-public#925).
 */
export class Deletion {
  readonly #options: DeletionOptions;

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  /**
   * Finds out whether tags can be deleted in a repository, and changes nothing: by the state of Nexus and the deployment policy, and by
   * deleting over `/v2` a manifest that does not exist, which takes the same privilege. Throws `DELETE_DISABLED`, `AUTH`, `NOT_FOUND`.
   */
  async check(repository: string): Promise<void> {
    const { client, routing, repositories } = this.#options;
    const label = client.label(repository);
    const { hosted } = await routing.place(repository);
    await checkWritable(client, `delete in ${label}`);
    const why = whyLocked((await repositories.readSettings(hosted))?.writePolicy);
    if (why !== undefined) {
      throw new ToolError('DELETE_DISABLED', `Nothing can be deleted in ${label}: the Nexus repository ${hosted.name} ${why}.`, {
        hint: 'Set its deployment policy to "Allow redeploy" or "Disable redeploy" in its settings, or leave it out of the policy.',
      });
    }
    await listTags(client.oci, repository);
    const doing = `find out whether tags can be deleted in ${label}`;
    const answer = await client.oci.deleteManifest(repository, `sha256:${randomBytes(32).toString('hex')}`).catch((error: unknown) => {
      if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
      throw new ToolError('AUTH', `Nothing can be deleted in ${label}: ${error.message}`, {
        hint: `Give a role of this user the privilege ${deletePrivilege(hosted)}.`,
        cause: error,
      });
    });
    // Any other answer than a refusal leaves it to the first deletion to tell.
    if (isRepositoryUnknown(answer) || answer.status >= 500 || answer.status === 429) throw refused(doing, answer);
  }

  /** Takes one tag off; compared with `digest` right before, since the API takes no condition. */
  async deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    const { client, components, routing } = this.#options;
    const doing = `delete the tag ${client.label(repository, tag)}`;
    const place = await routing.place(repository);
    let known = await components.current(place, repository);
    for (let look = 1; look <= MOST_LOOKS; look++) {
      const component = known.get(tag);
      const now = component && (await readAgain(this.#options, place, repository, component));
      if (component && now) {
        if (now.digest !== digest) return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${now.digest}.` };
        const outcome = await this.#send(repository, place, component, doing);
        if (outcome.outcome === 'deleted' || outcome.outcome === 'gone') known.delete(tag);
        return outcome;
      }
      known.delete(tag);
      const elsewhere = await resolveByRegistry(client.oci, repository, tag);
      if (elsewhere === undefined) {
        // A repository that these credentials may not see any more would look the same.
        await listTags(client.oci, repository);
        return { outcome: 'gone' };
      }
      if (elsewhere !== digest) return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${elsewhere}.` };
      known = await components.renewed(place, repository, known);
    }
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: it is there, and Nexus lists no component for it.`, {
      hint: `Check that these credentials may browse the whole Nexus repository ${place.hosted.name}, and run again.`,
    });
  }

  /**
   * Deletes the tags of a manifest, one by one; without `expected` all that are known. Where one of them cannot be deleted, those that were
   * deleted before are put back. A manifest without a tag is gone, unless an index that has one lists it.
   */
  async deleteManifest(repository: string, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
    const { client, components, routing, along } = this.#options;
    const place = await routing.place(repository);
    const known = await components.current(place, repository);
    const tags = expected !== undefined && expected.length > 0 ? expected : known.on(digest);
    if (tags.length > 0 && expected?.length === 0) {
      const message = `Cannot delete the manifest ${client.label(repository, digest)}: the tag ${tags[0]} was set on it meanwhile.`;
      return { outcome: 'drifted', message };
    }
    if (tags.length > 0) {
      return deleteTagByTag(tags, {
        deleteTag: (tag) => this.deleteTag(repository, tag, digest),
        putBack: (tag) => putTagBack(client.oci, repository, digest, tag),
        hint: 'Put it back by "regctl undo" with the journal of this run, or push the image again.',
      });
    }
    await listTags(client.oci, repository);
    const holder = await along.holder(repository, digest);
    if (holder === undefined) return { outcome: 'gone' };
    return {
      outcome: 'locked',
      message: `Cannot delete the manifest ${client.label(repository, digest)}: the index ${holder} lists it, and Nexus keeps it for that.`,
    };
  }

  async #send(repository: string, place: Place, { id, tag }: Component, doing: string): Promise<DeleteOutcome> {
    const { client } = this.#options;
    const { hosted } = place;
    const call: Call = {
      method: 'DELETE',
      doing,
      privilege: deletePrivilege(hosted),
      path: `/v1/components/${encodeURIComponent(id)}`,
      // What was read right before would not hold after a wait.
      once: true,
    };
    const isThere = async (): Promise<boolean> => (await resolveByRegistry(client.oci, repository, tag)) !== undefined;
    const response = await deletionAnswer(() => client.call(call), isThere);
    if (!response || response.status === 204) return { outcome: 'deleted' };
    if (response.status < 300) throw badAnswer(doing, `the answer is ${registryErrorText(response)}, and 204 was expected`);
    if (response.status === 404) {
      if (!(await isThere())) return { outcome: 'gone' };
      throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Nexus says that it is not there, but still shows it.`, {
        hint: 'Run again.',
      });
    }
    if (await this.#isLocked(response, place)) {
      return { outcome: 'locked', message: `Cannot ${doing}: Nexus answered ${registryErrorText(response)}.` };
    }
    throw await client.refused(call, response);
  }

  /** True of a refusal for the sake of the repository's policy, and not of the account's rights. */
  async #isLocked(response: HttpResponse, { hosted }: Place): Promise<boolean> {
    const says = registryErrorText(response);
    if ([400, 403, 405, 409].includes(response.status) && /read.only|cannot be (?:deleted|updated)|not allow/i.test(says)) return true;
    if (response.status !== 403) return false;
    return whyLocked((await this.#options.repositories.readSettings(hosted))?.writePolicy) !== undefined;
  }
}

function deletePrivilege({ format, name }: NexusRepository): string {
  return `nx-repository-view-${format}-${name}-delete`;
}
