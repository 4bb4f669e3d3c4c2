import type { Pushable } from '../../../src/demo/image.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { asDigest } from '../../digest.ts';
import type { ManifestJson } from '../shared/manifest-json.ts';

const HOUR = 3_600_000;
const COSIGN = /^sha256-([0-9a-f]{64})\.(?:sig|att|sbom)$/;

/** A row of the history of tags. Hidden ones keep a manifest from being collected. */
export interface TagRow {
  readonly name: string;
  readonly digest: Digest;
  readonly hidden: boolean;
  readonly reversion: boolean;
  /** Milliseconds since the epoch. */
  readonly start: number;
  end?: number;
  immutable: boolean;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly json: ManifestJson;
  pulls: number;
  lastPull?: number;
  /** What the scanner says of it; without, it waits to be scanned. */
  scan?: { readonly status: string; readonly found?: readonly object[] };
}

/** An organization, or the namespace of a user. */
interface Namespace {
  readonly policies: object[];
  /** How long its deleted tags can be restored. */
  tagExpirationS: number;
  isUser: boolean;
}

export interface StoredRepository {
  /** `team/app` */
  readonly name: string;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly rows: TagRow[];
  readonly policies: object[];
  /** Its immutability policies. */
  readonly immutability: object[];
  state: string;
  kind: string;
  isPublic: boolean;
}

/** How often a tag cannot be changed. */
export class Immutable extends Error {}

/** What a Quay holds, and the rules by which it changes. */
export class QuayStore {
  readonly repositories = new Map<string, StoredRepository>();
  readonly organizations = new Map<string, Namespace>();
  readonly blobs = new Map<string, Buffer>();
  /** Newer Quays end the tags of signatures with their image. */
  endsCosignTags = true;
  now: () => number = Date.now;

  organization(name: string): Namespace {
    const known = this.organizations.get(name) ?? { policies: [], tagExpirationS: 14 * 86_400, isUser: false };
    this.organizations.set(name, known);
    return known;
  }

  /** A repository, made when it is first asked for. */
  repository(name: string): StoredRepository {
    this.organization(name.split('/')[0]!);
    const known = this.repositories.get(name) ?? {
      name,
      manifests: new Map(),
      rows: [],
      policies: [],
      immutability: [],
      state: 'NORMAL',
      kind: 'image',
      isPublic: false,
    };
    this.repositories.set(name, known);
    return known;
  }

  /** Pushes a thing with all that it needs, under each tag or by its digest, as any client does. */
  push(name: string, thing: Pushable, tags: readonly string[] = [], pulledAt?: number): void {
    const repository = this.repository(name);
    for (const blob of thing.blobs) this.blobs.set(blob.digest, blob.bytes);
    for (const child of thing.children) this.push(name, child);
    if (!repository.manifests.has(thing.digest)) {
      const json = JSON.parse(thing.bytes.toString('utf8')) as ManifestJson;
      repository.manifests.set(thing.digest, { digest: thing.digest, mediaType: thing.mediaType, bytes: thing.bytes, json, pulls: 0 });
    }
    if (pulledAt !== undefined) this.pull(repository, thing.digest, pulledAt);
    for (const tag of tags) this.setTag(repository, tag, thing.digest);
    // What is attached must not be collected, and has no other name: its hidden tag never ends.
    if (tags.length === 0)
      repository.rows.push({
        name: `$temp-${repository.rows.length}`,
        digest: thing.digest,
        hidden: true,
        reversion: false,
        start: this.now(),
        immutable: false,
        ...(thing.subject === undefined && { end: this.now() + HOUR }),
      });
  }

  pull(repository: StoredRepository, digest: Digest, at: number): void {
    const manifest = repository.manifests.get(digest);
    if (!manifest) return;
    manifest.pulls += 1;
    manifest.lastPull = at;
  }

  tag(repository: StoredRepository, name: string): TagRow | undefined {
    return this.alive(repository).find((row) => !row.hidden && row.name === name);
  }

  /** Tags that are there, hidden ones too; the newest first. */
  alive({ rows }: StoredRepository): TagRow[] {
    const now = this.now();
    return rows.filter(({ end }) => end === undefined || end > now).toReversed();
  }

  /** The digests that can be looked up: those with such a tag, and what they list. */
  reachable(repository: StoredRepository, counts: (row: TagRow) => boolean): Set<Digest> {
    const found = new Set<Digest>();
    const pending = this.alive(repository)
      .filter(counts)
      .map(({ digest }) => digest);
    for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
      const manifest = repository.manifests.get(digest);
      if (!manifest || found.has(digest)) continue;
      found.add(digest);
      pending.push(...(manifest.json.manifests ?? []).map((child) => asDigest(child.digest)));
    }
    return found;
  }

  /** Throws {@link Immutable}. Does not look whether the tag is somewhere else. */
  setTag(repository: StoredRepository, name: string, digest: Digest, reversion = false): void {
    const before = this.tag(repository, name);
    if (before?.immutable) throw new Immutable(name);
    if (before?.digest === digest && !reversion) return;
    if (before) before.end = this.now();
    repository.rows.push({ name, digest, hidden: false, reversion, start: this.now(), immutable: false });
    if (before) this.#endCosignTags(repository, before.digest);
  }

  /** False if there is no such tag. Throws {@link Immutable}. */
  deleteTag(repository: StoredRepository, name: string): boolean {
    const row = this.tag(repository, name);
    if (!row) return false;
    if (row.immutable) throw new Immutable(name);
    row.end = this.now();
    this.#endCosignTags(repository, row.digest);
    return true;
  }

  /** Forgets what cannot be restored any more. What something is attached to stays. */
  collectGarbage(): void {
    for (const repository of this.repositories.values()) {
      const keeps = this.organization(repository.name.split('/')[0]!).tagExpirationS * 1000;
      for (const row of repository.rows.slice())
        if (row.end !== undefined && row.end + (row.hidden ? 0 : keeps) <= this.now())
          repository.rows.splice(repository.rows.indexOf(row), 1);
      const held = new Set(repository.rows.map(({ digest }) => digest));
      for (const digest of held) {
        const { json } = repository.manifests.get(digest)!;
        for (const child of json.manifests ?? []) held.add(asDigest(child.digest));
        if (json.subject) held.add(asDigest(json.subject.digest));
      }
      for (const digest of repository.manifests.keys()) if (!held.has(digest)) repository.manifests.delete(digest);
    }
  }

  #endCosignTags(repository: StoredRepository, digest: Digest): void {
    const others = this.alive(repository).some((row) => !row.hidden && row.digest === digest && !COSIGN.test(row.name));
    if (others || !this.endsCosignTags) return;
    for (const row of this.alive(repository))
      if (COSIGN.exec(row.name)?.[1] === digest.slice('sha256:'.length) && !row.immutable) row.end = this.now();
  }
}
