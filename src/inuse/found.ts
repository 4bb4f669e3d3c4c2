import type { Source } from '../diagnostics/source.ts';
import type { Problem } from '../diagnostics/source-error.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { FluxSources } from './flux-sources.ts';

/** Where an object stands. */
export interface Place {
  readonly source: Source;
  /** Offset of the document that it is in. */
  readonly start: number;
}

/**
 * What was found so far: the images, everything that may be an image and could not be understood, and what only all texts tell together.
 */
export class Found {
  readonly images: InUseImage[] = [];
  readonly problems: Problem[] = [];
  /** How many objects so far, with images or without, and how many lists of objects that hold none. */
  objects = 0;
  emptyLists = 0;
  /** What is only mentioned, each text once: many objects repeat it. */
  readonly mentioned = new Set<string>();
  readonly flux = new FluxSources<Place>();
}
