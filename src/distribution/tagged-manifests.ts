import type { LimitFunction } from 'p-limit';
import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { DanglingTag } from '../domain/inventory.ts';
import type { ManifestDocument } from './manifest-document.ts';
import type { ManifestReader, Reading } from './manifest-reader.ts';
import type { Problems } from './problems.ts';
import type { ReadingProgress } from './reading-progress.ts';
import { readDanglingTag, readTags } from './tags.ts';
import { eachOf } from './each-of.ts';

/** The manifests that have a tag, and where each tag points to. */
export interface TaggedManifests {
  readonly documents: Map<Digest, ManifestDocument>;
  readonly digests: ReadonlyMap<string, Digest>;
  /** The same the other way round. */
  readonly tags: ReadonlyMap<Digest, readonly string[]>;
  /** Listed tags whose manifests are not there, sorted. */
  readonly dangling: readonly DanglingTag[];
}

export interface TaggedOptions {
  readonly reading: Reading;
  readonly reader: ManifestReader;
  /** Tags that were there in an earlier run, whose manifests may be in the cache. */
  readonly hints: ReadonlyMap<string, Digest>;
  readonly limit: LimitFunction;
  readonly problems: Problems;
  readonly progress: ReadingProgress;
}

/** Reads what the tags point to, with one request for each. */
export async function readTagged(tags: readonly string[], options: TaggedOptions): Promise<TaggedManifests> {
  const { reader, hints, limit, problems, progress } = options;
  const documents = new Map<Digest, ManifestDocument>();
  const digests = new Map<string, Digest>();
  const vanished: string[] = [];
  await eachOf(limit, tags, async (tag) => {
    const read = await problems.attempt(async () => ({ document: await reader.byTag(tag, hints.has(tag)) }));
    if (read?.document) {
      documents.set(read.document.digest, read.document);
      digests.set(tag, read.document.digest);
    } else if (read) vanished.push(tag);
    progress.read();
  });
  const dangling = vanished.length === 0 ? undefined : await problems.attempt(() => checkVanished(vanished, options));
  return { documents, digests, tags: tagsByDigest(digests), dangling: dangling ?? [] };
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
 * out of the inventory, so that they are not touched. A tag that is still listed dangles if its manifest is still not there; if the
 * manifest is there now, somebody pushed while the repository was read.
 */
async function checkVanished(
  vanished: readonly string[],
  { reading: { client, repository, signal }, limit, problems }: TaggedOptions,
): Promise<DanglingTag[]> {
  const now = new Set(await readTags(client, repository, { signal }));
  const dangling: DanglingTag[] = [];
  await eachOf(
    limit,
    vanished.filter((tag) => now.has(tag)),
    (tag) =>
      problems.attempt(async () => {
        const found = await readDanglingTag(client, repository, tag, signal);
        if (found) dangling.push(found);
        else problems.add(`The tag ${client.label(repository, tag)} was set while the repository was read. Run again.`);
      }),
  );
  return dangling.toSorted((a, b) => byCodeUnit(a.tag, b.tag));
}
