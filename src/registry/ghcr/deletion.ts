import pLimit from 'p-limit';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import { backoff } from '../../http/retry-policy.ts';
import type { DeleteOutcome } from '../registry.ts';
import { type Asked, isNotFound, isRateLimit, missingScopes, rightsHint, whyUndeletable } from './answer-errors.ts';
import type { Call, GhcrClient } from './client.ts';
import type { Owners } from './owners.ts';
import type { PackageVersions } from './versions.ts';

/** What deleting a version takes, also of those who may read it ("Delete a package version for an organization"). */
const DELETES = ['read:packages', 'delete:packages'] as const;
/** GitHub asks for changes one after another ("Best practices for using the REST API"). */
const SIDE_BY_SIDE = 2;
/** How often a deletion is sent that is put off or gets no answer, each time after another look. */
const TRIES = 6;

/** Deletes versions. */
export class Deletion {
  readonly #client: GhcrClient;
  readonly #owners: Owners;
  readonly #versions: PackageVersions;
  readonly #limit = pLimit(SIDE_BY_SIDE);
  /** What GitHub has refused for lack of a right, by repository: it protects no single version so. */
  readonly #denied = new Map<string, ToolError>();

  constructor(client: GhcrClient, owners: Owners, versions: PackageVersions) {
    this.#client = client;
    this.#owners = owners;
    this.#versions = versions;
  }

  /**
   * Finds out whether versions of a package can be deleted, by the scopes that GitHub tells of a classic token. Whether its user has the
   * role Admin on the package, nothing tells before the first deletion; after one that was refused, it is known. Throws `NOT_APPLYABLE` for
   * single tags, `AUTH` and `NOT_FOUND`.
   */
  async check(repository: string, needs: { readonly tags: boolean }): Promise<void> {
    const label = this.#client.label(repository);
    const call: Call = {
      doing: `find out whether versions of ${label} can be deleted`,
      scopes: DELETES,
      path: await this.#owners.packageOf(repository),
      repository,
    };
    const response = await this.#client.call(call);
    await this.#client.read(call, response);
    const credentials = await this.#client.credentials(repository);
    const error = this.#denied.get(repository) ?? missingScopes({ ...call, doing: `delete versions of ${label}` }, response, credentials);
    if (error) throw error;
    if (needs.tags) {
      throw new ToolError('NOT_APPLYABLE', `No single tag can be taken off in ${label}: GitHub deletes a version with all its tags.`, {
        hint: 'Say sharedTags: keep in the policy.',
      });
    }
  }

  /**
   * Deletes the version of a digest with every tag on it. The API takes no condition, so it is looked at right before, and one with a tag
   * that is not among `expected` is left alone.
   */
  deleteManifest(repository: string, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
    return this.#limit(() => this.#delete(repository, digest, expected));
  }

  async #delete(repository: string, digest: Digest, expected: readonly string[] | undefined): Promise<DeleteOutcome> {
    const doing = `delete the version ${this.#client.label(repository, digest)}`;
    // One of the deletions that were sent may have been carried out.
    let uncertain = false;
    for (let tries = 1; ; tries++) {
      await this.#client.roomToChange(doing);
      const version = await this.#versions.find(repository, digest);
      if (!version) return { outcome: uncertain ? 'deleted' : 'gone' };
      const fresh = expected && version.tags.find((tag) => !expected.includes(tag));
      if (fresh !== undefined) return { outcome: 'drifted', message: `Cannot ${doing}: the tag ${fresh} was set on it meanwhile.` };
      const path = await this.#versions.pathOf(repository, version.id);
      // Not a deletion that is known to be refused: the next look waits, and is one of then.
      if (this.#client.left?.requests === 0 && tries < TRIES) continue;
      const call: Call = { doing, scopes: DELETES, method: 'DELETE', path, repository, once: true };
      const response = await this.#client.call(call).catch((error: unknown) => {
        if (!(error instanceof ToolError) || error.code !== 'UNREACHABLE' || tries === TRIES) throw error;
        return undefined;
      });
      if (response?.status === 204) return { outcome: 'deleted' };
      const isPutOff = response === undefined || response.status >= 500 || response.status === 408 || isRateLimit(response);
      if (!isPutOff || tries === TRIES) return this.#judge(call, response as HttpResponse, { repository, digest, uncertain });
      uncertain ||= response === undefined || !isRateLimit(response);
      if (!(await this.#client.pause(backoff(tries, this.#client.random)))) throw stopped(doing, response);
    }
  }

  /** What an answer other than "done" means. */
  async #judge(
    call: Call,
    response: HttpResponse,
    { repository, digest, uncertain }: { readonly repository: string; readonly digest: Digest; readonly uncertain: boolean },
  ): Promise<DeleteOutcome> {
    const why = whyUndeletable(response);
    if (why !== undefined) return { outcome: 'locked', message: `Cannot ${call.doing}: ${why}.` };
    if (isNotFound(response)) {
      if (!(await this.#versions.find(repository, digest))) return { outcome: uncertain ? 'deleted' : 'gone' };
      throw this.#noting(repository, await this.#hidden(call, response));
    }
    if (response.status < 300) throw badAnswer(call.doing, `the answer is ${registryErrorText(response)}, and 204 was expected`);
    throw this.#noting(repository, await this.#client.refused(call, response));
  }

  #noting(repository: string, error: ToolError): ToolError {
    if (error.code === 'AUTH') this.#denied.set(repository, error);
    return error;
  }

  /** Who may read a package and has not the role Admin on it is told that the version is not there. */
  async #hidden(call: Asked & { readonly repository?: string | undefined }, response: HttpResponse): Promise<ToolError> {
    const credentials = await this.#client.credentials(call.repository);
    const said = `Cannot ${call.doing}: GitHub answered ${registryErrorText(response)}, and lists it all the same`;
    const message = `${said}: the account has not the role Admin on the package.`;
    return new ToolError('AUTH', message, { hint: rightsHint(call, response, credentials) });
  }
}

function stopped(doing: string, response: HttpResponse | undefined): ToolError {
  const said = response ? `GitHub answered ${registryErrorText(response)}` : 'there was no answer';
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: ${said}, and the run was stopped.`, { hint: 'Run again.' });
}
