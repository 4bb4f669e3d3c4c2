import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Capabilities, Manifest } from '../../domain/inventory.ts';
import { attachmentTagSubject } from '../../domain/tag.ts';
import { hasCode } from '../../distribution/answer-errors.ts';
import type { OciClient } from '../../distribution/client.ts';

/**
 * What the OCI API tells: nothing of pushes, pulls, untagged manifests or scans. `deleteTag` is true only where it is needed and known: so an inventory
 * says the same whatever was read before it.
 */
export function ociCapabilities(deleteTag: boolean): Capabilities {
  return {
    deleteTag,
    listUntagged: false,
    pushedAt: false,
    createdAt: true,
    pulledAt: false,
    tagTimes: false,
    labels: true,
    annotations: true,
    platforms: true,
    artifactType: true,
    vulnerability: false,
  };
}

/** True where some digest has two or more tags that rules may select: only there it matters whether one tag can be taken off alone. */
export function sharesDigests(manifests: readonly Manifest[]): boolean {
  return manifests.some(({ tags }) => tags.filter((tag) => attachmentTagSubject(tag) === undefined).length > 1);
}

/** Whether one registry can take a single tag off, found out when first asked, and by reading alone. */
export class TagDeletion {
  readonly #client: OciClient;
  #answer: Promise<boolean> | undefined;

  constructor(client: OciClient) {
    this.#client = client;
  }

  /**
   * True of distribution 3, which can, and which is known by refusing a page of -1 tags; 2.8 ignores the number, and reads a tag that is to be deleted
   * as a malformed digest (distribution, registry/handlers/tags.go and manifests.go). False for everything else: an old zot deletes the manifest.
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
