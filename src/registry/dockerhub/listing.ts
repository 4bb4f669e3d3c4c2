import { Batches } from '../../distribution/batches.ts';
import type { Digest } from '../../domain/digest.ts';
import type { HubClient } from './client.ts';
import { readRepositorySettings } from './repository-settings.ts';
import { type HubImage, type HubTag, type HubTags, type ListOptions, readTags } from './tags.ts';

/** What the tags of a repository lead to: what they point to, and what the indexes among that hold. Nothing else is listed. */
export class Listing {
  /** Whether a tag is immutable. */
  readonly isImmutable: (tag: string) => boolean;
  /** The tags on each digest, as they were listed. */
  readonly #on = new Map<Digest, HubTag[]>();
  /** The images that indexes hold, and the indexes that hold each. */
  readonly #held = new Map<Digest, { readonly image: HubImage; readonly by: Set<Digest> }>();

  constructor(tags: HubTags, isImmutable: (tag: string) => boolean) {
    this.isImmutable = isImmutable;
    for (const tag of tags.values()) {
      const others = this.#on.get(tag.digest);
      if (others) others.push(tag);
      else this.#on.set(tag.digest, [tag]);
      if (tag.isIndex) for (const image of tag.images) this.#hold(image, tag.digest);
    }
  }

  /** The digests that have a tag. */
  get tagged(): Iterable<Digest> {
    return this.#on.keys();
  }

  /** The images without a tag that indexes hold. */
  get untagged(): readonly HubImage[] {
    return [...this.#held.values()].flatMap(({ image }) => (this.#on.has(image.digest) ? [] : [image]));
  }

  on(digest: Digest): readonly HubTag[] {
    return this.#on.get(digest) ?? [];
  }

  /** The indexes with a tag that hold a digest. */
  holders(digest: Digest): readonly Digest[] {
    return [...(this.#held.get(digest)?.by ?? [])];
  }

  has(digest: Digest): boolean {
    return this.#on.has(digest) || this.#held.has(digest);
  }

  #hold(image: HubImage, index: Digest): void {
    if (image.digest === index) return;
    const known = this.#held.get(image.digest);
    if (known) known.by.add(index);
    else this.#held.set(image.digest, { image, by: new Set([index]) });
  }
}

/** Reads a repository: its settings, and its tags. Throws `NOT_FOUND` for one that is not there. */
export async function readListing(client: HubClient, repository: string, options: ListOptions = {}): Promise<Listing> {
  const { isImmutable } = await readRepositorySettings(client, repository, options.signal);
  return new Listing(await readTags(client, repository, options), isImmutable);
}

/** More than are ever asked about at the same time. */
const MOST_AT_ONCE = 1000;

/** Reads the tags of a repository anew, once for all who ask at the same time. */
export class Listings {
  readonly #batches: Batches<Digest, Listing>;

  constructor(client: HubClient) {
    this.#batches = new Batches(MOST_AT_ONCE, async (repository, digests) => {
      const listing = await readListing(client, repository);
      return new Map(digests.map((digest) => [digest, listing]));
    });
  }

  /** What there is now, for whoever wants to know of a digest. */
  async about(repository: string, digest: Digest): Promise<Listing> {
    const listing = await this.#batches.load(repository, digest);
    if (!listing) throw new TypeError('a listing is for every digest that was asked about');
    return listing;
  }
}
