import type { Digest } from '../domain/digest.ts';
import type { Node } from '../graph/graph.ts';
import type { Decision } from './decide.ts';
import type { Action, Summary } from './plan.ts';

/** True of a root that is no attachment, and of whatever has an ordinary tag: what people call an image. */
export function isImage(node: Node): boolean {
  return node.ordinaryTags.length > 0 || (!node.isAttachment && node.parents.length === 0);
}

/** The blobs of deleted and of staying manifests, by digest, with their bytes. */
export interface BlobUse {
  readonly deleted: ReadonlyMap<Digest, number>;
  readonly kept: ReadonlySet<Digest>;
  /** True if the blobs of every manifest are known. */
  readonly exact: boolean;
}

/** What one repository's decisions do to its blobs. */
export function blobUse(decisions: ReadonlyMap<Node, Decision>): BlobUse {
  const deleted = new Map<Digest, number>();
  const kept = new Set<Digest>();
  let exact = true;
  for (const [{ manifest }, { action }] of decisions) {
    if (!manifest.blobs) exact = false;
    for (const { digest, size } of manifest.blobs ?? []) {
      if (action === 'delete') deleted.set(digest, size);
      else kept.add(digest);
    }
  }
  return { deleted, kept, exact };
}

/** Bytes of the blobs that only deleted manifests hold, in repositories that share their storage. */
export function freedBytes(uses: readonly BlobUse[]): number {
  const freed = new Map<Digest, number>();
  for (const { deleted } of uses) for (const [digest, size] of deleted) freed.set(digest, size);
  for (const { kept } of uses) for (const digest of kept) freed.delete(digest);
  return [...freed.values()].reduce((total, size) => total + size, 0);
}

/** Counts one repository's decisions. */
export function summarize(decisions: ReadonlyMap<Node, Decision>, blobs: BlobUse): Summary {
  const images: Record<Action, number> = { keep: 0, untag: 0, archive: 0, delete: 0 };
  const tags = { keep: 0, delete: 0 };
  let deleted = 0;
  for (const [node, { action, untag }] of decisions) {
    if (isImage(node)) images[action] += 1;
    const gone = action === 'delete' ? node.ordinaryTags.length : untag.length;
    tags.delete += gone;
    tags.keep += node.ordinaryTags.length - gone;
    if (action === 'delete') deleted += node.manifest.size;
  }
  return { images: countedImages(images), tags, bytes: { deleted, freed: freedBytes([blobs]), exact: blobs.exact } };
}

function countedImages({ archive, ...images }: Readonly<Record<Action, number>>): Summary['images'] {
  return { ...images, ...(archive > 0 && { archive }) };
}

/** The sum of summaries. */
export function addSummaries(summaries: readonly Summary[]): Summary {
  const sum = (pick: (summary: Summary) => number): number => summaries.reduce((total, summary) => total + pick(summary), 0);
  return {
    images: countedImages({
      keep: sum(({ images }) => images.keep),
      untag: sum(({ images }) => images.untag),
      archive: sum(({ images }) => images.archive ?? 0),
      delete: sum(({ images }) => images.delete),
    }),
    tags: { keep: sum(({ tags }) => tags.keep), delete: sum(({ tags }) => tags.delete) },
    bytes: {
      deleted: sum(({ bytes }) => bytes.deleted),
      freed: sum(({ bytes }) => bytes.freed),
      exact: summaries.every(({ bytes }) => bytes.exact),
    },
  };
}
