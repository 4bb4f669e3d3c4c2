import type { Digest } from '../domain/digest.ts';
import type { Blob, Manifest, RepositoryInventory } from '../domain/inventory.ts';
import { DAY_MS, knownTime } from '../domain/time.ts';
import type { RepositoryPlan } from '../plan/plan.ts';
import type { Arrival } from './arrivals.ts';
import type { Storage } from './storage.ts';

/** A manifest as it is at some time. */
interface Living {
  /** Without its blobs. */
  manifest: Manifest;
  /** A manifest whose blobs are not known stands for one of its size. */
  readonly blobs: readonly Blob[];
  /** It is pulled again and again until then; undefined: no more. */
  readonly pulledUntil: number | undefined;
}

/** A repository whose time goes on. Times are milliseconds since the epoch. */
export class RepositoryLife {
  readonly #inventory: RepositoryInventory;
  readonly #storage: Storage;
  readonly #living = new Map<Digest, Living>();
  readonly #holders = new Map<string, Digest>();
  /** What will come; the next stands last. */
  readonly #arrivals: Arrival[];
  /** Tags that will be set later than their manifest comes; the next stands last. */
  readonly #tags: { readonly at: number; readonly tag: string; readonly digest: Digest }[];

  /** What was pulled within the last day goes on being pulled; what was not, is pulled no more. */
  constructor(inventory: RepositoryInventory, arrivals: readonly Arrival[], storage: Storage, now: number) {
    this.#inventory = inventory;
    this.#storage = storage;
    for (const manifest of inventory.manifests) {
      const pulled = knownTime(manifest.pulledAt, now);
      this.#come(manifest, pulled !== undefined && pulled > now - DAY_MS ? Infinity : undefined);
    }
    this.#arrivals = arrivals.toReversed();
    this.#tags = arrivals
      .flatMap(({ manifest: { digest }, tags }) => tags.map(({ tag, at }) => ({ at, tag, digest })))
      .toSorted((a, b) => b.at - a.at);
  }

  /** Lets everything happen until a time. Answers how many images have come. */
  goOn(until: number): number {
    let images = 0;
    for (let next = this.#arrivals.at(-1); next && next.at <= until; next = this.#arrivals.at(-1)) {
      this.#come(next.manifest, next.pulledUntil);
      if (next.isImage) images += 1;
      this.#arrivals.pop();
    }
    for (let next = this.#tags.at(-1); next && next.at <= until; next = this.#tags.at(-1)) {
      this.#tag(next.tag, next.digest, next.at);
      this.#tags.pop();
    }
    for (const one of this.#living.values()) {
      if (one.pulledUntil === undefined) continue;
      one.manifest = { ...one.manifest, pulledAt: new Date(Math.min(until, one.pulledUntil)).toISOString() };
    }
    if (!this.#inventory.capabilities.listUntagged) this.#loseUnseen();
    return images;
  }

  /** What is there, without the blobs. */
  inventory(): RepositoryInventory {
    return { ...this.#inventory, manifests: Array.from(this.#living.values(), ({ manifest }) => manifest) };
  }

  /** Does what a plan says. */
  carryOut({ images }: RepositoryPlan): void {
    for (const { digest, action, untag } of images) {
      const one = this.#living.get(digest) as Living;
      if (action === 'delete') this.#go(digest);
      if (action === 'untag') this.#untag(one, untag);
      if (action === 'archive') one.manifest = { ...one.manifest, archived: true };
    }
  }

  #come(manifest: Manifest, pulledUntil: number | undefined): void {
    const { blobs = [{ digest: manifest.digest, size: manifest.size }], ...rest } = manifest;
    this.#storage.hold(blobs);
    this.#living.set(manifest.digest, { manifest: rest, blobs, pulledUntil });
    for (const tag of manifest.tags) this.#holders.set(tag, manifest.digest);
  }

  #go(digest: Digest): void {
    const one = this.#living.get(digest);
    if (!one) return;
    for (const tag of one.manifest.tags) this.#holders.delete(tag);
    this.#living.delete(digest);
    this.#storage.release(one.blobs);
  }

  #tag(tag: string, digest: Digest, at: number): void {
    const one = this.#living.get(digest);
    if (!one) return;
    const holder = this.#living.get(this.#holders.get(tag) ?? digest);
    if (holder && holder !== one) this.#untag(holder, [tag]);
    this.#holders.set(tag, digest);
    const { tags, tagTimes } = one.manifest;
    const times = this.#inventory.capabilities.tagTimes && { tagTimes: { ...tagTimes, [tag]: new Date(at).toISOString() } };
    one.manifest = { ...one.manifest, tags: [...tags.filter((other) => other !== tag), tag], ...times };
  }

  #untag(one: Living, tags: readonly string[]): void {
    for (const tag of tags) this.#holders.delete(tag);
    one.manifest = { ...one.manifest, tags: one.manifest.tags.filter((tag) => !tags.includes(tag)) };
  }

  /** Where a registry lists tags alone, nobody sees what has lost its last one. */
  #loseUnseen(): void {
    const seen = new Set([...this.#living.values()].filter(({ manifest }) => manifest.tags.length > 0));
    const attached = new Map<Digest, Living[]>();
    for (const one of this.#living.values()) {
      const { subject } = one.manifest;
      if (subject !== undefined) attached.set(subject, [...(attached.get(subject) ?? []), one]);
    }
    // A set grows while it is walked: what is added is visited too.
    for (const { manifest } of seen) {
      for (const digest of manifest.children) {
        const child = this.#living.get(digest);
        if (child) seen.add(child);
      }
      for (const one of attached.get(manifest.digest) ?? []) seen.add(one);
    }
    for (const one of this.#living.values()) if (!seen.has(one)) this.#go(one.manifest.digest);
  }
}
