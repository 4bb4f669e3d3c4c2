import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import type { Digest } from '../../domain/digest.ts';

/**
 * The indexes that once were under the fallback tag of a subject, each with that subject. GitHub has no referrers API, so clients keep a
 * list of what is attached under such a tag, and each new list leaves the one before without a tag, since no client can delete it over
 * `/v2/`. Such a list belongs to its subject as the present one does: it must not keep it for ever.
 */
export function formerLists(
  documents: ReadonlyMap<Digest, ManifestDocument>,
  tags: ReadonlyMap<Digest, readonly string[]>,
): Map<Digest, Digest> {
  const listed = new Set([...documents.values()].flatMap(({ children }) => children.map(({ digest }) => digest)));
  const found = new Map<Digest, Digest>();
  for (const { digest, children, subject } of documents.values()) {
    if (children.length === 0 || subject !== undefined || tags.has(digest) || listed.has(digest)) continue;
    const subjects = new Set(children.map((child) => documents.get(child.digest)?.subject));
    const [only] = subjects;
    if (subjects.size === 1 && only !== undefined) found.set(digest, only);
  }
  return found;
}
