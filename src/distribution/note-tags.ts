import type { Digest } from '../domain/digest.ts';
import type { ContentCache } from './cache.ts';
import { NOTHING_SEEN, seenNow, type SeenTags } from './seen-tags.ts';

/**
 * Keeps the tags of one more reading, and answers when each was first seen on what it points to, for those that have such a time. Nothing
 * is told where it cannot be kept: the time would be a later one in every run, and what is new would never grow old.
 */
export async function noteTags(
  cache: ContentCache | undefined,
  { registry, repository }: { readonly registry: string; readonly repository: string },
  { before, digests, whole }: { readonly before?: SeenTags; readonly digests: ReadonlyMap<string, Digest>; readonly whole: boolean },
): Promise<ReadonlyMap<string, string>> {
  const known = before ?? (await cache?.readTags(registry, repository)) ?? NOTHING_SEEN;
  const now = new Date().toISOString();
  const seen = seenNow(known, digests, whole, now);
  const kept = (await cache?.writeTags(registry, repository, seen)) ?? false;
  return (kept ? seen : seenNow({ ...known, whole: false }, digests, whole, now)).firstSeen;
}

/**
 * The same for a registry that lists its images with all their tags and tells no times of tags. A tag that was set on an old image is known
 * to be new there, because the image was seen before without it.
 */
export function noteTagsOfImages(
  cache: ContentCache | undefined,
  place: { readonly registry: string; readonly repository: string },
  images: Iterable<{ readonly digest: Digest; readonly tags: readonly string[] }>,
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map([...images].flatMap(({ digest, tags }) => tags.map((tag): [string, Digest] => [tag, digest])));
  return noteTags(cache, place, { digests, whole: true });
}
