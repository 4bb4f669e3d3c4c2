import type { Digest } from '../../domain/digest.ts';
import type { Component } from './component.ts';

/** The tags of one image, as they were listed and without what was deleted since. */
export class ImageTags {
  readonly #byTag = new Map<string, Component>();
  readonly #byDigest = new Map<Digest, Set<string>>();

  get size(): number {
    return this.#byTag.size;
  }

  get(tag: string): Component | undefined {
    return this.#byTag.get(tag);
  }

  values(): Iterable<Component> {
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

  /** The digests that have a tag. */
  digests(): Iterable<Digest> {
    return this.#byDigest.keys();
  }

  /** Of two components for one tag, the one that is added last stays. */
  add(component: Component): void {
    const { tag, digest } = component;
    this.delete(tag);
    this.#byTag.set(tag, component);
    const tags = this.#byDigest.get(digest);
    if (tags) tags.add(tag);
    else this.#byDigest.set(digest, new Set([tag]));
  }

  delete(tag: string): void {
    const component = this.#byTag.get(tag);
    if (!component) return;
    this.#byTag.delete(tag);
    const tags = this.#byDigest.get(component.digest);
    tags?.delete(tag);
    if (tags?.size === 0) this.#byDigest.delete(component.digest);
  }
}
