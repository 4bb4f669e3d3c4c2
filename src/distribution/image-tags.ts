import type { Digest } from '../domain/digest.ts';
import type { Manifest } from '../domain/inventory.ts';

/** A tag as a registry lists it, with what it points to. */
export interface ListedTag {
  readonly tag: string;
  readonly digest: Digest;
  /** Its manifest is an index, or may be one. */
  readonly isIndex: boolean;
  /** When it was last set, ISO 8601 UTC; undefined where that is not told. */
  readonly setAt: string | undefined;
}

/** The tags of one image, as they were listed and without what was deleted since. */
export class ImageTags<T extends ListedTag = ListedTag> {
  readonly #byTag = new Map<string, T>();
  readonly #byDigest = new Map<Digest, Set<string>>();

  get size(): number {
    return this.#byTag.size;
  }

  get(tag: string): T | undefined {
    return this.#byTag.get(tag);
  }

  values(): Iterable<T> {
    return this.#byTag.values();
  }

  /** The tags on a digest. */
  on(digest: Digest): readonly string[] {
    return [...(this.#byDigest.get(digest) ?? [])];
  }

  /** Whether a digest has a tag. */
  has(digest: Digest): boolean {
    return this.#byDigest.has(digest);
  }

  /** The digests that have a tag, with their tags. */
  byDigest(): Map<Digest, readonly string[]> {
    return new Map([...this.#byDigest].map(([digest, tags]) => [digest, [...tags]]));
  }

  /** Of two entries for one tag, the one that is added last stays. */
  add(listed: T): void {
    const { tag, digest } = listed;
    this.delete(tag);
    this.#byTag.set(tag, listed);
    const tags = this.#byDigest.get(digest);
    if (tags) tags.add(tag);
    else this.#byDigest.set(digest, new Set([tag]));
  }

  delete(tag: string): void {
    const listed = this.#byTag.get(tag);
    if (!listed) return;
    this.#byTag.delete(tag);
    const tags = this.#byDigest.get(listed.digest);
    tags?.delete(tag);
    if (tags?.size === 0) this.#byDigest.delete(listed.digest);
  }
}

/**
 * The times of an image whose tags are listed with the time when each was pushed: the first of them is no earlier than the image came, and
 * it is not known where one of them has no time.
 */
export function pushTimes(tags: readonly string[], listed: ImageTags): Pick<Manifest, 'tagTimes' | 'pushedAt'> {
  const times = tags.flatMap((tag) => {
    const setAt = listed.get(tag)?.setAt;
    return setAt === undefined ? [] : [[tag, setAt] as const];
  });
  const pushedAt = times.length < tags.length ? undefined : times.map(([, time]) => time).toSorted()[0];
  return { ...(times.length > 0 && { tagTimes: Object.fromEntries(times) }), ...(pushedAt !== undefined && { pushedAt }) };
}
