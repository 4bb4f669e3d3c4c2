import { AcrError } from './reply.ts';
import { SortedMap } from './sorted-map.ts';

export interface Locks {
  deleteEnabled: boolean;
  writeEnabled: boolean;
  readEnabled: boolean;
  listEnabled: boolean;
}

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly configMediaType?: string;
  readonly architecture?: string;
  readonly os?: string;
  readonly subject?: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly imageSize: number;
  readonly createdTime: number;
  lastUpdateTime: number;
  readonly locks: Locks;
}

export interface StoredTag {
  readonly name: string;
  digest: string;
  readonly createdTime: number;
  lastUpdateTime: number;
  readonly locks: Locks;
}

export interface StoredRepository {
  readonly name: string;
  readonly createdTime: number;
  lastUpdateTime: number;
  readonly manifests: SortedMap<StoredManifest>;
  readonly tags: SortedMap<StoredTag>;
  readonly locks: Locks;
}

const DISALLOWED =
  'The operation is disallowed on this registry, repository or image. View troubleshooting steps at ' +
  'https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation';

export function unlocked(): Locks {
  return { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true };
}

/** What a registry holds, and the rules by which it changes. */
export class AcrStore {
  readonly repositories = new SortedMap<StoredRepository>();
  readonly blobs = new Map<string, Buffer>();
  /** Milliseconds since the epoch. */
  now: () => number = Date.now;

  repository(name: string): StoredRepository {
    const repository = this.repositories.get(name);
    if (!repository) throw new AcrError('NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } });
    return repository;
  }

  ensureRepository(name: string): StoredRepository {
    const known = this.repositories.get(name);
    if (known) return known;
    const made: StoredRepository = {
      name,
      createdTime: this.now(),
      lastUpdateTime: this.now(),
      manifests: new SortedMap(),
      tags: new SortedMap(),
      locks: unlocked(),
    };
    this.repositories.set(name, made);
    return made;
  }

  /** By digest or tag. */
  manifest(name: string, reference: string): StoredManifest {
    const { manifests, tags } = this.repository(name);
    const found = manifests.get(reference) ?? manifests.get(tags.get(reference)?.digest ?? '');
    if (!found)
      throw new AcrError('MANIFEST_UNKNOWN', `manifest ${reference.includes(':') ? '' : 'tagged by '}"${reference}" is not found`);
    return found;
  }

  tag(name: string, tag: string): StoredTag {
    const found = this.repository(name).tags.get(tag);
    if (!found) throw new AcrError('TAG_UNKNOWN', 'the specified tag does not exist', { detail: { name: tag } });
    return found;
  }

  setTag(repository: StoredRepository, name: string, digest: string): void {
    const known = repository.tags.get(name);
    const now = this.now();
    if (known) Object.assign(known, { digest, lastUpdateTime: now });
    else repository.tags.set(name, { name, digest, createdTime: now, lastUpdateTime: now, locks: unlocked() });
    this.#touch(repository, digest);
  }

  /** Takes a tag off, and only that. */
  deleteTag(name: string, tag: string): void {
    const repository = this.repository(name);
    const { digest, locks } = this.tag(name, tag);
    if (!mayDelete(locks) || !repository.locks.writeEnabled) throw disallowed();
    repository.tags.delete(tag);
    this.#touch(repository, digest);
  }

  /**
   * Deletes a manifest, its tags, locked or not, and all that is attached to it; children of an index stay, and an index does not hold its
   * children.
   */
  deleteManifest(name: string, digest: string): void {
    const repository = this.repository(name);
    const { locks } = this.manifest(name, digest);
    if (!mayDelete(locks) || !repository.locks.writeEnabled) throw disallowed();
    for (const pending = [digest]; pending.length > 0;) {
      const gone = pending.pop() ?? '';
      repository.manifests.delete(gone);
      for (const tag of repository.tags.values()) if (tag.digest === gone) repository.tags.delete(tag.name);
      pending.push(...this.referrers(repository, gone).map((referrer) => referrer.digest));
    }
    repository.lastUpdateTime = this.now();
    if (repository.manifests.size === 0) this.repositories.delete(name);
  }

  deleteRepository(name: string): { readonly manifestsDeleted: string[]; readonly tagsDeleted: string[] } {
    const { locks, manifests, tags } = this.repository(name);
    if (!mayDelete(locks)) throw disallowed();
    this.repositories.delete(name);
    return { manifestsDeleted: [...manifests.keys()], tagsDeleted: [...tags.keys()] };
  }

  referrers({ manifests }: StoredRepository, subject: string): StoredManifest[] {
    return [...manifests.values()].filter((manifest) => manifest.subject === subject);
  }

  #touch(repository: StoredRepository, digest: string): void {
    const manifest = repository.manifests.get(digest);
    if (manifest) manifest.lastUpdateTime = this.now();
    repository.lastUpdateTime = this.now();
  }
}

export function disallowed(): AcrError {
  return new AcrError('REGISTRY_DISALLOWED_OPERATION', DISALLOWED);
}

function mayDelete({ deleteEnabled, writeEnabled }: Locks): boolean {
  return deleteEnabled && writeEnabled;
}
