import type { Digest } from '../domain/digest.ts';
import type { Node } from '../graph/graph.ts';
import type { Decision } from './decision.ts';

/**
 * What the decisions of one repository do to its blobs: the numbers of those of the manifests that go and that stay, each as often as it is
 * held.
 */
export interface BlobUse {
  readonly deleted: Int32Array;
  readonly kept: Int32Array;
  /** True if the blobs of every manifest are known. */
  readonly exact: boolean;
}

const FIRST_CAPACITY = 1024;
/** How much of the slots is taken at most. */
const FULL = 0.75;
/** Larger sizes stand in a map. */
const LARGEST = 2 ** 32 - 1;
/** So many sums are told apart, before all begin anew. */
const SUMS = 255;

/**
 * The blobs of the repositories of one registry, which share their storage. Each has a number, so that its digest is looked at once. There
 * are many times as many blobs as manifests, so they stand in flat arrays, and two are one if the first 64 bits of their digests agree:
 * only sums of bytes depend on it.
 */
export class Blobs {
  /** Open addressing: the number of a blob and one, 0 where a slot is free. */
  #slots = new Int32Array(FIRST_CAPACITY);
  #high = new Int32Array(FIRST_CAPACITY);
  #low = new Int32Array(FIRST_CAPACITY);
  #sizes = new Uint32Array(FIRST_CAPACITY);
  readonly #largeSizes = new Map<number, number>();
  /** Of each blob, the last sum in which it was held by something, so that no list has to be emptied for each sum. */
  #sums = new Uint8Array(FIRST_CAPACITY);
  #sum = 0;
  #count = 0;

  /** What the decisions on these nodes, in their order, do to their blobs. */
  use(nodes: readonly Node[], decisions: readonly Decision[]): BlobUse {
    const deleted: number[] = [];
    const kept: number[] = [];
    let exact = true;
    for (const { index, manifest } of nodes) {
      if (!manifest.blobs) {
        exact = false;
        continue;
      }
      const list = decisions[index]?.action === 'delete' ? deleted : kept;
      for (const { digest, size } of manifest.blobs) list.push(this.#numberOf(digest, size));
    }
    return { deleted: new Int32Array(deleted), kept: new Int32Array(kept), exact };
  }

  /** Bytes of the blobs that only manifests that go hold, of these repositories. */
  freed(uses: readonly BlobUse[]): number {
    if (uses.every(({ deleted }) => deleted.length === 0)) return 0;
    const sums = this.#sums;
    if (this.#sum === SUMS) {
      sums.fill(0);
      this.#sum = 0;
    }
    this.#sum += 1;
    for (const { kept } of uses) for (const blob of kept) sums[blob] = this.#sum;
    let total = 0;
    for (const { deleted } of uses) {
      for (const blob of deleted) {
        if (sums[blob] === this.#sum) continue;
        sums[blob] = this.#sum;
        total += this.#largeSizes.get(blob) ?? (this.#sizes[blob] as number);
      }
    }
    return total;
  }

  #numberOf(digest: Digest, size: number): number {
    const start = digest.indexOf(':') + 1;
    const high = bitsAt(digest, start);
    const low = bitsAt(digest, start + 8);
    const mask = this.#slots.length - 1;
    // The digits of a digest are as good as random, so they say by themselves where to look.
    let slot = high & mask;
    for (let number = this.#slots[slot] as number; number !== 0; number = this.#slots[slot] as number) {
      if (this.#high[number - 1] === high && this.#low[number - 1] === low) return number - 1;
      slot = (slot + 1) & mask;
    }
    if (this.#count === this.#sizes.length) this.#grow();
    if (this.#count >= FULL * this.#slots.length) {
      this.#moreSlots();
      return this.#numberOf(digest, size);
    }
    const number = this.#count;
    this.#count += 1;
    this.#slots[slot] = this.#count;
    this.#high[number] = high;
    this.#low[number] = low;
    this.#sizes[number] = size;
    if (size > LARGEST) this.#largeSizes.set(number, size);
    return number;
  }

  /** One list after the other, so that only one of them is there twice. */
  #grow(): void {
    const capacity = Math.ceil(1.5 * this.#count);
    this.#high = copied(this.#high, new Int32Array(capacity));
    this.#low = copied(this.#low, new Int32Array(capacity));
    this.#sizes = copied(this.#sizes, new Uint32Array(capacity));
    this.#sums = copied(this.#sums, new Uint8Array(capacity));
  }

  #moreSlots(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = (this.#high[number] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

function copied<Numbers extends Int32Array | Uint32Array | Uint8Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

/** The 32 bits that eight hexadecimal digits stand for. */
function bitsAt(digest: string, start: number): number {
  let bits = 0;
  for (let index = start; index < start + 8; index++) {
    const code = digest.charCodeAt(index);
    // 0 to 9 stand at 48, a to f at 97.
    bits = (bits << 4) | (code < 58 ? code - 48 : code - 87);
  }
  return bits;
}
