import type { Digest } from '../domain/digest.ts';
import type { LimitName } from '../policy/policy.ts';
import type { Reason } from './reason.ts';

/** What is decided, and why, for every manifest of an inventory. A document: it is shown, saved, and carried out. */
export interface Plan {
  readonly kind: 'Plan';
  readonly formatVersion: string;
  readonly tool: { readonly name: 'regprune'; readonly version: string };
  /**
   * When the plan was made, and as of when it decides; ISO 8601 UTC. They differ only under `--now`, and such a plan is for looking at:
   * `apply` refuses it.
   */
  readonly createdAt: string;
  readonly now: string;
  readonly policies: readonly PlanPolicy[];
  /** The sources of what is in use that it was made with, by names that are the same on every machine; absent where there were none. */
  readonly inUse?: readonly string[];
  /** True if it may be carried out; otherwise `blockedBy` says why not. */
  readonly applyable: boolean;
  readonly blockedBy: readonly Block[];
  /** What could not be read, or not completely, so that the plan cannot hold all of it. Absent if everything was read. */
  readonly unread?: readonly Unread[];
  /** Sorted by registry, then repository. */
  readonly repositories: readonly RepositoryPlan[];
  readonly summary: Summary;
  /** What the reader should know but nothing was decided by. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface PlanPolicy {
  readonly name: string;
  /** The file it came from, or `command line`. */
  readonly source: string;
  /** sha256 of the policy's canonical JSON. */
  readonly digest: Digest;
}

/** What keeps a plan from being carried out. */
export interface Block {
  readonly code: LimitName | 'inUseIncomplete' | 'listsIncomplete' | 'findingsIncomplete' | 'nothingRead';
  /** The policy whose limit it is; absent for a limit of the whole run. */
  readonly policy?: string;
  readonly limit?: number;
  readonly actual?: number;
  readonly message: string;
}

/** A repository, or a whole registry, that could not be read. */
export interface Unread {
  readonly registry: string;
  /** Absent if the repositories of the registry could not be listed. */
  readonly repository?: string;
  /** The code of the error, such as `AUTH` or `UNREACHABLE`. */
  readonly code: string;
  readonly message: string;
}

export interface Diagnostic {
  /**
   * `incomplete`, `dangling_tags`, `ungoverned`: what was not read, or not decided. `clock_fallback`, `cannot`: what the registry does not
   * tell, or does not do. `ties`: a digest alone decided which of two images is newer. `nothing_selected`: a policy, a rule or an entry of
   * `protect` that was written in vain. `note`: what else its reader should know.
   */
  readonly code: 'incomplete' | 'dangling_tags' | 'ungoverned' | 'clock_fallback' | 'cannot' | 'ties' | 'nothing_selected' | 'note';
  /** What it is about; absent where it is about a policy in the whole run. */
  readonly registry?: string;
  readonly repository?: string;
  readonly policy?: string;
  readonly message: string;
}

/** The time that stands for "pushed" in a repository: what the registry has of pushed, created. */
export type Clock = 'pushed' | 'created' | 'none';

/**
 * What is decided in one repository. In a large plan, `images` and `steps` are kept packed: each reading may bring them back as new
 * objects, so whoever tells objects apart reads them once.
 */
export interface RepositoryPlan {
  readonly registry: string;
  readonly type: string;
  /** Base URL of the registry that was read, so that the plan is carried out nowhere else; absent for an inventory from a file. */
  readonly url?: string;
  readonly repository: string;
  /** As in the inventory: other names by which its images may be pulled. */
  readonly names?: readonly string[];
  /** The governing policy; absent where none governs it. */
  readonly policy?: string;
  readonly complete: boolean;
  /**
   * The other repositories where its images are signed, and what it deletes although that was signed: what is signed there by now besides
   * stays. Absent where the policy does not ask, or nothing is deleted.
   */
  readonly signaturesIn?: { readonly repositories: readonly string[]; readonly signed: readonly Digest[] };
  /** Days for which the registry charges at least for what is archived. */
  readonly archiveMinimumDays?: number;
  readonly clock: Clock;
  /** As in the inventory. */
  readonly recoverableDays?: number;
  /** What is deleted here cannot be put back. Absent where it can be, as long as the registry has its blobs. */
  readonly undo?: false;
  /** Every manifest of the inventory once, sorted by digest. */
  readonly images: readonly PlannedImage[];
  /** In the order in which they are carried out. */
  readonly steps: readonly Step[];
  readonly summary: Summary;
}

/** `archive`: it stays, with all its tags, and cannot be pulled any more. */
export type Action = 'keep' | 'untag' | 'archive' | 'delete';

export interface PlannedImage {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Sorted; ordinary tags and attachment tags. */
  readonly tags: readonly string[];
  /** Those of them that attach it to another manifest: no rule decides about them. Absent where there are none. */
  readonly attachmentTags?: readonly string[];
  /** Bytes, as in the inventory. */
  readonly size: number;
  readonly pushedAt?: string;
  readonly createdAt?: string;
  readonly pulledAt?: string;
  /** As in the inventory, for `undo`: of what loses something alone. */
  readonly tagTimes?: Readonly<Record<string, string>>;
  readonly registryLabels?: readonly string[];
  /** A child of an index or an attachment, without a tag of its own: not counted as an image. Absent for images. */
  readonly part?: true;
  /** `untag`: the image stays and some of its tags go. */
  readonly action: Action;
  /** The tags to take off; empty unless the action is `untag`. */
  readonly untag: readonly string[];
  /** Where it is copied to before it goes or loses tags, such as `cold/archive/team/app`; sorted. Absent where it is not. */
  readonly copiedTo?: readonly string[];
  /** The reasons about the image first, then those of its tags. Never empty. */
  readonly reasons: readonly Reason[];
}

export type Step = CopyImageStep | ChangeStep;

/** What changes the repository itself. */
export type ChangeStep = DeleteManifestStep | DeleteTagStep | ArchiveManifestStep;

/**
 * An image is copied to another repository, with all that belongs to it, before anything of it is deleted: until that is done, neither the
 * image nor one of its parts may be deleted, nor may a tag of `expect` be taken off. An operation of its own, so that a version of this
 * program that knows none does not delete without it.
 */
export interface CopyImageStep {
  readonly op: 'copy-image';
  readonly digest: Digest;
  /** The tags that the copy gets, each with that digest: it is copied only while they are on it. Empty: it has none. */
  readonly expect: Readonly<Record<string, Digest>>;
  /** What else belongs to it: what it lists and what is attached, to any depth, as far as it is in the repository. Sorted. */
  readonly parts: readonly Digest[];
  readonly to: {
    /** Its name: from the config, or its host. */
    readonly registry: string;
    /** Its base URL; absent where the plan was made from a file, by a config that does not name that registry. */
    readonly url?: string;
    readonly repository: string;
  };
}

export interface DeleteManifestStep {
  readonly op: 'delete-manifest';
  readonly digest: Digest;
  /** Every tag on it when the plan was made, each with that digest: it is deleted only while this still holds. */
  readonly expect: Readonly<Record<string, Digest>>;
  /** Deleted manifests that hold this one (its indexes, its subject): it goes only after they are gone. */
  readonly after: readonly Digest[];
}

export interface DeleteTagStep {
  readonly op: 'delete-tag';
  readonly tag: string;
  readonly digest: Digest;
}

/** An index is never archived itself, for then nobody could read what belongs to it: its images are. */
export interface ArchiveManifestStep {
  readonly op: 'archive-manifest';
  readonly digest: Digest;
  /** The archived images that it belongs to: itself, or indexes. */
  readonly of: readonly Digest[];
  /** Every tag on it and on these when the plan was made, each with its digest: it is archived only while this still holds. */
  readonly expect: Readonly<Record<string, Digest>>;
}

/** Images are roots that are not attachments; children and attachments that go along are not counted. */
export interface Summary {
  readonly images: {
    readonly keep: number;
    readonly untag: number;
    readonly delete: number;
    /** Absent where none is. */
    readonly archive?: number;
  };
  /** Attachments whose subject is not in their repository. Absent where there are none. */
  readonly orphaned?: { readonly keep: number; readonly delete: number };
  /** Manifests that an earlier run left half-way and that go now, none of them counted above. Absent where there are none. */
  readonly leftovers?: { readonly delete: number };
  /** Images that are copied elsewhere before they go or lose tags. Absent where none is. */
  readonly copied?: number;
  /** Ordinary tags. */
  readonly tags: { readonly keep: number; readonly delete: number };
  readonly bytes: {
    /** Sum of the sizes of the deleted manifests. */
    readonly deleted: number;
    /** Bytes of the blobs that only deleted manifests hold. */
    readonly freed: number;
    /** False where the blobs of some manifest are not known: `freed` is then the least that is known. */
    readonly exact: boolean;
  };
}
