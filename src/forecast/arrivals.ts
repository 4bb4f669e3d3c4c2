import { digestKey, parseDigestTag } from '../domain/attachment.ts';
import type { Digest } from '../domain/digest.ts';
import type { Blob, Manifest } from '../domain/inventory.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { isImage } from '../plan/summary.ts';
import { knownTime } from '../domain/time.ts';
import type { Repetition } from './next-tags.ts';
import type { Push } from './push-family.ts';
import type { PushHistory, Recurring } from './push-history.ts';

/** A manifest that will be pushed. Times are milliseconds since the epoch. */
export interface Arrival {
  readonly at: number;
  /** Without tags. */
  readonly manifest: Manifest;
  /** When it will get which tags. */
  readonly tags: readonly { readonly tag: string; readonly at: number }[];
  /** It is pulled again and again until then; undefined: never. */
  readonly pulledUntil: number | undefined;
  /** It counts as an image. */
  readonly isImage: boolean;
}

/** Makes the manifests that will be pushed to one repository, by those that have been. */
export class Arrivals {
  readonly #history: PushHistory;
  readonly #now: number;
  readonly #newDigest: () => Digest;
  /** Blobs of several images, such as a base, and of what was there before the time that is looked at: what comes shares them too. */
  readonly #sharedBlobs = new Set<Digest>();
  readonly #tagTimes: boolean;
  #letters = 0;

  constructor(graph: Graph, history: PushHistory, now: number, tagTimes: boolean, newDigest: () => Digest) {
    this.#history = history;
    this.#now = now;
    this.#newDigest = newDigest;
    this.#tagTimes = tagTimes;
    const pushes = history.families.flatMap((family) => family.streams.flatMap((stream) => stream.pushes));
    const owners = new Map(pushes.flatMap(({ node }) => [node, ...partsOf(node)].map((part) => [part, node])));
    const holders = new Map<Digest, Node | undefined>();
    for (const node of graph.nodes)
      for (const { digest } of node.manifest.blobs ?? []) {
        const owner = owners.get(node);
        if (!owner || (holders.has(digest) && holders.get(digest) !== owner)) this.#sharedBlobs.add(digest);
        holders.set(digest, owner);
      }
  }

  /** All that comes until a time, in its order. */
  until(end: number): Arrival[] {
    return this.#history.families.flatMap((family) => this.#ofFamily(family, end)).toSorted((a, b) => a.at - b.at);
  }

  #ofFamily({ streams, areOver, period }: Recurring, end: number): Arrival[] {
    const arrivals: Arrival[] = [];
    const rounds = Math.ceil((end - this.#now) / period) + 1;
    for (let round = 1; round <= rounds; round += 1) {
      for (const { pushes } of streams) {
        const coming = pushes.filter(({ time }) => time + round * period > this.#now && time + round * period <= end);
        if (coming.length === 0) continue;
        const repetition = { round, shift: round * period, letters: areOver ? lettersOf((this.#letters += 1)) : undefined };
        for (const push of coming) arrivals.push(...this.#copy(push, repetition));
      }
    }
    return arrivals;
  }

  /** An image that comes in place of one that came, with all that belongs to it. */
  #copy({ node, time }: Push, repetition: Repetition): Arrival[] {
    const blobs = new Map<Digest, Blob>();
    const nodes = [node, ...partsOf(node)];
    const digests = new Map(nodes.map(({ manifest }) => [manifest.digest, this.#newDigest()]));
    const byKey = new Map(nodes.map(({ manifest }) => [digestKey(manifest.digest), digests.get(manifest.digest) as Digest]));
    const names = this.#history.tags.next(node.ordinaryTags, repetition);
    return nodes.map((one): Arrival => {
      const { manifest } = one;
      const isRoot = one === node;
      // Parts come with what holds them; what is attached later may come later.
      const own = isRoot || one.parents.length > 0 ? time : Math.max(time, knownTime(manifest.pushedAt, this.#now) ?? time);
      const later = (text: string | undefined): number | undefined => {
        const known = knownTime(text, this.#now);
        return known === undefined ? undefined : known + repetition.shift;
      };
      const tagAt = (tag: string): number => Math.max(own, (this.#tagTimes && knownTime(manifest.tagTimes?.[tag], this.#now)) || own);
      const attached = one.attachmentTags.flatMap((tag) => renamedAttachment(tag, byKey) ?? []);
      return {
        at: own + repetition.shift,
        manifest: this.#manifest(manifest, digests, names, repetition.shift, blobs),
        tags: [
          ...(isRoot ? node.ordinaryTags.map((tag) => ({ tag: names.get(tag) as string, at: tagAt(tag) + repetition.shift })) : []),
          ...attached.map((tag) => ({ tag, at: own + repetition.shift })),
        ],
        pulledUntil: later(manifest.pulledAt),
        isImage: isRoot,
      };
    });
  }

  #manifest(
    { firstSeen: _firstSeen, unarchivedAt: _unarchivedAt, pulledAt: _pulledAt, tagTimes: _tagTimes, ...manifest }: Manifest,
    digests: ReadonlyMap<Digest, Digest>,
    names: ReadonlyMap<string, string>,
    shift: number,
    blobs: Map<Digest, Blob>,
  ): Manifest {
    const again = (digest: Digest): Digest => digests.get(digest) ?? digest;
    const later = (text: string): string => {
      const time = knownTime(text, this.#now);
      return time === undefined ? text : new Date(time + shift).toISOString();
    };
    return {
      ...manifest,
      digest: again(manifest.digest),
      tags: [],
      children: manifest.children.map(again),
      ...(manifest.subject !== undefined && { subject: again(manifest.subject) }),
      ...(manifest.config !== undefined && { config: this.#newDigest() }),
      ...(manifest.pushedAt !== undefined && { pushedAt: later(manifest.pushedAt) }),
      ...(manifest.createdAt !== undefined && { createdAt: later(manifest.createdAt) }),
      ...(manifest.lockedTags && { lockedTags: manifest.lockedTags.map((tag) => names.get(tag) ?? tag) }),
      ...(manifest.blobs && { blobs: manifest.blobs.map((blob) => this.#blob(blob, blobs)) }),
    };
  }

  /** A blob of this image alone comes anew, once for all of its parts that share it. */
  #blob(blob: Blob, blobs: Map<Digest, Blob>): Blob {
    if (this.#sharedBlobs.has(blob.digest)) return blob;
    const again = blobs.get(blob.digest) ?? { digest: this.#newDigest(), size: blob.size };
    blobs.set(blob.digest, again);
    return again;
  }
}

/** An image and the manifests that belong to it, to any depth: what an index lists, and what is attached. */
function partsOf(image: Node): readonly Node[] {
  const parts = new Set([image]);
  // A set grows while it is walked: what is added is visited too.
  for (const one of parts) for (const part of [...one.children, ...one.attachments]) if (!isImage(part)) parts.add(part);
  return [...parts].slice(1);
}

/** The attachment tag for the image that comes in place of the one that a tag names. */
function renamedAttachment(tag: string, byKey: ReadonlyMap<string, Digest>): string | undefined {
  const { key, suffix } = parseDigestTag(tag) ?? {};
  const subject = key === undefined ? undefined : byKey.get(key);
  if (subject === undefined) return undefined;
  return `${digestKey(subject).replace(':', '-')}${suffix === '' ? '' : `.${suffix}`}`;
}

const LETTERS = 'ghijklmnopqrstuvwxyz';

/** Letters for a number from 1 on, none of which is a hexadecimal digit. */
function lettersOf(number: number): string {
  const digit = LETTERS.charAt(number % LETTERS.length);
  return number < LETTERS.length ? digit : `${lettersOf(Math.floor(number / LETTERS.length))}${digit}`;
}
