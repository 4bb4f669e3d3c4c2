import type { ImageTags } from '../distribution/image-tags.ts';
import type { IndexChildren, Parents } from '../distribution/index-children.ts';
import type { Digest } from '../domain/digest.ts';
import type { Companion } from './registry.ts';

/** Repositories of which the indexes are remembered; a few are worked on at a time. */
const REMEMBERED = 8;

/**
 * What goes with an image on a registry that deletes tags alone and collects what has none: what only deleted indexes list and has no tag.
 * `tagsOf` answers the tags of a repository, without those that were deleted since.
 */
export class UntaggedCompanions {
  readonly #tagsOf: (repository: string) => Promise<ImageTags>;
  readonly #indexes: IndexChildren;
  readonly #parents = new Map<string, Promise<Parents>>();

  constructor(tagsOf: (repository: string) => Promise<ImageTags>, indexes: IndexChildren) {
    this.#tagsOf = tagsOf;
    this.#indexes = indexes;
  }

  /** What goes along with a manifest, to any depth, each with the other indexes that hold it. */
  async of(repository: string, digest: Digest): Promise<Companion[]> {
    const tagged = await this.#tagsOf(repository);
    const parents = await this.#parentsIn(repository, tagged);
    const held = await this.#indexes.untaggedBelow(repository, digest, { parents, tagged });
    return held.map((one) => ({ ...one, tags: [] }));
  }

  /** An index that has a tag, or is held by one that has, and lists this. */
  async holder(repository: string, digest: Digest): Promise<Digest | undefined> {
    const tagged = await this.#tagsOf(repository);
    const parents = await this.#parentsIn(repository, tagged);
    const isLive = (one: Digest): boolean => tagged.has(one) || [...(parents.get(one) ?? [])].some(isLive);
    return [...(parents.get(digest) ?? [])].find(isLive);
  }

  #parentsIn(repository: string, tagged: ImageTags): Promise<Parents> {
    const known = this.#parents.get(repository);
    if (known) return known;
    const parents = this.#indexes.parents(repository, tagged.values());
    this.#parents.set(repository, parents);
    parents.catch(() => this.#parents.delete(repository));
    const [oldest] = this.#parents.keys();
    if (this.#parents.size > REMEMBERED && oldest !== undefined) this.#parents.delete(oldest);
    return parents;
  }
}
