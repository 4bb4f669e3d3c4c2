import type { Digest } from '../domain/digest.ts';
import type { Blob } from '../domain/inventory.ts';

/** What a registry stores: each blob once, however many manifests hold it. */
export class Storage {
  readonly #holders = new Map<Digest, number>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  hold(blobs: readonly Blob[]): void {
    for (const { digest, size } of blobs) {
      const holders = this.#holders.get(digest) ?? 0;
      if (holders === 0) this.#bytes += size;
      this.#holders.set(digest, holders + 1);
    }
  }

  release(blobs: readonly Blob[]): void {
    for (const { digest, size } of blobs) {
      const holders = (this.#holders.get(digest) as number) - 1;
      if (holders > 0) {
        this.#holders.set(digest, holders);
        continue;
      }
      this.#holders.delete(digest);
      this.#bytes -= size;
    }
  }
}
