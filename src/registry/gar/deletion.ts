import { badAnswer } from '../../distribution/answer-errors.ts';
import { Batches } from '../../distribution/batches.ts';
import { takeBack } from '../../diagnostics/change-guard.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import { asList } from '../../domain/json.ts';
import type { DeleteOutcome } from '../registry.ts';
import { type Asked, errorStatus, errorText, isNotFound, isPreconditionFailed } from './answer-errors.ts';
import type { GarClient } from './client.ts';
import { repositoryResource } from './image-name.ts';
import { findRepositorySettings } from './repository-settings.ts';
import { findTags, resolveTag } from './tags.ts';
import { deleteVersions, type Settled } from './version-deletion.ts';

/**
 * How many versions go into one batch. The service does not tell its own limit ("determined by the service"); a batch that it refuses is
 * taken apart.
 */
const MOST_VERSIONS = 50;
const DELETES_VERSIONS = 'artifactregistry.versions.delete';
const DELETES_TAGS = 'artifactregistry.tags.delete';
const MAKES_TAGS = 'artifactregistry.tags.create';

/**
 * Finds out, without changing anything, whether images and, with `tags`, single tags can be deleted: the repository must have images of its
 * own, and the credentials must have the permissions (`testIamPermissions`). An image is deleted after its tags, so both permissions are
 * needed, and also the one to put the tags back if the image is then refused.
 */
async function checkDelete(client: GarClient, repository: string, needs: { readonly tags: boolean }): Promise<void> {
  const label = client.label(repository);
  const name = client.whole(repository);
  const { mode, immutableTags, id } = await findRepositorySettings(client, name, label);
  if (mode === 'virtual') {
    throw new ToolError('DELETE_DISABLED', `Nothing can be deleted in ${label}: ${id} is a virtual repository.`, {
      hint: 'Name the images in the repositories that it stands for.',
    });
  }
  if (needs.tags && immutableTags) {
    throw new ToolError('NOT_APPLYABLE', `No tag can be taken off in ${label}: the tags of ${id} are immutable.`, {
      hint: 'Say sharedTags: keep in the policy, or switch immutable tags off (gcloud artifacts repositories update --no-immutable-tags).',
    });
  }
  const permissions = [DELETES_VERSIONS, DELETES_TAGS, MAKES_TAGS];
  const doing = `find out whether images can be deleted in ${label}`;
  const path = `${repositoryResource(name, client.place)}:testIamPermissions`;
  const answer = await repeated(() => client.get({ doing, permission: DELETES_VERSIONS, method: 'POST', path, body: { permissions } }));
  const granted = asList(answer['permissions']) ?? [];
  const missing = permissions.filter((permission) => !granted.includes(permission));
  if (missing.length === 0) return;
  throw new ToolError('AUTH', `Images cannot be deleted in ${label}: these credentials lack ${missing.join(' and ')}.`, {
    hint: 'Give the account roles/artifactregistry.repoAdmin on the repository, or a role with these permissions.',
  });
}

/** Deletes images and takes tags off. Where that was refused for lack of a right, nothing more is asked for in the repository. */
export class Deletion {
  readonly #client: GarClient;
  readonly #versions: Batches<Digest, Settled>;
  /** The first refusal in each repository. It counts for more than `testIamPermissions`, which leaves out what forbids besides roles. */
  readonly #refusals = new Map<string, ToolError>();

  constructor(client: GarClient) {
    this.#client = client;
    this.#versions = new Batches(MOST_VERSIONS, (repository, digests) => deleteVersions(client, repository, digests));
  }

  /** As the function of the same name. Throws also what a deletion in the repository was refused with before. */
  async checkDelete(repository: string, needs: { readonly tags: boolean }): Promise<void> {
    this.#throwRefusal(repository);
    await checkDelete(this.#client, repository, needs);
  }

  #throwRefusal(repository: string): void {
    const refusal = this.#refusals.get(repository);
    if (refusal) throw refusal;
  }

  #noteRefusal(repository: string, error: ToolError): void {
    if (error.code === 'AUTH' && !this.#refusals.has(repository)) this.#refusals.set(repository, error);
  }

  /**
   * Deletes a manifest: first each of its tags, then the version. If the version is refused or fails, the tags are put back. (`force` would
   * do both at once, but also delete a tag that was set in the meantime.) A manifest with a tag that is not among `expected` is left alone.
   */
  async deleteManifest(repository: string, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
    const tags = await findTags(this.#client, repository, digest);
    if (tags === undefined) return { outcome: 'gone' };
    const fresh = expected && tags.find((tag) => !expected.includes(tag));
    if (fresh !== undefined) {
      const doing = `delete the image ${this.#client.label(repository, digest)}`;
      return { outcome: 'drifted', message: `Cannot ${doing}: the tag ${fresh} was set on it meanwhile.` };
    }
    const takenOff: string[] = [];
    let settled: Settled;
    try {
      settled = await this.#deleteTagged(repository, digest, tags, takenOff);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      settled = { error };
    }
    if ('error' in settled) {
      this.#noteRefusal(repository, settled.error);
      if (takenOff.length === 0) throw settled.error;
      const { message, underWay } = settled.error;
      const tags = 'Its tags were taken off before, and';
      // What was begun may still be done, and would then take along what is put back.
      if (underWay) throw withMore(settled.error, `${tags} are not put back, because it may still go: ${takenOff.join(', ')}.`);
      await this.#putTagsBack(repository, digest, takenOff, message);
      throw withMore(settled.error, `${tags} are back: ${takenOff.join(', ')}.`);
    }
    if (settled.outcome === 'locked' || settled.outcome === 'drifted')
      await this.#putTagsBack(repository, digest, takenOff, settled.message);
    return settled;
  }

  async #deleteTagged(repository: string, digest: Digest, tags: readonly string[], takenOff: string[]): Promise<Settled> {
    for (const [place, tag] of tags.entries()) {
      this.#throwRefusal(repository);
      // All were read right before the first; while that was taken off, another may have been moved.
      if (place > 0 && (await resolveTag(this.#client, repository, tag)) !== digest) continue;
      // Before the request: an answer may get lost, and not the deletion.
      takenOff.push(tag);
      const outcome = await this.#takeOff(repository, tag);
      if (outcome !== 'done' && outcome !== 'missing') return { outcome: 'locked', message: outcome.locked };
    }
    this.#throwRefusal(repository);
    const settled = await this.#versions.load(repository, digest);
    if (!settled) throw new TypeError('a batch that ends says what became of all that was in it');
    return settled;
  }

  /** Takes one tag off; compared with `digest` right before, since the API takes no condition. */
  async deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome> {
    const doing = `take off the tag ${this.#client.label(repository, tag)}`;
    const now = await resolveTag(this.#client, repository, tag);
    if (now === undefined) return { outcome: 'gone' };
    if (now !== digest) return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${now}.` };
    this.#throwRefusal(repository);
    const outcome = await this.#takeOff(repository, tag).catch((error: unknown) => {
      if (error instanceof ToolError) this.#noteRefusal(repository, error);
      throw error;
    });
    if (outcome === 'done') return { outcome: 'deleted' };
    if (outcome !== 'missing') return { outcome: 'locked', message: outcome.locked };
    if ((await resolveTag(this.#client, repository, tag)) === undefined) return { outcome: 'gone' };
    const message = `Cannot ${doing}: Artifact Registry says that it is not there, but still has it.`;
    throw new ToolError('REGISTRY_ERROR', message, { hint: 'Run again.' });
  }

  async #takeOff(repository: string, tag: string): Promise<'done' | 'missing' | { readonly locked: string }> {
    const asked: Asked = { doing: `take off the tag ${this.#client.label(repository, tag)}`, permission: DELETES_TAGS };
    // It is sent once: what was read right before would not hold after a wait.
    const response = await this.#client.call({ ...asked, method: 'DELETE', path: this.#client.tagOf(repository, tag), once: true });
    if (isNotFound(response)) return 'missing';
    if (isPreconditionFailed(response)) return { locked: `Cannot ${asked.doing}: Artifact Registry answered ${errorText(response)}.` };
    if (response.status >= 500) throw passing(this.#client.refused(asked, response));
    // What is done is answered with an empty object.
    if (Object.keys(this.#client.read(asked, response)).length > 0) throw badAnswer(asked.doing, `the answer is ${errorText(response)}`);
    return 'done';
  }

  /** Sets tags again that were taken off of an image which then stayed; one that somebody has set meanwhile stays where it is. */
  async #putTagsBack(repository: string, digest: Digest, tags: readonly string[], why: string): Promise<void> {
    for (const tag of tags) {
      try {
        await takeBack(() => this.#createTag(repository, tag, digest));
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        throw new ToolError(error.code, `${why} Its tag ${tag} was taken off before, and could not be put back: ${error.message}`, {
          hint: `Put it back: gcloud artifacts docker tags add …@${digest} …:${tag}, or "regctl undo" with the journal of this run.`,
          cause: error,
        });
      }
    }
  }

  async #createTag(repository: string, tag: string, digest: Digest): Promise<void> {
    const asked: Asked = { doing: `put back the tag ${this.#client.label(repository, tag)}`, permission: MAKES_TAGS };
    const body = { name: this.#client.tagOf(repository, tag), version: this.#client.versionOf(repository, digest) };
    const call = { ...asked, method: 'POST', path: `${this.#client.packageOf(repository)}/tags`, query: { tagId: tag }, body } as const;
    // A request that only creates may be sent again, whatever became of the first.
    const response = await repeated(() => this.#client.call(call));
    if (response.status !== 409 || errorStatus(response) !== 'ALREADY_EXISTS') this.#client.read(asked, response);
  }
}

/** Asks a second time where there was no answer: for what the HTTP client does not repeat by itself, as any POST, and may be repeated. */
async function repeated<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ToolError && error.code === 'UNREACHABLE') return ask();
    throw error;
  }
}

/** The same error, after which the tag may be asked for again. */
function passing(error: ToolError): ToolError {
  const { code, message, hint } = error;
  return new ToolError(code, message, { hint, transient: true, cause: error });
}

function withMore(error: ToolError, more: string): ToolError {
  const { code, message, hint, transient, underWay } = error;
  return new ToolError(code, `${message} ${more}`, { hint, transient, underWay, cause: error });
}
