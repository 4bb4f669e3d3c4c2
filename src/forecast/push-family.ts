import type { Node } from '../graph/graph.ts';

/** An image that was pushed in the time that is looked at. */
export interface Push {
  readonly node: Node;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** Images that were pushed one after the other and are called alike. */
export interface Stream {
  /** `main-{hex}`, `v{n}.{n}.{n}`; empty for images with moving tags alone, and for those without any. */
  readonly shape: string;
  /** The oldest first. */
  readonly pushes: readonly Push[];
}

/** Streams that come again together. */
export interface Family {
  readonly streams: readonly Stream[];
  /** These began and ended within the time that is looked at: what comes again are others of their kind, such as other branches. */
  readonly areOver: boolean;
  /** Something of the kind was there before that time. */
  readonly hasBefore: boolean;
}
