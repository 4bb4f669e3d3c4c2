import type { Digest } from '../domain/digest.ts';

/** What was seen of the tags of a repository when it was last read. */
export interface SeenTags {
  /** What each tag pointed to. */
  readonly digests: ReadonlyMap<string, Digest>;
  /** When a tag was first seen on the digest that it points to, ISO 8601 UTC. Missing for one that was there from the beginning. */
  readonly firstSeen: ReadonlyMap<string, string>;
  /** True if all tags were read once. Before that, a tag that was not seen may have been there all the time. */
  readonly whole: boolean;
}

/** Of a repository that was never read. */
export const NOTHING_SEEN: SeenTags = { digests: new Map(), firstSeen: new Map(), whole: false };

/**
 * What is known after one more reading, `now` in ISO 8601 UTC. A tag is first seen now if it pointed elsewhere or was not there when the
 * repository was read before; the tags of a first reading have no such time. What a reading that was not `whole` could not read stays as
 * it was before.
 */
export function seenNow(before: SeenTags, digests: ReadonlyMap<string, Digest>, whole: boolean, now: string): SeenTags {
  const firstSeen = new Map<string, string>();
  for (const [tag, digest] of digests) {
    const stayed = before.digests.get(tag) === digest;
    const time = stayed ? before.firstSeen.get(tag) : before.whole ? now : undefined;
    if (time !== undefined) firstSeen.set(tag, time);
  }
  if (whole) return { digests, firstSeen, whole };
  const all = new Map(digests);
  for (const [tag, digest] of before.digests) {
    if (all.has(tag)) continue;
    all.set(tag, digest);
    const time = before.firstSeen.get(tag);
    if (time !== undefined) firstSeen.set(tag, time);
  }
  return { digests: all, firstSeen, whole: before.whole };
}

/** Those of the times that tags of one manifest have; undefined where none has. */
export function timesOf(tags: readonly string[], times: ReadonlyMap<string, string>): Readonly<Record<string, string>> | undefined {
  const own = tags.flatMap((tag): [string, string][] => {
    const time = times.get(tag);
    return time === undefined ? [] : [[tag, time]];
  });
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}
