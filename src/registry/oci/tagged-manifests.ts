import type { LimitFunction } from 'p-limit';
import type { Digest } from '../../domain/digest.ts';
import type { TagHints } from '../../distribution/cache.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import type { ManifestReader, Reading } from '../../distribution/manifest-reader.ts';
import type { Problems } from '../../distribution/problems.ts';
import { readTags } from '../../distribution/tags.ts';

/** The manifests that have a tag, and where each tag points to. */
export interface TaggedManifests {
  readonly documents: Map<Digest, ManifestDocument>;
  readonly digests: ReadonlyMap<string, Digest>;
  /** The same the other way round. */
  readonly tags: ReadonlyMap<Digest, readonly string[]>;
}

export interface TaggedOptions {
  readonly reading: Reading;
  readonly reader: ManifestReader;
  /** Tags that were there in an earlier run, whose manifests may be in the cache. */
  readonly hints: TagHints;
  readonly limit: LimitFunction;
  readonly problems: Problems;
  readonly onRead: () => void;
}

/** Reads what the tags point to, with one request for each. */
export async function readTagged(tags: readonly string[], options: TaggedOptions): Promise<TaggedManifests> {
  const { reading, reader, hints, limit, problems, onRead } = options;
  const documents = new Map<Digest, ManifestDocument>();
  const digests = new Map<string, Digest>();
  const vanished: string[] = [];
  await limit.map(tags, async (tag) => {
    const read = await problems.attempt(async () => ({ document: await reader.byTag(tag, hints.has(tag)) }));
    if (read?.document) {
      documents.set(read.document.digest, read.document);
      digests.set(tag, read.document.digest);
    } else if (read) vanished.push(tag);
    onRead();
  });
  if (vanished.length > 0) await problems.attempt(() => checkVanished(reading, vanished, problems));
  return { documents, digests, tags: tagsByDigest(digests) };
}

function tagsByDigest(digests: ReadonlyMap<string, Digest>): Map<Digest, string[]> {
  const tags = new Map<Digest, string[]>();
  for (const [tag, digest] of digests) {
    const known = tags.get(digest);
    if (known) known.push(tag);
    else tags.set(digest, [tag]);
  }
  return tags;
}

/**
 * Decides about tags that were listed and then were not there. Those that are no longer listed were deleted in the meantime and are left
 * out of the inventory, so that they are not touched. A tag that is still listed points to a manifest that is not there, which happens only
 * in a damaged registry.
 */
async function checkVanished({ client, repository, signal }: Reading, vanished: readonly string[], problems: Problems): Promise<void> {
  const now = new Set(await readTags(client, repository, { signal }));
  for (const tag of vanished) {
    if (!now.has(tag)) continue;
    problems.add(
      `The tag ${client.label(repository, tag)} is listed, but the registry says that its manifest is not there. ` +
        'Push it again or delete the tag.',
    );
  }
}
