import type { Digest } from '../../domain/digest.ts';
import type { IndexChildren, Parents } from '../../distribution/index-children.ts';
import type { Companion } from '../registry.ts';
import type { QuayClient } from './client.ts';
import { type QuayTag, readTags } from './tags.ts';

/** Repositories of which the tags are remembered; a few are worked on at a time. */
const REMEMBERED = 8;
/** The suffixes of the tags that Quay ends with the image that they name (data/model/oci/tag.py, `COSIGN_TAG_SCHEMA_SUFFIXES`). */
const COSIGN_SUFFIXES = ['sig', 'att', 'sbom'];

/** A repository when it was first asked about, without the tags that were deleted since. */
interface Snapshot {
  readonly tags: Map<string, QuayTag>;
  readonly parents: Parents;
  /** The tags of signatures that were told to go along with an image. */
  readonly told: Map<Digest, readonly QuayTag[]>;
}

/**
 * Finds what goes along with an image. Newer Quays end the tags of its cosign signatures with its last tag, and with older ones the
 * deletion sees to it; what only a deleted index lists has no name of its own, and is collected. A tag that was set since the first look
 * can only spare more than is told here.
 */
export class TakenAlong {
  readonly #client: QuayClient;
  readonly #indexes: IndexChildren;
  readonly #snapshots = new Map<string, Promise<Snapshot>>();

  constructor(client: QuayClient, indexes: IndexChildren) {
    this.#client = client;
    this.#indexes = indexes;
  }

  /** What goes along with a manifest, to any depth, each with the other indexes that hold it. */
  async of(repository: string, digest: Digest): Promise<Companion[]> {
    const snapshot = await this.#snapshotOf(repository);
    const found = new Map<Digest, Companion>();
    const names = tagsOn(snapshot);
    for (const companion of signaturesOf(digest, snapshot, names)) found.set(companion.digest, companion);
    const ending = [...found.values()].flatMap(({ tags }) => tags.flatMap((tag) => snapshot.tags.get(tag) ?? []));
    snapshot.told.set(digest, ending);
    for (const held of await this.#indexes.untaggedBelow(repository, digest, { parents: snapshot.parents, tagged: names }))
      found.set(held.digest, { ...held, tags: [] });
    return [...found.values()];
  }

  /** The tags of signatures that {@link of} has told to go along with an image; none where it was not asked. */
  async toldOf(repository: string, digest: Digest): Promise<readonly QuayTag[]> {
    return (await this.#snapshots.get(repository)?.catch(() => undefined))?.told.get(digest) ?? [];
  }

  /** Notes that a tag was deleted. */
  async forget(repository: string, tag: string): Promise<void> {
    const snapshot = await this.#snapshots.get(repository)?.catch(() => undefined);
    snapshot?.tags.delete(tag);
  }

  #snapshotOf(repository: string): Promise<Snapshot> {
    const known = this.#snapshots.get(repository) ?? this.#read(repository);
    this.#snapshots.set(repository, known);
    known.catch(() => this.#snapshots.delete(repository));
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > REMEMBERED && oldest !== undefined) this.#snapshots.delete(oldest);
    return known;
  }

  async #read(repository: string): Promise<Snapshot> {
    const tags = await readTags(this.#client, repository);
    return { tags, parents: await this.#indexes.parents(repository, tags.values()), told: new Map() };
  }
}

function tagsOn({ tags }: Snapshot): Map<Digest, string[]> {
  const names = new Map<Digest, string[]>();
  for (const { name, digest } of tags.values()) {
    const known = names.get(digest);
    if (known) known.push(name);
    else names.set(digest, [name]);
  }
  return names;
}

/** What has no name but the tags that end with an image. */
function signaturesOf(digest: Digest, { tags }: Snapshot, names: ReadonlyMap<Digest, readonly string[]>): Companion[] {
  if (!names.has(digest)) return [];
  const going = new Set(COSIGN_SUFFIXES.map((suffix) => `${digest.replace(':', '-')}.${suffix}`));
  const signatures = new Set([...going].flatMap((name) => tags.get(name)?.digest ?? []));
  return [...signatures].flatMap((signature) => {
    const own = names.get(signature) ?? [];
    const goes = signature !== digest && own.every((name) => going.has(name) && tags.get(name)?.immutable === false);
    return goes ? [{ digest: signature, tags: own, heldBy: [] }] : [];
  });
}
