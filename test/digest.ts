import type { Digest } from '../src/domain/digest.ts';

/** A text as a digest. It need not be a whole one: where nothing checks digests, tests tell them apart by a name or a letter. */
export function asDigest(text: string): Digest {
  return text as Digest;
}
