import { createHash } from 'node:crypto';
import type { Pushable } from '../../../src/demo/image.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { asDigest } from '../../digest.ts';
import type { ManifestJson } from '../shared/manifest-json.ts';

/** `nexus.assetDownloads`: a pull within so many milliseconds of the last is not recorded. */
const HALF_A_DAY = 12 * 3_600_000;

/** A tag. Its component has an id of its own, which it keeps when the tag is moved. */
export interface StoredTag {
  readonly id: string;
  /** Lists are sorted by it. */
  readonly number: number;
  readonly image: string;
  readonly tag: string;
  digest: Digest;
  /** Milliseconds since the epoch. That of the first push stays. */
  readonly blobCreated: number;
  lastModified: number;
  lastDownloaded?: number;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly json: ManifestJson;
}

export interface StoredRepository {
  readonly name: string;
  readonly format: 'docker' | 'oci';
  readonly type: 'hosted' | 'proxy' | 'group';
  readonly tags: Map<string, StoredTag>;
  /** Of each image, by digest. */
  readonly manifests: Map<string, Map<Digest, StoredManifest>>;
  readonly members: readonly string[];
  writePolicy: 'ALLOW' | 'ALLOW_ONCE' | 'DENY';
  cleanup: string[];
  httpPort: number | undefined;
}

export interface StoredTask {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, string>> | undefined;
  nextRun?: string;
  lastRun?: string;
  lastRunResult?: string;
  enabled: boolean;
  state: 'WAITING' | 'RUNNING';
}

/** The deployment policy of the repository forbids it. */
export class Forbidden extends Error {}

/** What a Nexus holds, and the rules by which it changes. */
export class NexusStore {
  readonly repositories = new Map<string, StoredRepository>();
  readonly tasks: StoredTask[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly cleanupPolicies = new Map<string, object>();
  /** Every component that ever was, by its id. */
  readonly components = new Map<string, StoredTag>();
  readOnly = false;
  now: () => number = Date.now;
  #ids = 0;

  /** A repository, made when it is first asked for. */
  repository(name: string, parts: Partial<Pick<StoredRepository, 'type' | 'format' | 'members'>> = {}): StoredRepository {
    const known = this.repositories.get(name) ?? {
      name,
      format: 'docker',
      type: 'hosted',
      members: [],
      ...parts,
      tags: new Map(),
      manifests: new Map(),
      writePolicy: 'ALLOW',
      cleanup: [],
      httpPort: undefined,
    };
    this.repositories.set(name, known);
    return known;
  }

  /** Pushes a thing with all that it needs, under each tag or by its digest, as any client does. */
  push(repository: StoredRepository, image: string, thing: Pushable, tags: readonly string[] = [], pulledAt?: number): void {
    for (const blob of thing.blobs) this.blobs.set(blob.digest, blob.bytes);
    for (const child of thing.children) this.push(repository, image, child);
    if (!repository.manifests.get(image)?.has(thing.digest)) this.put(repository, image, thing.mediaType, thing.bytes, thing.digest);
    for (const tag of tags) {
      this.put(repository, image, thing.mediaType, thing.bytes, tag);
      if (pulledAt !== undefined) this.tag(repository, image, tag)!.lastDownloaded = pulledAt;
    }
  }

  /** Throws {@link Forbidden}. */
  put(
    repository: StoredRepository,
    image: string,
    mediaType: string,
    bytes: Buffer,
    reference: string,
    digest = digestOf(reference),
  ): Digest {
    const json = JSON.parse(bytes.toString('utf8')) as ManifestJson;
    const own = digest ?? asDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    if (repository.writePolicy === 'DENY') throw new Forbidden(`${repository.name} is read-only`);
    const manifests = repository.manifests.get(image) ?? new Map<Digest, StoredManifest>();
    repository.manifests.set(image, manifests);
    if (digest === undefined) {
      const key = `${image}:${reference}`;
      const before = repository.tags.get(key);
      if (before && repository.writePolicy === 'ALLOW_ONCE')
        throw new Forbidden(`${repository.name} v2/${image}/manifests/${reference} cannot be updated`);
      if (before) Object.assign(before, { digest: own, lastModified: this.now() });
      else repository.tags.set(key, this.#newTag(repository, image, reference, own));
    } else if (manifests.has(own) && repository.writePolicy === 'ALLOW_ONCE')
      throw new Forbidden(`${repository.name} v2/${image}/manifests/${own} cannot be updated`);
    if (!manifests.has(own)) manifests.set(own, { digest: own, mediaType, bytes, json });
    return own;
  }

  tag({ tags }: StoredRepository, image: string, tag: string): StoredTag | undefined {
    return tags.get(`${image}:${tag}`);
  }

  tagsOf({ tags }: StoredRepository, image: string): StoredTag[] {
    return [...tags.values()].filter((one) => one.image === image);
  }

  /** Deletes a component, and nothing of the manifest. */
  deleteTag(repository: StoredRepository, { image, tag }: StoredTag): void {
    if (repository.writePolicy === 'DENY') throw new Forbidden(`${repository.name}/v2/${image}/manifests/${tag} cannot be deleted`);
    repository.tags.delete(`${image}:${tag}`);
  }

  /** Only a pull by tag is recorded. */
  pulled(tag: StoredTag): void {
    if (tag.lastDownloaded === undefined || tag.lastDownloaded + HALF_A_DAY < this.now()) tag.lastDownloaded = this.now();
  }

  /** What tags lead to: what the task "Docker - Delete unused manifests and images" leaves. */
  used(repository: StoredRepository, image: string): Set<Digest> {
    const manifests = repository.manifests.get(image) ?? new Map<Digest, StoredManifest>();
    const found = new Set<Digest>();
    const pending = this.tagsOf(repository, image).map(({ digest }) => digest);
    for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
      const manifest = manifests.get(digest);
      if (!manifest || found.has(digest)) continue;
      found.add(digest);
      pending.push(...(manifest.json.manifests ?? []).map((child) => asDigest(child.digest)));
    }
    return found;
  }

  /** Does what a task does, by its type. */
  run(task: StoredTask): void {
    task.lastRun = new Date(this.now()).toISOString();
    task.lastRunResult = 'OK';
    const only = task.properties?.['repositoryName'] ?? '*';
    if (task.type !== 'repository.docker.gc') return;
    for (const repository of this.repositories.values()) {
      if (only !== '*' && only !== repository.name) continue;
      for (const [image, manifests] of repository.manifests) {
        const used = this.used(repository, image);
        for (const digest of manifests.keys()) if (!used.has(digest)) manifests.delete(digest);
      }
    }
  }

  #newTag({ name }: StoredRepository, image: string, tag: string, digest: Digest): StoredTag {
    this.#ids += 1;
    const id = Buffer.from(`${name}:${this.#ids.toString(16).padStart(32, '0')}`)
      .toString('base64')
      .replace(/=+$/, '');
    const made = { id, number: this.#ids, image, tag, digest, blobCreated: this.now(), lastModified: this.now() };
    this.components.set(id, made);
    return made;
  }
}

function digestOf(reference: string): Digest | undefined {
  return reference.startsWith('sha256:') ? asDigest(reference) : undefined;
}
