import type { ContentStore } from '../distribution/content-store.ts';

/** A repository that is copied from or to. */
export interface CopyPlace {
  readonly store: ContentStore;
  readonly repository: string;
}
