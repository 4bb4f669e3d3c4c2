import { ToolError } from '../../diagnostics/tool-error.ts';
import { hasCode } from '../../distribution/answer-errors.ts';
import type { OciClient } from '../../distribution/client.ts';

/** Finds out, when first asked and by reading alone, whether a registry can take a single tag off. */
export class TagDeletion {
  readonly #client: OciClient;
  #answer: Promise<boolean> | undefined;

  constructor(client: OciClient) {
    this.#client = client;
  }

  /**
   * True of distribution 3, which can take a single tag off, and is known by refusing a page of -1 tags. Distribution 2.8 ignores that
   * number, and reads a tag that is to be deleted as a malformed digest (distribution, registry/handlers/tags.go and manifests.go). False
   * for everything else: an old zot deletes the manifest.
   */
  async isSupported(repository: string, signal?: AbortSignal): Promise<boolean> {
    this.#answer ??= this.#ask(repository, signal);
    try {
      return await this.#answer;
    } catch (error) {
      this.#answer = undefined;
      signal?.throwIfAborted();
      if (error instanceof ToolError) return false;
      throw error;
    }
  }
  async #ask(repository: string, signal: AbortSignal | undefined): Promise<boolean> {
    const response = await this.#client.getTags(repository, { n: -1, signal });
    return response.status === 400 && hasCode(response, 'PAGINATION_NUMBER_INVALID');
  }
}
