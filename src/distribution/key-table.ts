/** Numbers for each slot: both halves of its key, its record (plus one, so that 0 is an empty slot), its part. */
const STRIDE = 4;

/**
 * Which part of which record a key stands for. It holds millions of keys in 32 bytes each, which a `Map` of texts would need several
 * hundred for. A key is the first 64 bits of a digest: where two of them are alike, only the newer is found.
 */
export class KeyTable {
  #slots = new Uint32Array(STRIDE * 1024);
  #used = 0;

  set(high: number, low: number, record: number, part: number): void {
    if (this.#used * 2 * STRIDE >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(high, low);
    if (this.#slots[slot + 2] === 0) this.#used += 1;
    this.#slots.set([high, low, record + 1, part], slot);
  }

  get(high: number, low: number): { readonly record: number; readonly part: number } | undefined {
    const slot = this.#slotOf(high, low);
    const record = this.#slots[slot + 2] as number;
    return record === 0 ? undefined : { record: record - 1, part: this.#slots[slot + 3] as number };
  }

  /** The slot of a key, or the empty one that it would get. */
  #slotOf(high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length / STRIDE - 1;
    for (let number = low & mask; ; number = (number + 1) & mask) {
      const slot = number * STRIDE;
      if (slots[slot + 2] === 0 || (slots[slot] === high && slots[slot + 1] === low)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += STRIDE)
      if (old[slot + 2] !== 0)
        this.#slots.set(old.subarray(slot, slot + STRIDE), this.#slotOf(old[slot] as number, old[slot + 1] as number));
  }
}
