import type { Digest } from '../domain/digest.ts';
import type { Node } from '../graph/graph.ts';
import type { Decision } from './decide.ts';

/** What the decisions of one repository do to its blobs: the numbers of those of the manifests that go and that stay, each as often as it is held. */
export interface BlobUse {
  readonly deleted: readonly number[];
  readonly kept: readonly number[];
  /** True if the blobs of every manifest are known. */
  readonly exact: boolean;
}

/** The blobs of the repositories of one registry, which share their storage: each digest has a number, so that it is compared once. */
export class Blobs {
  readonly #numbers = new Map<Digest, number>();
  readonly #sizes: number[] = [];

  /** What the decisions on these nodes, in their order, do to their blobs. */
  use(nodes: readonly Node[], decisions: readonly Decision[]): BlobUse {
    const deleted: number[] = [];
    const kept: number[] = [];
    let exact = true;
    for (const { index, manifest } of nodes) {
      if (!manifest.blobs) exact = false;
      else {
        const list = decisions[index]?.action === 'delete' ? deleted : kept;
        for (const { digest, size } of manifest.blobs) list.push(this.#numberOf(digest, size));
      }
    }
    return { deleted, kept, exact };
  }

  /** Bytes of the blobs that only manifests that go hold, of these repositories. */
  freed(uses: readonly BlobUse[]): number {
    const held = new Uint8Array(this.#sizes.length);
    for (const { kept } of uses) for (const blob of kept) held[blob] = 1;
    let total = 0;
    for (const { deleted } of uses) {
      for (const blob of deleted) {
        if (held[blob] === 1) continue;
        held[blob] = 1;
        total += this.#sizes[blob] as number;
      }
    }
    return total;
  }

  #numberOf(digest: Digest, size: number): number {
    const known = this.#numbers.get(digest);
    if (known !== undefined) return known;
    const next = this.#sizes.length;
    this.#numbers.set(digest, next);
    this.#sizes.push(size);
    return next;
  }
}
