import type { Digest } from './digest.ts';
import type { Reference } from './reference.ts';

/** One image that something runs or would run again: a digest (of a manifest, an index or a config), or a reference. */
export interface InUseImage {
  readonly image: { readonly digest: Digest } | { readonly reference: Reference };
  /** Who says so: a file and line, or cluster, namespace and workload. */
  readonly source: string;
  /** It stands where nobody has to name an image. It is kept, and yet does not show that the source tells what runs. */
  readonly mentioned?: true;
}

/** Everything known to be in use. */
export interface InUse {
  readonly images: readonly InUseImage[];
  /** Sources that could not be read, a sentence each. Not empty: no plan made with it may be applied. */
  readonly problems: readonly string[];
  /** Host names of each registry by its name, its own and its mirrors', so that references find their repository. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}
