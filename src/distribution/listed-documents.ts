import type { LimitFunction } from 'p-limit';
import type { Digest } from '../domain/digest.ts';
import type { ImageTags } from './image-tags.ts';
import { MOST_ENTRIES } from './list-bounds.ts';
import { listedManifests, type ManifestDocument } from './manifest-document.ts';
import { ManifestReader, type Reading } from './manifest-reader.ts';
import type { Problems } from './problems.ts';
import type { ReadingProgress } from './reading-progress.ts';
import { eachOf } from './each-of.ts';

export interface ListedOptions {
  readonly limit: LimitFunction;
  readonly problems: Problems;
  readonly progress: ReadingProgress;
}

/**
 * Reads what the tags point to and what that lists, to any depth, each once and by its digest, for a registry that tells the digests of its
 * tags by itself. An index may list what was never pushed; a listed tag without a manifest is a problem.
 */
export async function readListedDocuments(
  reading: Reading,
  tags: ImageTags,
  { limit, problems, progress }: ListedOptions,
): Promise<Map<Digest, ManifestDocument>> {
  const { client, repository } = reading;
  const reader = new ManifestReader(reading);
  const documents = new Map<Digest, ManifestDocument>();
  const asked = new Set<Digest>();
  let wave = new Map([...tags.byDigest().keys()].map((digest) => [digest, '']));
  while (wave.size > 0) {
    const found = new Map<Digest, string>();
    for (const digest of wave.keys()) asked.add(digest);
    if (asked.size > MOST_ENTRIES) {
      problems.add(`In ${client.label(repository)}, there are more than 1,000,000 manifests.`);
      return documents;
    }
    progress.found(wave.size);
    await eachOf(limit, wave, async ([digest, mediaType]) => {
      const read = await problems.attempt(async () => ({ document: await reader.byDigest(digest, mediaType) }));
      progress.read();
      if (read?.document) {
        documents.set(digest, read.document);
        for (const child of listedManifests(read.document)) if (!asked.has(child.digest)) found.set(child.digest, child.mediaType);
      } else if (read) {
        for (const tag of tags.on(digest))
          problems.add(`The tag ${client.label(repository, tag)} is listed, and its manifest cannot be read. Run again.`);
      }
    });
    wave = found;
  }
  return documents;
}
