import type { IndexChildren, Parents } from '../../distribution/index-children.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Companion } from '../registry.ts';
import type { ImageTags } from './image-tags.ts';
import type { TagSource } from './tags.ts';

/** Repositories of which the indexes are remembered; a few are worked on at a time. */
const REMEMBERED = 8;

/** What goes with an image once Nexus has collected what is unused: what only deleted indexes list and has no tag. */
export class TakenAlong {
  readonly #source: TagSource;
  readonly #indexes: IndexChildren;
  readonly #parents = new Map<string, Promise<Parents>>();

  constructor(source: TagSource, indexes: IndexChildren) {
    this.#source = source;
    this.#indexes = indexes;
  }

  /** What goes along with a manifest, to any depth, each with the other indexes that hold it. */
  async of(repository: string, digest: Digest): Promise<Companion[]> {
    const [tagged, parents] = await this.#look(repository);
    const held = await this.#indexes.untaggedBelow(repository, digest, { parents, tagged });
    return held.map((one) => ({ ...one, tags: [] }));
  }

  /** An index that has a tag, or is held by one that has, and lists this. */
  async holder(repository: string, digest: Digest): Promise<Digest | undefined> {
    const [tagged, parents] = await this.#look(repository);
    const isLive = (one: Digest): boolean => tagged.has(one) || [...(parents.get(one) ?? [])].some(isLive);
    return [...(parents.get(digest) ?? [])].find(isLive);
  }

  /** The tags without those that were deleted since, and which indexes list what. */
  async #look(repository: string): Promise<readonly [ImageTags, Parents]> {
    const { routing, components } = this.#source;
    const current = await components.current(await routing.place(repository), repository);
    let parents = this.#parents.get(repository);
    if (!parents) {
      parents = this.#indexes.parents(repository, current.values());
      this.#parents.set(repository, parents);
      parents.catch(() => this.#parents.delete(repository));
      const [oldest] = this.#parents.keys();
      if (this.#parents.size > REMEMBERED && oldest !== undefined) this.#parents.delete(oldest);
    }
    return [current, await parents];
  }
}
