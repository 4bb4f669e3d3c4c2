import { ToolError } from '../../diagnostics/tool-error.ts';
import { isRepositoryUnknown } from '../../distribution/answer-errors.ts';
import type { AcrClient } from './client.ts';

/**
 * Repositories that are gone because their last image was deleted here: ACR drops a repository with its last manifest
 * (container-registry-retention-policy.md).
 */
export class EmptiedRepositories {
  readonly #client: AcrClient;
  readonly #deletedIn = new Set<string>();

  constructor(client: AcrClient) {
    this.#client = client;
  }

  /** Something was deleted in a repository. */
  noteDeletion(repository: string): void {
    this.#deletedIn.add(repository);
  }

  /**
   * Does the work. Returns `nothing` if the work does not find the repository, something was deleted in it during this run, and the
   * registry does not know the repository in any other way either. An account that may not see a repository gets 401, so this case is not
   * mistaken for it.
   */
  async unless<T>(repository: string, work: () => Promise<T>, nothing: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const mayBe = error instanceof ToolError && error.code === 'NOT_FOUND' && this.#deletedIn.has(repository);
      if (!mayBe || !isRepositoryUnknown(await this.#client.getRepository(repository))) throw error;
      return nothing;
    }
  }
}
