import type { Digest } from '../domain/digest.ts';
import type { ManifestFields } from './manifest-fields.ts';

export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly fields: ManifestFields;
}

/** One repository. Nothing ever takes it away: an emptied repository stays listed, as in distribution. */
export interface StoredRepository {
  /** Blobs that may be read and referred to here; their bytes are in {@link RegistryStorage.blobs}. */
  readonly blobs: Set<Digest>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
  readonly uploads: Map<string, Buffer>;
  /** It once had a manifest: the catalogue lists it. */
  listed: boolean;
  /** It once had a tag: `tags/list` knows it. */
  tagged: boolean;
}

/** Everything the registry holds. Tests may read and change it between requests. */
export class RegistryStorage {
  /** Bytes by digest, shared by all repositories: blobs, and manifests too. A deleted manifest's bytes stay until garbage is collected. */
  readonly blobs = new Map<Digest, Buffer>();
  readonly repositories = new Map<string, StoredRepository>();

  /** The repository with that name; it is made if it does not exist. */
  repository(name: string): StoredRepository {
    let repository = this.repositories.get(name);
    if (!repository) {
      repository = { blobs: new Set(), manifests: new Map(), tags: new Map(), uploads: new Map(), listed: false, tagged: false };
      this.repositories.set(name, repository);
    }
    return repository;
  }

  /** Bytes held, and those of them that some manifest still needs. */
  blobBytes(): { stored: number; reachable: number } {
    const reachable = this.#reachable();
    const total = { stored: 0, reachable: 0 };
    for (const [digest, bytes] of this.blobs) {
      total.stored += bytes.length;
      if (reachable.has(digest)) total.reachable += bytes.length;
    }
    return total;
  }

  /** Drops what no manifest needs, tagged or not: `registry garbage-collect` of distribution without `-m`. */
  collectGarbage(): void {
    const reachable = this.#reachable();
    for (const digest of this.blobs.keys()) {
      if (reachable.has(digest)) continue;
      this.blobs.delete(digest);
      for (const repository of this.repositories.values()) repository.blobs.delete(digest);
    }
  }

  #reachable(): Set<Digest> {
    const reachable = new Set<Digest>();
    for (const repository of this.repositories.values()) {
      for (const [digest, manifest] of repository.manifests) {
        reachable.add(digest);
        for (const blob of manifest.fields.blobs) reachable.add(blob.digest);
      }
    }
    return reachable;
  }
}
