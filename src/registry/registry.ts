import type { Digest } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';

/** A manifest's bytes as the registry stores them. */
export interface RawManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * What became of one deletion. `gone`: it was not there any more (checked: the repository is there and may be read).
 * `locked`: the registry refuses to delete this one (immutable, protected, referenced). Both are reported, neither is a failure.
 */
export type DeleteOutcome = { readonly outcome: 'deleted' | 'gone' } | { readonly outcome: 'locked'; readonly message: string };

export interface InventoryOptions {
  readonly signal?: AbortSignal;
  /** Called as the reading goes on, for progress alone. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * An adapter: one registry as this program sees it. Calls may be made side by side; the adapter limits itself to what its host allows.
 * Every method throws {@link import('../diagnostics/tool-error.ts').ToolError} (`AUTH`, `UNREACHABLE`, `REGISTRY_ERROR`, `BAD_RESPONSE`) with registry, repository
 * and image named. An error is never "nothing there".
 */
export interface Registry {
  /** Its name in documents and messages: from the config, or its host. */
  readonly name: string;
  /** `oci`, `harbor`, …. For documents only. */
  readonly type: string;
  /** Base URL without credentials, for documents; a plan or journal names it so that it is not carried out elsewhere. */
  readonly url: string;

  /** All repository names it lists. Throws `NOT_FOUND` where it does not list any, with the hint to name them. */
  repositories(options?: { readonly signal?: AbortSignal }): AsyncIterable<string>;

  /**
   * Reads a whole repository with requests that change nothing (GET and HEAD). A manifest, index or page that cannot be read makes it `complete: false` with the
   * reason in `problems`; missing credentials or permission for the repository as a whole throw.
   */
  inventory(repository: string, options?: InventoryOptions): Promise<RepositoryInventory>;

  /**
   * Asked once per repository before its first deletion: may manifests, and if `tags` single tags, be deleted here? Throws `DELETE_DISABLED` or `AUTH`; changes nothing.
   */
  checkDelete(repository: string, needs: { readonly tags: boolean }): Promise<void>;

  /** All tags of a repository, as it is now. Throws `NOT_FOUND` for a repository that is not there. */
  listTags(repository: string): Promise<string[]>;

  /** The digest that a tag points to now; undefined if there is no such tag. */
  resolveTag(repository: string, tag: string): Promise<Digest | undefined>;

  /** All tags on a digest now, where the registry can tell without resolving every tag. */
  tagsOf?(repository: string, digest: Digest): Promise<string[]>;

  /** A manifest's bytes, checked against the digest; undefined if it is not there. */
  readManifest(repository: string, digest: Digest): Promise<RawManifest | undefined>;

  /** Deletes a manifest with every tag on it. */
  deleteManifest(repository: string, digest: Digest): Promise<DeleteOutcome>;

  /** Takes one tag off; compares with `digest` where the registry can. Only called where `capabilities.deleteTag`. */
  deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome>;

  /** Puts a manifest back under its digest or, with `tag`, under that tag. The registry must still have its blobs and children. */
  putManifest(repository: string, manifest: RawManifest, tag?: string): Promise<void>;
}
