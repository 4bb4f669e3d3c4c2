import type { LimitFunction } from 'p-limit';
import { parseDigestTag } from '../domain/attachment.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import { listedManifests } from './manifest-document.ts';
import type { ManifestReader, Reading } from './manifest-reader.ts';
import { MOST_ENTRIES } from './list-bounds.ts';
import type { Problems } from './problems.ts';
import type { ReadingProgress } from './reading-progress.ts';
import type { ReferrersApi } from './referrers.ts';
import type { TaggedManifests } from './tagged-manifests.ts';
import { eachOf } from './each-of.ts';

export interface GraphOptions {
  readonly reading: Reading;
  readonly reader: ManifestReader;
  readonly referrers: ReferrersApi;
  readonly limit: LimitFunction;
  readonly problems: Problems;
  readonly progress: ReadingProgress;
}

/** Far deeper than anybody nests indexes and signatures of signatures. */
const MOST_WAVES = 50;

/** A manifest to be read. */
interface Wanted {
  readonly mediaType: string;
  /** Something is attached to it: whether it is there decides whether that is orphaned. */
  readonly isSubject: boolean;
}

/**
 * Adds everything that can be reached from the tagged manifests, to any depth, each read once: children of indexes, referrers, and the
 * subjects of attachments. It goes in waves, so that nothing that has a tag is read a second time by its digest. What the registry says is
 * not there is left out: an index may list children that were never pushed, a list of referrers may still name a deleted one, and an
 * attachment may have lost its subject.
 */
export async function followGraph({ documents, tags }: TaggedManifests, options: GraphOptions): Promise<void> {
  const { reading, reader, referrers, limit, problems, progress } = options;
  const { client, repository, signal } = reading;
  const asked = new Set(documents.keys());
  const attached: (readonly [referrer: Digest, subject: Digest])[] = [];
  let fresh = [...documents.values()];
  for (let wave = 0; fresh.length > 0; wave++) {
    if (wave === MOST_WAVES)
      return problems.add(`In ${client.label(repository)}, indexes and referrers are nested deeper than ${MOST_WAVES} levels.`);
    const wanted = new Map<Digest, Wanted>();
    const want = (digest: Digest, { mediaType, isSubject }: Wanted): void => {
      if (!asked.has(digest)) wanted.set(digest, { mediaType, isSubject: isSubject || wanted.get(digest)?.isSubject === true });
    };
    for (const document of fresh) {
      const { digest, subject } = document;
      for (const { digest: child, mediaType } of listedManifests(document)) want(child, { mediaType, isSubject: false });
      if (subject !== undefined) want(subject, { mediaType: '', isSubject: true });
      for (const tag of tags.get(digest) ?? []) {
        // Whether that digest is there decides whether the tag attaches its manifest to it, whatever the suffix.
        const named = parseDigestTag(tag)?.key;
        if (isDigest(named)) want(named, { mediaType: '', isSubject: true });
      }
    }
    // A registry can make up what is attached to what without end.
    const isTooMuch = (): boolean => asked.size + wanted.size > MOST_ENTRIES;
    await eachOf(limit, fresh, async ({ digest: subject }) => {
      if (isTooMuch()) return;
      for (const { digest, mediaType } of (await problems.attempt(() => referrers.list(repository, subject, signal))) ?? []) {
        want(digest, { mediaType, isSubject: false });
        attached.push([digest, subject]);
      }
    });
    if (isTooMuch()) return problems.add(`In ${client.label(repository)}, there are more than 1,000,000 manifests.`);
    for (const digest of wanted.keys()) asked.add(digest);
    progress.found(wanted.size);
    fresh = [];
    await eachOf(limit, wanted, async ([digest, { mediaType, isSubject }]) => {
      const document = await problems.attempt(() => reader.byDigest(digest, mediaType, { mustBeThere: isSubject }));
      if (document) {
        documents.set(digest, document);
        fresh.push(document);
      }
      progress.read();
    });
  }
  for (const [referrer, subject] of attached) {
    const document = documents.get(referrer);
    if (!document || document.subject === subject) continue;
    // Harbor lists cosign's signatures, which are tied to their image by their tag alone.
    if (document.subject === undefined) documents.set(referrer, { ...document, subject });
    else
      problems.add(
        `The registry lists ${client.label(repository, referrer)} as attached to ${subject}, but it refers to ${document.subject}.`,
      );
  }
}
