import type { Digest } from './digest.ts';

/** What is there: every repository that was read, each with its manifests. A document (`kind`, `formatVersion`). */
export interface Inventory {
  readonly kind: 'Inventory';
  readonly formatVersion: string;
  /** When the reading began, ISO 8601 UTC. */
  readonly takenAt: string;
  /** It holds only those repositories of its registries that somebody asked for. What is not in it may be there all the same. */
  readonly partial?: true;
  readonly repositories: readonly RepositoryInventory[];
}

/** One repository as read. */
export interface RepositoryInventory {
  /** The registry's name: from the config, or its host. */
  readonly registry: string;
  /** The adapter's kind: `oci`, `harbor`, …. Shown, never asked: the core asks `capabilities`. */
  readonly type: string;
  /** Base URL of the registry that was read, without credentials, so that a plan is carried out nowhere else. Missing: not known. */
  readonly url?: string;
  /** The name within the registry, without its host. */
  readonly repository: string;
  /**
   * Other names, `host/path`, under which a runtime may pull its images, besides `repository` at the host of `url`: a second host of
   * the same registry, an alias. What is in use under one of them is in use here. Missing: none is known.
   */
  readonly names?: readonly string[];
  /** False when any page, manifest or index could not be read: nothing in it may be deleted. */
  readonly complete: boolean;
  /** Why it is not complete, a sentence each. */
  readonly problems?: readonly string[];
  /**
   * Tags that the registry lists and whose manifest is not there, with the digest that they point to where it is known. Each is one of
   * `problems` too, so that nothing in the repository is deleted unless the policy says to go on without them.
   */
  readonly danglingTags?: readonly DanglingTag[];
  /** What its reader should know, a sentence each. Nothing is decided by it. */
  readonly notes?: readonly string[];
  /** Days for which what is deleted can be restored, while its space stays in use. Missing: not known, or it cannot be restored. */
  readonly recoverableDays?: number;
  /**
   * Days for which the archive is charged at least, however soon something is taken out of it again. Missing: no such time, or not
   * known.
   */
  readonly archiveMinimumDays?: number;
  readonly capabilities: Capabilities;
  readonly manifests: readonly Manifest[];
}

/** A tag that points to no manifest. */
export interface DanglingTag {
  readonly tag: string;
  readonly digest?: Digest;
}

/**
 * What a registry can do and tell. Each name of a datum is the name of the field of {@link Manifest} that holds it; false says that
 * this registry never has it, as opposed to one image that lacks it.
 */
export interface Capabilities {
  /** One tag can be removed and the others of its digest stay. */
  readonly deleteTag: boolean;
  /** Manifests without a tag are listed, so that the inventory is everything there is. */
  readonly listUntagged: boolean;
  readonly pushedAt: boolean;
  readonly createdAt: boolean;
  readonly pulledAt: boolean;
  readonly tagTimes: boolean;
  readonly labels: boolean;
  readonly annotations: boolean;
  readonly platforms: boolean;
  readonly artifactType: boolean;
  readonly vulnerability: boolean;
  /** It tells which findings have a fix. Absent: it does not. */
  readonly fixable?: boolean;
  /** It tells since when findings are known. Absent: it does not. */
  readonly findingTimes?: boolean;
  /** All that is attached to an image is seen, also by its digest alone, and attestations are told apart. Absent: that is not sure. */
  readonly attachments?: boolean;
  /**
   * Deleting a manifest makes the registry delete what is attached to it, and deleting an index its children that have no tag and
   * are in no other index. Absent: the registry deletes only what it is told to.
   */
  readonly cascades?: boolean;
  /** Manifests can be moved into an archive, where they cost less and cannot be pulled. Absent: the registry has no archive. */
  readonly archive?: boolean;
  /** False: what is deleted cannot be put back. Absent: it can, as long as the registry has its blobs. */
  readonly undo?: boolean;
}

/** Severities of a vulnerability scan, mildest first. */
export const SEVERITIES = ['none', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Why an image has no scan: one is under way or waits, the last one went wrong, or the scanner cannot read such an image. */
export const SCAN_STATES = ['pending', 'failed', 'unsupported'] as const;
export type ScanState = (typeof SCAN_STATES)[number];

/** What a scan found of one severity, with a fix, without one, or where that is not told. */
export interface FindingGroup {
  readonly severity: Severity;
  /** There is a version that mends it. Missing: not told. */
  readonly fixable?: boolean;
  /** How many there are. */
  readonly count: number;
  /**
   * Since when the oldest of them is known, ISO 8601 UTC: when it was published or, where that is not told, found by a scan. Missing: not
   * told.
   */
  readonly since?: string;
  /** What that one is called, such as `CVE-2024-3094`; of findings without a time, the first by its name. Missing: not told. */
  readonly id?: string;
}

/** A part of an image that the registry stores once by digest. */
export interface Blob {
  readonly digest: Digest;
  /** Bytes as stored (compressed). */
  readonly size: number;
}

/** One manifest: an image, an index, a child of an index, or an attachment. Times are ISO 8601 UTC. */
export interface Manifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of the manifest itself, its config and its layers; an index counts its own bytes alone, its children count themselves. */
  readonly size: number;
  /** All its tags, ordinary ones and attachment tags. */
  readonly tags: readonly string[];
  /** When each tag was last set, where the registry says. */
  readonly tagTimes?: Readonly<Record<string, string>>;
  /** When the registry received it. */
  readonly pushedAt?: string;
  /** When it was last taken out of the archive. */
  readonly unarchivedAt?: string;
  /** When this program first saw each tag on it, where it remembers. */
  readonly firstSeen?: Readonly<Record<string, string>>;
  /** When it was built, as the image itself says. */
  readonly createdAt?: string;
  /** When it was last pulled. Missing on a registry that records pulls: never. */
  readonly pulledAt?: string;
  /** Digest of the config blob. */
  readonly config?: Digest;
  /** Digests that an index lists, present in the repository or not. */
  readonly children: readonly Digest[];
  /** The manifest that this one is attached to by its `subject` field. */
  readonly subject?: Digest;
  readonly artifactType?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names of those `labels` that users of the registry have put on it, so that they go when it is deleted. */
  readonly registryLabels?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** `os/architecture[/variant]`; of an index, those of its children. */
  readonly platforms?: readonly string[];
  /** What it stores: the manifest itself (a registry stores that as a blob too), config and layers. Missing: not known. */
  readonly blobs?: readonly Blob[];
  /** The registry refuses to delete or change it. */
  readonly locked?: boolean;
  /** It is in the archive, or on its way back, so it cannot be read or pulled. It is never deleted, since it could not be put back. */
  readonly archived?: boolean;
  /** The tags that the registry refuses to delete or move. */
  readonly lockedTags?: readonly string[];
  /** The registry itself says that it is signed. */
  readonly signed?: boolean;
  /** The worst finding of its last scan; missing where it was not scanned. */
  readonly vulnerability?: Severity;
  /** What its last scans found, one entry or more for each severity; empty: nothing. Missing: no scan tells that much. */
  readonly findings?: readonly FindingGroup[];
  /** Why the registry has no scan of it; missing where it has one, or nobody has asked for one. */
  readonly scan?: ScanState;
  /** An index lists it as an attestation, not as an image. */
  readonly attestation?: boolean;
  /** The predicate types of the in-toto statements that it holds, as its annotations and those of its layers tell. Missing: not told. */
  readonly predicates?: readonly string[];
}
