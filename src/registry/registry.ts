import type { ContentStore } from '../distribution/content-store.ts';
import type { Digest } from '../domain/digest.ts';
import type { Capabilities, FindingGroup, Manifest, RepositoryInventory, ScanState } from '../domain/inventory.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { Beside } from './beside.ts';

/**
 * The outcome of one deletion. `gone`: it was no longer there, and the repository itself was there and could be read. `locked`: the
 * registry refuses to delete this one, because it is immutable, protected or referenced. `drifted`: the tag now points elsewhere and was
 * left alone. All of these are reported, and none counts as a failure. `tags`: those that were deleted along with it and should not have
 * been, where the registry tells.
 */
export type DeleteOutcome =
  | { readonly outcome: 'deleted'; readonly tags?: readonly string[] }
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'locked' | 'drifted'; readonly message: string };

/**
 * The outcome of moving a manifest into the archive. `gone`: it was no longer there. `locked`: the registry refuses to archive this one.
 */
export type ArchiveOutcome = { readonly outcome: 'archived' | 'gone' } | { readonly outcome: 'locked'; readonly message: string };

/** A manifest that the registry, by itself, deletes along with another one. */
export interface Companion {
  readonly digest: Digest;
  /** Its tags, which are deleted with it. */
  readonly tags: readonly string[];
  /** Other indexes that hold it. As long as one of them is there, the registry keeps it. */
  readonly heldBy: readonly Digest[];
  /** The labels on it now, as {@link Standing} names them. Absent where there are none, or where they are not told. */
  readonly labels?: readonly string[];
  readonly unreadable?: Unreadable;
}

/** A manifest whose bytes the registry gives to nobody, so that it cannot be put back. */
export interface Unreadable {
  /** Why, as a clause: `the project team lets nobody pull it`. */
  readonly why: string;
  /** The config says that it is to be deleted all the same. */
  readonly deletable: boolean;
}

/** What a registry tells of a manifest right before something of it is deleted, besides where its tags point to. */
export interface Standing {
  /** Names of the labels that users of the registry have put on it, as `registryLabels` of an inventory. */
  readonly labels: readonly string[];
  /** Those of its tags that the registry refuses to delete or move. */
  readonly lockedTags: readonly string[];
  /** What it lists. */
  readonly children: readonly Digest[];
  /** When it was last pulled, ISO 8601 UTC. */
  readonly pulledAt?: string;
  /** True where nothing is deleted along with it. */
  readonly alone: boolean;
  readonly unreadable?: Unreadable;
}

export interface RepositoriesOptions {
  /** Only names below this one are wanted (`team/app` is below `team`). A registry that cannot list those alone lists all names. */
  readonly below?: string;
  /** Called with a sentence for each repository or project that is left out because it only caches another registry. */
  readonly onSkipped?: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface InventoryOptions {
  readonly signal?: AbortSignal;
  /** Called as the reading goes on, to show progress. */
  readonly onProgress?: (done: number, total: number) => void;
  /** What is needed of that which takes a request for each image and decides nothing else. Missing: all of it. */
  readonly wants?: WantedDetails;
}

/** Which details of images are needed. */
export interface WantedDetails {
  /** Whether it is asked of all images if something signs them. Where not, what is attached is told of those that may go. */
  readonly signatures: boolean;
  /** Whether it is asked of all images when they were pulled. Where not, that is told of those that may go. */
  readonly pulls: boolean;
  /** Whether what the configs of images tell is needed. Asked once signatures and pulls are read, where they are wanted of all. */
  readonly configs: (read: ReadSoFar) => boolean;
  /** The manifests that may go. Asked once the configs are read, where they are needed. */
  readonly going: (read: ReadSoFar) => ReadonlySet<Digest>;
}

/** A repository without the details that are asked about. */
export interface ReadSoFar {
  readonly capabilities: Capabilities;
  readonly manifests: () => readonly Manifest[];
}

/** What is known of the scan of an image: what it has found, or why there is none. */
export interface Scan {
  readonly findings?: readonly FindingGroup[];
  readonly scan?: ScanState;
}

/** The scans of single images, which are read where a rule asks for more than an inventory tells. Reading them changes nothing. */
export interface Scans {
  /** What they tell beside what the inventory does; nothing where the registry scans no images. Throws as every method does. */
  capabilities(signal: AbortSignal): Promise<Partial<Capabilities>>;
  /** The inventory tells of every image whether it was scanned. */
  readonly areListed: boolean;
  /**
   * What is known of the scans of these images; nothing of an image that was not scanned. Throws as every method does: an error is never
   * "no findings".
   */
  read(repository: string, digests: readonly Digest[], signal: AbortSignal): Promise<ReadonlyMap<Digest, Scan>>;
}

interface ResolveTagOptions {
  /** A manifest was just seen in the repository, so that "not found" can only be said of the tag. */
  readonly repositoryIsThere?: boolean;
}

interface ListTagsOptions {
  /** Called for each request that the list takes. */
  readonly onPage?: () => void;
}

export interface CollectGarbageOptions {
  /** Wait until it has ended. */
  readonly wait: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The outcome of a garbage collection. `started`: nobody waited for its end; `next` is what has to be done after it, a sentence. `refused`:
 * it must not be started by this account, or not now. `freed` is in bytes, and missing where the registry does not tell.
 */
export type GarbageCollection =
  | { readonly state: 'started'; readonly job?: string; readonly next?: string }
  | { readonly state: 'finished'; readonly job: string; readonly freed?: number }
  | { readonly state: 'failed'; readonly job: string; readonly message: string }
  | { readonly state: 'refused'; readonly message: string };

/**
 * An adapter: one registry as this program sees it. Methods may be called side by side; the adapter sends no more requests at a time than
 * its host allows. Every method throws {@link import('../diagnostics/tool-error.ts').ToolError} (`AUTH`, `UNREACHABLE`, `REGISTRY_ERROR`,
 * `BAD_RESPONSE`) whose message names registry, repository and image. An error while reading never means that something is not there.
 */
export interface Registry {
  /** Its name in documents and messages: from the config, or its host. */
  readonly name: string;
  /** The name of its type, for documents only. */
  readonly type: string;
  /** Base URL without credentials. Plans and journals name it, so that they are not carried out on another registry. */
  readonly url: string;

  /** What its images are made of, to be copied to another place and back. Absent where that cannot be had. */
  readonly content?: ContentStore;

  /**
   * True where nothing but tags can be deleted: what no tag leads to any more is collected later by the registry itself, and can be read
   * until then. Deleting a manifest without a tag asks nothing of it.
   */
  readonly collectsUntagged?: true;

  /** True where a manifest without a tag is put back by nothing: it comes back with its tags, or with the index that lists it. */
  readonly putsBackByTags?: true;

  /** How many deletions it puts into one request, if more than one. So many steps of a repository may be carried out side by side. */
  readonly batch?: number;

  /** The names of all repositories that it lists. Throws `NOT_FOUND` where it cannot list repositories, with the hint to name them. */
  repositories(options?: RepositoriesOptions): AsyncIterable<string>;

  /**
   * Reads a whole repository with requests that change nothing (GET and HEAD). If a manifest, index or page cannot be read, the inventory
   * is `complete: false` and its `problems` say why. Throws where credentials or permissions for the whole repository are missing.
   */
  inventory(repository: string, options?: InventoryOptions): Promise<RepositoryInventory>;

  /** Where an inventory does not tell all that rules may ask about scans. */
  readonly scans?: Scans;

  /**
   * Called once for each repository before its first deletion, to find out whether manifests and, with `tags`, single tags can be deleted
   * in it. Changes nothing. Throws `DELETE_DISABLED` or `AUTH` where they cannot.
   */
  checkDelete(repository: string, needs: { readonly tags: boolean }): Promise<void>;

  /** All tags of a repository, as it is now. Throws `NOT_FOUND` for a repository that is not there. */
  listTags(repository: string, options?: ListTagsOptions): Promise<string[]>;

  /** The digest that a tag points to now; undefined if there is no such tag. */
  resolveTag(repository: string, tag: string, options?: ResolveTagOptions): Promise<Digest | undefined>;

  /**
   * The digest that a tag points to although the manifest is gone, because a push set the tag at the moment of the deletion. Undefined
   * where the registry does not tell.
   */
  danglingTag?(repository: string, tag: string): Promise<Digest | undefined>;

  /** The digests that all tags point to now. Only where the registry tells them without a request for each tag. */
  resolveTags?(repository: string): Promise<ReadonlyMap<string, Digest>>;

  /** All tags that point to a digest now. Only where the registry tells them without resolving every tag. */
  tagsOf?(repository: string, digest: Digest): Promise<string[]>;

  /**
   * What the registry itself would delete along with a manifest now, to any depth. Only where registries of this type do that
   * (`capabilities.cascades`). It is asked for so that everything deleted is in the journal, and nothing is deleted that the plan keeps.
   */
  takenAlong?(repository: string, digest: Digest): Promise<readonly Companion[]>;

  /**
   * What the registry tells of a manifest now; undefined if it is not there. Only where reading its bytes counts as a pull and this does
   * not: what stands against a deletion is found out before the bytes are read.
   */
  standing?(repository: string, digest: Digest): Promise<Standing | undefined>;

  /** A manifest's bytes, checked against the digest; undefined if it is not there. */
  readManifest(repository: string, digest: Digest): Promise<RawManifest | undefined>;

  /** What is attached to a manifest by its `subject` now, for a plain registry; nothing where it has no list of that. */
  referrersOf?(repository: string, digest: Digest): Promise<readonly Digest[]>;

  /**
   * The manifests that are listed now, those without a tag too, with a request for each page. Only where a list tells them, or the most of
   * them: what it does not have may be there all the same.
   */
  listManifests?(repository: string): Promise<ReadonlySet<Digest>>;

  /** Whether a manifest is there now, where that can be asked more cheaply than by reading it, which may count as a pull. */
  hasManifest?(repository: string, digest: Digest): Promise<boolean>;

  /** When a manifest was last pulled, ISO 8601 UTC, where the registry tells that without a request of its own beside {@link tagsOf}. */
  pulledAt?(repository: string, digest: Digest): Promise<string | undefined>;

  /**
   * Whether a blob is there: to find out whether the registry still has what a deleted manifest needs, whatever words it has for that.
   */
  hasBlob?(repository: string, digest: Digest): Promise<boolean>;

  /** True if {@link deleteManifest} compares the tags by itself, with nothing in between. */
  readonly comparesTags?: true;

  /**
   * Deletes a manifest with every tag on it. `tags`: those that may go; where the adapter can compare ({@link comparesTags}), another tag
   * on it makes it `drifted`.
   */
  deleteManifest(repository: string, digest: Digest, tags?: readonly string[]): Promise<DeleteOutcome>;

  /**
   * Deletes one tag and no manifest, if the tag points to `digest`, where the registry can compare. Called only with
   * `capabilities.deleteTag`.
   */
  deleteTag(repository: string, tag: string, digest: Digest): Promise<DeleteOutcome>;

  /** The same as {@link checkDelete} for archiving. This method and the next two are there with `capabilities.archive` only. */
  checkArchive?(repository: string): Promise<void>;

  /** Moves a manifest into the archive, with every tag on it. */
  archiveManifest?(repository: string, digest: Digest): Promise<ArchiveOutcome>;

  /** Begins to take a manifest out of the archive; until the registry is done, it cannot be pulled. False if it is not in the archive. */
  restoreManifest?(repository: string, digest: Digest): Promise<boolean>;

  /** Puts a manifest back under its digest or, with `tag`, under that tag. The registry must still have its blobs and children. */
  putManifest(repository: string, manifest: RawManifest, tag?: string): Promise<void>;

  /** Sets a tag on a manifest that is there, where that takes no reading of its bytes, which would count as a pull. */
  setTag?(repository: string, digest: Digest, tag: string): Promise<void>;

  /**
   * Puts labels back on a manifest, by their names among its `labels`; what is on it already stays. Answers those that the registry has not
   * got any more. Only where the inventory tells `registryLabels`.
   */
  restoreLabels?(repository: string, digest: Digest, labels: readonly string[]): Promise<readonly string[]>;

  /** Tells the registry to free the space of everything that nothing refers to any more. Throws only if the registry cannot be reached. */
  collectGarbage?(options: CollectGarbageOptions): Promise<GarbageCollection>;

  /**
   * What the registry itself does in a repository beside this program, or keeps it from doing, one entry for each question. Changes
   * nothing. What could not be asked, for want of a right or for another error of the registry, is an entry with the state `unknown`, so
   * that this throws none of the errors above.
   */
  beside?(repository: string): Promise<readonly Beside[]>;
}
