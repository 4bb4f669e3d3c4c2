import type { LimitFunction } from 'p-limit';
import type { Digest } from '../domain/digest.ts';
import { followGraph } from './manifest-graph.ts';
import { ManifestReader, type Reading } from './manifest-reader.ts';
import { noteTags } from './note-tags.ts';
import type { Problems } from './problems.ts';
import type { ReadingProgress } from './reading-progress.ts';
import type { ReferrersApi } from './referrers.ts';
import { NOTHING_SEEN } from './seen-tags.ts';
import { readTagged, type TaggedManifests } from './tagged-manifests.ts';
import { eachOf } from './each-of.ts';

/** A repository as its tags lead through it. */
export interface TaggedGraph {
  readonly tagged: TaggedManifests;
  /** When tags were first seen where they are, ISO 8601 UTC, as far as that is remembered. */
  readonly firstSeen: ReadonlyMap<string, string>;
}

export interface TaggedGraphOptions {
  readonly reading: Reading;
  readonly referrers: ReferrersApi;
  readonly limit: LimitFunction;
  readonly problems: Problems;
  /** It knows of the tags, and of what is listed besides. */
  readonly progress: ReadingProgress;
  /** What the registry lists besides, whether it has a tag or not. */
  readonly listed?: Iterable<Digest>;
}

/**
 * Reads what tags point to, with one request for each, and everything that can be reached from there; and keeps for the next reading where
 * the tags point to. What cannot be read becomes a problem.
 */
export async function readTaggedGraph(tags: readonly string[], options: TaggedGraphOptions): Promise<TaggedGraph> {
  const { reading, referrers, limit, problems, progress, listed = [] } = options;
  const { cache } = reading;
  const place = { registry: reading.client.url, repository: reading.repository };
  const reader = new ManifestReader(reading);
  const shared = { reading, reader, limit, problems, progress };
  const before = (await cache?.readTags(place.registry, place.repository)) ?? NOTHING_SEEN;
  const tagged = await readTagged(tags, { ...shared, hints: before.digests });
  const whole = problems.list.length === 0;
  await eachOf(limit, listed, async (digest) => {
    const document = await problems.attempt(() => reader.byDigest(digest, ''));
    if (document) tagged.documents.set(digest, document);
    progress.read();
  });
  await followGraph(tagged, { ...shared, referrers });
  const firstSeen = await noteTags(cache, place, { before, digests: tagged.digests, whole });
  return { tagged, firstSeen };
}
