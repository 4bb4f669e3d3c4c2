import type { LimitFunction } from 'p-limit';
import type { Digest } from '../domain/digest.ts';
import { isIndexType } from '../domain/media-types.ts';
import { listedManifests, type ManifestDocument } from './manifest-document.ts';

/** An entry of an index. */
interface Child {
  readonly digest: Digest;
  readonly isIndex: boolean;
}

/** Answers what a manifest says; undefined where it is not there. */
export type ReadDocument = (repository: string, digest: Digest) => Promise<ManifestDocument | undefined>;

/** The indexes that list each digest. */
export type Parents = ReadonlyMap<Digest, ReadonlySet<Digest>>;

/** What goes with an index on a registry that collects what has no tag, and the other indexes that hold it. */
export interface Held {
  readonly digest: Digest;
  readonly heldBy: readonly Digest[];
}

/** What indexes list, each read once. What a digest lists never changes. */
export class IndexChildren {
  readonly #readDocument: ReadDocument;
  readonly #limit: LimitFunction;
  readonly #known = new Map<Digest, Promise<readonly Child[] | undefined>>();

  constructor(readDocument: ReadDocument, limit: LimitFunction) {
    this.#readDocument = readDocument;
    this.#limit = limit;
  }

  /** The manifests that an index lists; nothing where it is not there. */
  async of(repository: string, digest: Digest): Promise<readonly Child[]> {
    return (await this.#of(repository, digest)) ?? [];
  }

  /** Undefined where it is not there. */
  #of(repository: string, digest: Digest): Promise<readonly Child[] | undefined> {
    let children = this.#known.get(digest);
    if (!children) {
      children = this.#read(repository, digest);
      this.#known.set(digest, children);
      // What was not there, or could not be read, may be another time.
      children.then(
        (list) => !list?.length && this.#known.delete(digest),
        () => this.#known.delete(digest),
      );
    }
    return children;
  }

  /** The indexes that list each digest, from those that have a tag on, to any depth. */
  async parents(repository: string, tagged: Iterable<{ readonly digest: Digest; readonly isIndex: boolean }>): Promise<Parents> {
    const parents = new Map<Digest, Set<Digest>>();
    const asked = new Set<Digest>();
    let wave = new Set([...tagged].filter(({ isIndex }) => isIndex).map(({ digest }) => digest));
    while (wave.size > 0) {
      const next = new Set<Digest>();
      for (const digest of wave) asked.add(digest);
      const lists = await this.#limit.map(wave, async (digest) => ({ digest, children: await this.of(repository, digest) }));
      for (const { digest: parent, children } of lists) {
        for (const { digest, isIndex } of children) {
          const known = parents.get(digest);
          if (known) known.add(parent);
          else parents.set(digest, new Set([parent]));
          if (isIndex && !asked.has(digest)) next.add(digest);
        }
      }
      wave = next;
    }
    return parents;
  }

  /**
   * What an index lists, to any depth, and what has no tag of its own, each once. `tagged` are the digests that have a tag. What is listed
   * and was never pushed goes nowhere.
   */
  async untaggedBelow(
    repository: string,
    index: Digest,
    { parents, tagged }: { readonly parents: Parents; readonly tagged: { has(digest: Digest): boolean } },
  ): Promise<Held[]> {
    const isLive = (digest: Digest): boolean => tagged.has(digest) || [...(parents.get(digest) ?? [])].some(isLive);
    const found = new Map<Digest, Held>();
    // `spared`: indexes that hold something above, and with it all that is below. Digests cannot form a ring.
    const walk = async (listed: readonly Child[], path: readonly Digest[], spared: readonly Digest[]): Promise<void> => {
      for (const { digest } of listed) {
        if (path.includes(digest) || found.has(digest) || tagged.has(digest)) continue;
        const below = await this.#of(repository, digest);
        if (!below) continue;
        const others = [...(parents.get(digest) ?? [])].filter((parent) => !path.includes(parent) && isLive(parent));
        const heldBy = [...new Set([...spared, ...others])];
        found.set(digest, { digest, heldBy });
        await walk(below, [...path, digest], heldBy);
      }
    };
    await walk(await this.of(repository, index), [index], []);
    return [...found.values()];
  }

  async #read(repository: string, digest: Digest): Promise<readonly Child[] | undefined> {
    const document = await this.#readDocument(repository, digest);
    return document && listedManifests(document).map((child) => ({ digest: child.digest, isIndex: isIndexType(child.mediaType) }));
  }
}
