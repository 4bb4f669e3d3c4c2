import type { Node } from './graph.ts';

/** A set of the manifests of one graph: a byte for each, since a repository may hold hundreds of thousands. */
export class NodeSet {
  readonly #in: Uint8Array;

  /** Empty, for a graph of so many manifests. */
  constructor(size: number) {
    this.#in = new Uint8Array(size);
  }

  has({ index }: Node): boolean {
    return this.#in[index] === 1;
  }

  /** Answers false if it was there already. */
  add({ index }: Node): boolean {
    if (this.#in[index] === 1) return false;
    this.#in[index] = 1;
    return true;
  }
}
