import { close } from '../graph/closure.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { NodeSet } from '../graph/node-set.ts';
import { archivedParts } from './archived.ts';
import type { Reason } from './reason.ts';

/** What is found out about one manifest while its repository is decided. */
export class Finding {
  /** What protects it as a whole, with all its tags. */
  protection: readonly Reason[] | undefined = undefined;
  /** What protects attachment tags of it: such a tag stays, and so does its manifest. */
  heldTags: readonly Reason[] | undefined = undefined;
  /** What the rules say of its ordinary tags, in their order; missing where something protects the whole image. */
  tags: Reason[] | undefined = undefined;
  /** What a rule says of an image without a tag, or of an orphaned attachment. */
  untagged: Reason | undefined = undefined;
  /** Why it stays, as a whole, although its tags do not hold it. */
  own: Reason | undefined = undefined;
  /** It goes into the archive. */
  archive = false;
}

const NOTHING_FOUND: Readonly<Finding> = Object.freeze(new Finding());

/**
 * What stays of one repository, and why: each step of the decision writes here what it has found, and the last one explains what becomes of
 * each manifest. What stays is always whole: with a manifest stays all that it needs.
 */
export class Staying {
  readonly graph: Graph;
  /** Manifests in the archive, and indexes with a child in it, each with the manifest that is there: they cannot be pulled. */
  readonly archived: ReadonlyMap<Node, Node>;
  readonly #staying: NodeSet;
  readonly #findings: (Finding | undefined)[];
  #usable = 0;

  constructor(graph: Graph) {
    this.graph = graph;
    this.archived = archivedParts(graph);
    this.#staying = new NodeSet(graph.nodes.length);
    this.#findings = graph.nodes.map(() => undefined);
  }

  /** What has been found out so far. */
  of({ index }: Node): Readonly<Finding> {
    return this.#findings[index] ?? NOTHING_FOUND;
  }

  /** The same, to be written to. About most manifests, such as the children of indexes, nothing is ever written. */
  note({ index }: Node): Finding {
    return (this.#findings[index] ??= new Finding());
  }

  has(node: Node): boolean {
    return this.#staying.has(node);
  }

  /** How many images with an ordinary tag stay and can be pulled. */
  get usable(): number {
    return this.#usable;
  }

  /** These stay, and all that they need. */
  stay(seeds: Iterable<Node>): void {
    close(this.#staying, seeds, (node) => {
      if (node.ordinaryTags.length > 0 && !this.archived.has(node)) this.#usable += 1;
    });
  }

  /** What stays, for questions of the graph. */
  get nodes(): NodeSet {
    return this.#staying;
  }
}
