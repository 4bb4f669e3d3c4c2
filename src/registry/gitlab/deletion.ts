import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer, hasCode } from '../../distribution/answer-errors.ts';
import { hasManifest } from '../../distribution/manifest-content.ts';
import { resolveTag } from '../../distribution/tags.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText, saysReadOnly } from '../../http/registry-errors.ts';
import { deleteTagByTag, putTagBack } from '../delete-tag-by-tag.ts';
import { deletionAnswer } from '../deletion-answer.ts';
import type { DeleteOutcome } from '../registry.ts';
import { isNotFound, lacksScope, TO_DELETE } from './answer-errors.ts';
import type { Call, GitlabClient } from './client.ts';
import type { Projects } from './projects.ts';
import type { Repositories } from './repositories.ts';
import { readTagNames } from './tags.ts';

/** The number of the role Developer, whose members may delete tags (lib/gitlab/access.rb; docs.gitlab.com, "Protected container tags"). */
const DEVELOPER = 30;

/**
 * Deletes tags, one at a time: never by the call that deletes many by an expression. GitLab deletes nothing else: a manifest that no tag
 * leads to any more is collected later, and until then it can be put back.
 */
export class Deletion {
  readonly #client: GitlabClient;
  readonly #repositories: Repositories;
  readonly #projects: Projects;

  constructor(client: GitlabClient, repositories: Repositories, projects: Projects) {
    this.#client = client;
    this.#repositories = repositories;
    this.#projects = projects;
  }

  /**
   * Finds out whether tags can be deleted in a repository, by deleting one that does not exist: by the API, and where that does not tell,
   * in the registry. Throws `DELETE_DISABLED`, `AUTH`, `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR`.
   */
  async check(repository: string): Promise<void> {
    const label = this.#client.label(repository);
    const { status } = await this.#repositories.find(repository);
    const why = whyLocked(status);
    if (why !== undefined) {
      throw new ToolError('DELETE_DISABLED', `Nothing can be deleted in ${label}: it ${why}.`, { hint: 'Leave it out of the policy.' });
    }
    const nowhere = `regprune-check-${randomBytes(16).toString('hex')}`;
    const doing = `find out whether tags can be deleted in ${label}`;
    // What is not there cannot have been moved meanwhile, so that this may wait.
    const call = { ...(await this.#deletionOf(repository, nowhere)), doing, once: false };
    const answer = await this.#client.call(call);
    // Without a metadata database, GitLab answers 200 for a tag that is not there.
    if (isNotFound(answer) || saysDeleted(answer)) return;
    if (answer.status === 400) throw switchedOff(label, answer);
    const refusal = await this.#client.refused(call, answer);
    // With one it answers 403, as to those who may not delete: it judges what the tag is protected by, and there is none.
    if (answer.status !== 403 || lacksScope(answer) || refusal.code !== 'AUTH') throw refusal;
    await this.#checkRegistry(repository, nowhere, refusal);
  }

  /** The registry takes deletions from maintainers and from the job of the project; GitLab itself from developers too. */
  async #checkRegistry(repository: string, nowhere: string, refusal: ToolError): Promise<void> {
    let answer: HttpResponse;
    try {
      answer = await this.#client.oci.deleteManifest(repository, nowhere);
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== 'AUTH') throw error;
      const project = await this.#projects.of(await this.#repositories.find(repository));
      if ('known' in project && (project.known.accessLevel ?? 0) >= DEVELOPER) return;
      throw refusal;
    }
    if (answer.status === 404) return;
    if (answer.status === 405 || saysReadOnly(answer)) throw switchedOff(this.#client.label(repository), answer);
    throw refusal;
  }

  /** Takes one tag off; compared with `digest` right before, since the API takes no condition. */
  async deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    const call = await this.#deletionOf(repository, tag);
    const now = await resolveTag(this.#client.oci, repository, tag);
    if (now === undefined) return { outcome: 'gone' };
    if (now !== digest) return { outcome: 'drifted', message: `Cannot ${call.doing}: it was moved to ${now}.` };
    const isThere = async (): Promise<boolean> => (await resolveTag(this.#client.oci, repository, tag)) === digest;
    const answer = await deletionAnswer(() => this.#client.call(call), isThere);
    if (!answer || saysDeleted(answer)) return { outcome: 'deleted' };
    if (answer.status === 200) throw badAnswer(call.doing, 'the answer is not one of GitLab');
    // A tag that is not there is answered with 404, and with 403 by newer versions.
    if ((isNotFound(answer) || answer.status === 403) && !(await isThere())) return { outcome: 'gone' };
    if (isNotFound(answer)) {
      throw new ToolError('REGISTRY_ERROR', `Cannot ${call.doing}: GitLab says that it is not there, but the registry has it.`, {
        hint: 'Run again.',
      });
    }
    const refusal = await this.#client.refused(call, answer);
    if (answer.status !== 403 || lacksScope(answer) || refusal.code !== 'AUTH') throw refusal;
    // Where others may be deleted, it is this one that may not.
    await this.check(repository).catch(() => {
      throw refusal;
    });
    return {
      outcome: 'locked',
      message: `Cannot ${call.doing}: GitLab answered ${registryErrorText(answer)}, so it is protected or immutable.`,
    };
  }

  /**
   * Deletes a manifest by its tags, one by one; without `expected` by all that it has. Where one of them cannot be deleted, those that were
   * deleted before are put back. What has no tag is left to GitLab, which collects what nothing refers to.
   */
  async deleteManifest(repository: string, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
    const tags = expected ?? (await this.#tagsOn(repository, digest));
    if (tags.length > 0) {
      return deleteTagByTag(tags, {
        deleteTag: (tag) => this.deleteTag(repository, tag, digest),
        putBack: (tag) => putTagBack(this.#client.oci, repository, digest, tag),
        hint: 'Put it back by "regctl undo" with the journal of this run; pushing takes the scope api or write_registry.',
      });
    }
    return { outcome: expected && (await hasManifest(this.#client.oci, repository, digest)) ? 'deleted' : 'gone' };
  }

  async #tagsOn(repository: string, digest: Digest): Promise<readonly string[]> {
    const names = await readTagNames(this.#client, await this.#repositories.find(repository));
    const digests = await Promise.all(names.map((tag) => resolveTag(this.#client.oci, repository, tag)));
    return names.filter((_, position) => digests[position] === digest);
  }

  /** It is sent once: what was read right before would not hold after a wait. */
  async #deletionOf(repository: string, tag: string): Promise<Call> {
    const { projectId, id } = await this.#repositories.find(repository);
    return {
      doing: `delete the tag ${this.#client.label(repository, tag)}`,
      needs: TO_DELETE,
      method: 'DELETE',
      path: `/projects/${projectId}/registry/repositories/${id}/tags/${encodeURIComponent(tag)}`,
      repository,
      once: true,
    };
  }
}

/** Why nothing can be deleted in a repository, as the end of a sentence that begins with its name; undefined where it can. */
export function whyLocked(status: string | undefined): string | undefined {
  return status === 'delete_scheduled' || status === 'delete_ongoing' ? 'is about to be deleted as a whole' : undefined;
}

/** The body of such an answer is empty, or a value without meaning. A web page does not come from the API. */
function saysDeleted({ status, headers }: HttpResponse): boolean {
  return status === 200 && !/html/i.test(headers['content-type'] ?? '');
}

function switchedOff(label: string, answer: HttpResponse): ToolError {
  const unsupported = hasCode(answer, 'UNSUPPORTED') ? ' (UNSUPPORTED)' : '';
  return new ToolError(
    'DELETE_DISABLED',
    `No tag can be deleted in ${label}: GitLab answered ${registryErrorText(answer)}${unsupported}.`,
    {
      hint:
        'Deletion may be switched off in the registry (storage.delete.enabled, in an Omnibus package ' +
        "registry['storage_delete_enabled']), or the registry may be read-only while it is maintained.",
    },
  );
}
