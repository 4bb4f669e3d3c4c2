import type { LimitFunction } from 'p-limit';
import type { Digest } from '../../domain/digest.ts';
import { isIndexType } from '../../domain/media-types.ts';
import type { ManifestSource } from './manifest-source.ts';
import type { QuayTag } from './tags.ts';

/** An entry of an index. */
interface Child {
  readonly digest: Digest;
  readonly isIndex: boolean;
}

/** What indexes list, each read once. What a digest lists never changes. */
export class IndexChildren {
  readonly #source: ManifestSource;
  readonly #limit: LimitFunction;
  readonly #known = new Map<Digest, Promise<readonly Child[]>>();

  constructor(source: ManifestSource, limit: LimitFunction) {
    this.#source = source;
    this.#limit = limit;
  }

  /** What an index lists; nothing where it is not there. */
  of(repository: string, digest: Digest): Promise<readonly Child[]> {
    let children = this.#known.get(digest);
    if (!children) {
      children = this.#read(repository, digest);
      this.#known.set(digest, children);
      // What was not there, or could not be read, may be another time.
      children.then(
        (list) => list.length === 0 && this.#known.delete(digest),
        () => this.#known.delete(digest),
      );
    }
    return children;
  }

  /** The indexes that list each digest, from those that have one of the tags on, to any depth. */
  async parents(repository: string, tags: Iterable<QuayTag>): Promise<Map<Digest, Set<Digest>>> {
    const parents = new Map<Digest, Set<Digest>>();
    const asked = new Set<Digest>();
    let wave = new Set([...tags].filter(({ isIndex }) => isIndex).map(({ digest }) => digest));
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

  async #read(repository: string, digest: Digest): Promise<readonly Child[]> {
    const document = await this.#source.document(repository, digest);
    return (document?.children ?? []).map((child) => ({ digest: child.digest, isIndex: isIndexType(child.mediaType) }));
  }
}
