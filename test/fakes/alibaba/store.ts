import type { Pushable } from '../../../src/demo/image.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { asDigest } from '../../digest.ts';
import type { ManifestJson } from '../shared/manifest-json.ts';

export interface StoredTag {
  readonly tag: string;
  digest: Digest;
  /** Milliseconds since the epoch. */
  readonly created: number;
  updated: number;
  status: 'NORMAL' | 'DELETING';
}

interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly json: ManifestJson;
}

export interface StoredRepository {
  /** `team/app` */
  readonly name: string;
  /** Of the Enterprise Edition; made of the name, so that tests can tell whose it is. */
  readonly id: string;
  readonly tags: Map<string, StoredTag>;
  readonly manifests: Map<Digest, StoredManifest>;
  status: string;
  immutable: boolean;
}

/** What a registry of Alibaba Cloud holds, of either edition. */
export class AlibabaStore {
  readonly repositories = new Map<string, StoredRepository>();
  readonly blobs = new Map<string, Buffer>();
  readonly rules: object[] = [];
  /** Hosts that its owner has bound to the instance. */
  readonly domains: string[] = [];
  /** Tags that the API refuses to delete. */
  readonly lockedTags = new Set<string>();
  /** Where every tag of each repository last was, deleted ones too. */
  readonly digests = new Map<string, Digest>();
  /** What is not published: whether the other tags of its digest go with a tag. */
  takesSiblings = false;
  now: () => number = Date.now;

  /** A repository, made when it is first asked for. */
  repository(name: string): StoredRepository {
    const known = this.repositories.get(name) ?? {
      name,
      id: `crr-${Buffer.from(name).toString('hex')}`,
      tags: new Map(),
      manifests: new Map(),
      status: 'NORMAL',
      immutable: false,
    };
    this.repositories.set(name, known);
    return known;
  }

  push(name: string, thing: Pushable, tags: readonly string[] = []): void {
    const repository = this.repository(name);
    for (const blob of thing.blobs) this.blobs.set(blob.digest, blob.bytes);
    for (const child of thing.children) this.push(name, child);
    const json = JSON.parse(thing.bytes.toString('utf8')) as ManifestJson;
    repository.manifests.set(thing.digest, { digest: thing.digest, mediaType: thing.mediaType, bytes: thing.bytes, json });
    for (const tag of tags) this.setTag(repository, tag, thing.digest);
  }

  setTag(repository: StoredRepository, tag: string, digest: Digest): void {
    const before = repository.tags.get(tag);
    if (before) Object.assign(before, { digest, updated: this.now() });
    else repository.tags.set(tag, { tag, digest, created: this.now(), updated: this.now(), status: 'NORMAL' });
    this.digests.set(`${repository.id} ${tag}`, digest);
  }

  deleteTag({ tags }: StoredRepository, { tag, digest }: StoredTag): void {
    tags.delete(tag);
    if (this.takesSiblings) for (const other of tags.values()) if (other.digest === digest) tags.delete(other.tag);
  }

  /** What tags lead to. What becomes of the rest, and when, Alibaba Cloud does not publish. */
  used({ tags, manifests }: StoredRepository): Set<Digest> {
    const found = new Set<Digest>();
    const pending = [...tags.values()].map(({ digest }) => digest);
    for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
      const manifest = manifests.get(digest);
      if (!manifest || found.has(digest)) continue;
      found.add(digest);
      pending.push(...(manifest.json.manifests ?? []).map((child) => asDigest(child.digest)));
    }
    return found;
  }
}
