import { RegistryStorage } from '../../../src/demo/registry-storage.ts';
import { type Digest, isDigest } from '../../../src/domain/digest.ts';

/** A tag, or a manifest that was pushed by its digest. */
export interface StoredVersion {
  readonly id: number;
  /** `deep/app` */
  readonly name: string;
  readonly version: string;
  readonly digest: Digest;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What a Gitea holds: of each repository its versions, and the blobs that they refer to. */
export class GiteaStore {
  readonly registry = new RegistryStorage();
  /** By repository (`team/deep/app`), then by version. */
  readonly versions = new Map<string, Map<string, StoredVersion>>();
  now: () => number = Date.now;
  #ids = 0;

  /** Notes that a manifest was pushed. A version that was there is a new one. */
  put(repository: string, reference: string, digest: Digest): void {
    const known = this.versions.get(repository) ?? new Map<string, StoredVersion>();
    this.versions.set(repository, known);
    known.delete(reference);
    const name = repository.slice(repository.indexOf('/') + 1);
    this.#ids += 1;
    known.set(reference, { id: this.#ids, name, version: reference, digest, createdAt: this.now() });
    this.#forget(repository);
  }

  /** False if there is no such version. */
  remove(repository: string, version: string): boolean {
    const known = this.versions.get(repository);
    if (!known?.delete(version)) return false;
    if (known.size === 0) this.versions.delete(repository);
    if (!isDigest(version)) this.registry.repository(repository).tags.delete(version);
    this.#forget(repository);
    return true;
  }

  /** The versions that have a manifest. */
  of(repository: string, digest?: Digest): StoredVersion[] {
    return [...(this.versions.get(repository)?.values() ?? [])].filter((one) => digest === undefined || one.digest === digest);
  }

  /** What no version has is gone at once, and so are the blobs that no manifest refers to. */
  #forget(repository: string): void {
    const { manifests, blobs } = this.registry.repository(repository);
    const held = new Set(this.of(repository).map(({ digest }) => digest));
    const dropped = [...manifests].filter(([digest]) => !held.has(digest));
    for (const [digest] of dropped) manifests.delete(digest);
    const needed = new Set([...manifests.values()].flatMap(({ fields }) => fields.blobs.map(({ digest }) => digest as Digest)));
    for (const [, { fields }] of dropped)
      for (const { digest } of fields.blobs) if (!needed.has(digest as Digest)) blobs.delete(digest as Digest);
  }
}
