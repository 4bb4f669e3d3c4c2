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
 * `locked`: the registry refuses to delete this one (immutable, protected, referenced). `drifted`: the tag points elsewhere by now and was left alone. All are
 * reported, none is a failure. `tags`: those that went along and were not to go, where the registry tells.
 */
export type DeleteOutcome =
  | { readonly outcome: 'deleted'; readonly tags?: readonly string[] }
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'locked' | 'drifted'; readonly message: string };

/** What became of a manifest that was to go into the archive. `locked`: the registry does not archive this one. */
export type ArchiveOutcome = { readonly outcome: 'archived' | 'gone' } | { readonly outcome: 'locked'; readonly message: string };

/** Something that a registry deletes along with a manifest, by itself. */
export interface Companion {
  readonly digest: Digest;
  /** Its tags, which go with it. */
  readonly tags: readonly string[];
  /** Indexes besides that hold it: while one of them is there, it stays. */
  readonly heldBy: readonly Digest[];
}

export interface RepositoriesOptions {
  /** Only names below this one (`team` has `team/app`) are wanted: a registry that can list those alone does, others list all. */
  readonly below?: string;
  /** Called with a sentence for what is passed over unless it is asked for by name: what only caches another registry. */
  readonly onSkipped?: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface InventoryOptions {
  readonly signal?: AbortSignal;
  /** Called as the reading goes on, for progress alone. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ListTagsOptions {
  /** Called for each request that the list takes. */
  readonly onPage?: () => void;
}

export interface CollectGarbageOptions {
  /** Wait for its end. */
  readonly wait: boolean;
  readonly signal?: AbortSignal;
}

/**
 * What came of a garbage collection. `refused`: it may not be started, by this account or now. `started`: it was not waited for. `freed` in bytes; missing where
 * the registry does not tell.
 */
export type GarbageCollection =
  | { readonly state: 'started'; readonly job?: string }
  | { readonly state: 'finished'; readonly job: string; readonly freed?: number }
  | { readonly state: 'failed'; readonly job: string; readonly message: string }
  | { readonly state: 'refused'; readonly message: string };

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

  /** Deletions that it puts into one request, if more than one. So many steps of a repository may go side by side; the adapter limits its requests. */
  readonly batch?: number;

  /** All repository names it lists. Throws `NOT_FOUND` where it does not list any, with the hint to name them. */
  repositories(options?: RepositoriesOptions): AsyncIterable<string>;

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
  listTags(repository: string, options?: ListTagsOptions): Promise<string[]>;

  /** The digest that a tag points to now; undefined if there is no such tag. */
  resolveTag(repository: string, tag: string): Promise<Digest | undefined>;

  /** What a tag points to of which the manifest is gone, where the registry tells: a push set it in the moment of the deletion. Undefined where it does not tell. */
  danglingTag?(repository: string, tag: string): Promise<Digest | undefined>;

  /** The digests that all tags point to now, where the registry can tell without a request for each. */
  resolveTags?(repository: string): Promise<ReadonlyMap<string, Digest>>;

  /** All tags on a digest now, where the registry can tell without resolving every tag. */
  tagsOf?(repository: string, digest: Digest): Promise<string[]>;

  /**
   * What the registry itself would delete along with a manifest now, to any depth; where it does that at all (`capabilities.cascades`). So that nothing is lost without
   * a trace, or goes that stays by the plan.
   */
  takenAlong?(repository: string, digest: Digest): Promise<readonly Companion[]>;

  /** A manifest's bytes, checked against the digest; undefined if it is not there. */
  readManifest(repository: string, digest: Digest): Promise<RawManifest | undefined>;

  /** Whether a manifest is there now, where that can be asked more cheaply than by reading it, which may count as a pull. */
  hasManifest?(repository: string, digest: Digest): Promise<boolean>;

  /** When a manifest was last pulled, ISO 8601 UTC, where the registry tells that without a request of its own beside {@link tagsOf}. */
  pulledAt?(repository: string, digest: Digest): Promise<string | undefined>;

  /** Whether a blob is there, for a plain registry, which may be of any kind: to find out whether it still has what a deleted manifest needs. */
  hasBlob?(repository: string, digest: Digest): Promise<boolean>;

  /** True if {@link deleteManifest} compares the tags by itself, with nothing in between. */
  readonly comparesTags?: true;

  /**
   * Deletes a manifest with every tag on it. `tags`: those that may go; where the adapter can compare ({@link comparesTags}), another tag on it makes it
   * `drifted`.
   */
  deleteManifest(repository: string, digest: Digest, tags?: readonly string[]): Promise<DeleteOutcome>;

  /** Takes one tag off; compares with `digest` where the registry can. Only called where `capabilities.deleteTag`. */
  deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome>;

  /** As {@link checkDelete}, before anything is archived. This and the next two only where `capabilities.archive`. */
  checkArchive?(repository: string): Promise<void>;

  /** Moves a manifest into the archive, with every tag on it. */
  archiveManifest?(repository: string, digest: Digest): Promise<ArchiveOutcome>;

  /** Begins to take a manifest out of the archive; until the registry is done, it cannot be pulled. False: it is not in there. */
  restoreManifest?(repository: string, digest: Digest): Promise<boolean>;

  /** Puts a manifest back under its digest or, with `tag`, under that tag. The registry must still have its blobs and children. */
  putManifest(repository: string, manifest: RawManifest, tag?: string): Promise<void>;

  /** Has the registry free the space of what nothing refers to any more, where it can be told to. Throws only where it cannot be asked. */
  collectGarbage?(options: CollectGarbageOptions): Promise<GarbageCollection>;
}
