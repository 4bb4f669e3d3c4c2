import type { Pushable } from '../../../src/demo/image.ts';
import { attachmentTag } from '../../../src/demo/attachments.ts';
import { index } from '../../../src/demo/image.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import type { ManifestJson } from '../shared/manifest-json.ts';

/** A version of a package: one manifest. */
export interface StoredVersion {
  readonly id: number;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly json: ManifestJson;
  readonly tags: Set<string>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  updatedAt: number;
  deletedAt?: number;
  downloads: number;
  /** Listed, and not to be had at `/v2/`. */
  broken?: boolean;
}

export interface StoredPackage {
  /** `team` */
  readonly owner: string;
  /** `deep/app` */
  readonly name: string;
  /** The oldest first; deleted ones too. */
  readonly versions: StoredVersion[];
  readonly blobs: Map<string, Buffer>;
  visibility: 'public' | 'private' | 'internal';
}

const MONTH = 30 * 86_400_000;

/** What GitHub holds, and the rules by which it changes. */
export class GhcrStore {
  readonly packages = new Map<string, StoredPackage>();
  /** Owners that are users; all others are organizations. */
  readonly users = new Set<string>();
  /** Whether a version has its tags again when it is restored, and takes them even from newer ones. */
  restoresTags: 'all' | 'free' | 'none' = 'free';
  /** The list under a fallback tag stays without a tag when a new one takes it. A client could delete it by REST alone. */
  keepsFormerLists = true;
  now: () => number = Date.now;
  #lastId = 4710;

  /** A package, made when it is first asked for. */
  package(repository: string): StoredPackage {
    const [owner = '', ...rest] = repository.split('/');
    const known = this.packages.get(repository) ?? {
      owner,
      name: rest.join('/'),
      versions: [],
      blobs: new Map(),
      visibility: 'private',
    };
    this.packages.set(repository, known);
    return known;
  }

  /** Versions that are there. */
  alive(stored: StoredPackage): StoredVersion[] {
    return stored.versions.filter(({ deletedAt }) => deletedAt === undefined);
  }

  find(stored: StoredPackage, reference: string): StoredVersion | undefined {
    return this.alive(stored).find(({ digest, tags }) => digest === reference || tags.has(reference));
  }

  /** Pushes a thing with all that it needs, as clients do where there is no referrers API: they keep the fallback tag of a subject. */
  push(repository: string, thing: Pushable, tags: readonly string[] = []): void {
    const stored = this.package(repository);
    for (const blob of thing.blobs) stored.blobs.set(blob.digest, blob.bytes);
    for (const child of thing.children) this.push(repository, child);
    this.put(stored, thing, tags);
    if (thing.subject === undefined || tags.length > 0) return;
    const tag = attachmentTag(thing.subject);
    const before = this.find(stored, tag);
    const listed = before?.json.manifests ?? [];
    if (listed.some(({ digest }) => digest === thing.digest)) return;
    const attached = [...listed.map(({ digest }) => this.find(stored, digest)!), thing].map((one): Pushable => ({
      ...thing,
      digest: one.digest,
      mediaType: one.mediaType,
      bytes: one.bytes,
    }));
    this.put(stored, index(attached), [tag]);
    if (before && !this.keepsFormerLists) stored.versions.splice(stored.versions.indexOf(before), 1);
  }

  put(
    stored: StoredPackage,
    { digest, mediaType, bytes }: Pick<Pushable, 'digest' | 'mediaType' | 'bytes'>,
    tags: readonly string[],
  ): void {
    let version = this.find(stored, digest);
    if (!version) {
      const content = JSON.parse(bytes.toString('utf8')) as ManifestJson;
      const now = this.now();
      this.#lastId += 1;
      version = {
        id: this.#lastId,
        digest,
        mediaType,
        bytes,
        json: content,
        tags: new Set(),
        createdAt: now,
        updatedAt: now,
        downloads: 0,
      };
      stored.versions.push(version);
    }
    for (const tag of tags) this.#setTag(stored, version, tag);
  }

  delete(version: StoredVersion): void {
    version.deletedAt = this.now();
  }

  /** False if it cannot be restored any more. */
  restore(stored: StoredPackage, version: StoredVersion): boolean {
    if (version.deletedAt === undefined || version.deletedAt + MONTH < this.now() || this.find(stored, version.digest)) return false;
    delete version.deletedAt;
    const tags = [...version.tags];
    version.tags.clear();
    for (const tag of tags)
      if (this.restoresTags === 'all' || (this.restoresTags === 'free' && !this.find(stored, tag))) this.#setTag(stored, version, tag);
    return true;
  }

  #setTag(stored: StoredPackage, version: StoredVersion, tag: string): void {
    const before = this.find(stored, tag);
    if (before === version) return;
    before?.tags.delete(tag);
    version.tags.add(tag);
    version.updatedAt = this.now();
  }
}
