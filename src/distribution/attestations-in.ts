import { namesAnotherDigest } from '../domain/attachment.ts';
import type { Digest } from '../domain/digest.ts';
import type { ManifestDocument } from './manifest-document.ts';

interface Read {
  readonly documents: ReadonlyMap<Digest, ManifestDocument>;
  /** Of what has any. */
  readonly tags: ReadonlyMap<Digest, readonly string[]>;
}

/**
 * The digests that are called an attestation by every index that lists them. The index of a fallback tag does not count: it lists what is
 * attached without saying what it is.
 */
export function attestationsIn({ documents, tags }: Read): Set<Digest> {
  const attestations = new Set<Digest>();
  const images = new Set<Digest>();
  for (const { digest, children } of documents.values()) {
    if (children.length === 0 || isFallbackIndex(digest, tags.get(digest))) continue;
    for (const child of children) (child.attestation ? attestations : images).add(child.digest);
  }
  for (const digest of images) attestations.delete(digest);
  return attestations;
}

/** True of an index whose tags all name other digests. */
function isFallbackIndex(digest: Digest, tags: readonly string[] | undefined): boolean {
  return tags !== undefined && tags.every((tag) => namesAnotherDigest(tag, digest));
}
