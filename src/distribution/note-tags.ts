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
