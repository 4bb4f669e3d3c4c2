import type { Node } from '../graph/graph.ts';
import type { Decision } from './decision.ts';
import type { Action, CopyImageStep, Summary } from './plan.ts';

/** True of a root that is not an attachment, and of whatever has an ordinary tag: what people call an image. */
export function isImage(node: Node): boolean {
  return node.ordinaryTags.length > 0 || (!node.isAttachment && node.parents.length === 0);
}

/** True of an attachment whose subject is not in the repository and that belongs to nothing else there. */
function isOrphan({ ordinaryTags, isAttachment, parents, subjects }: Node): boolean {
  return isAttachment && ordinaryTags.length === 0 && parents.length === 0 && subjects.length === 0;
}

/** Counts one repository's decisions, which stand in the order of the nodes. `bytes` says what is freed. */
export function summarize(
  nodes: readonly Node[],
  decisions: readonly Decision[],
  bytes: { readonly freed: number; readonly exact: boolean },
  copies: readonly CopyImageStep[] = [],
): Summary {
  const images: Record<Action, number> = { keep: 0, untag: 0, archive: 0, delete: 0 };
  const orphaned = { keep: 0, delete: 0 };
  const tags = { keep: 0, delete: 0 };
  let deleted = 0;
  nodes.forEach((node) => {
    const { action, untag } = decisions[node.index] as Decision;
    if (isImage(node)) images[action] += 1;
    else if (isOrphan(node)) orphaned[action === 'delete' ? 'delete' : 'keep'] += 1;
    const gone = action === 'delete' ? node.ordinaryTags.length : untag.length;
    tags.delete += gone;
    tags.keep += node.ordinaryTags.length - gone;
    if (action === 'delete') deleted += node.manifest.size;
  });
  const copied = new Set(copies.map(({ digest }) => digest)).size;
  return summaryOf(images, orphaned, { leftovers: 0, copied }, tags, { deleted, ...bytes });
}

/** The sum of summaries. */
export function addSummaries(summaries: readonly Summary[]): Summary {
  const sum = (pick: (summary: Summary) => number): number => summaries.reduce((total, summary) => total + pick(summary), 0);
  const images = {
    keep: sum((summary) => summary.images.keep),
    untag: sum((summary) => summary.images.untag),
    archive: sum((summary) => summary.images.archive ?? 0),
    delete: sum((summary) => summary.images.delete),
  };
  const orphaned = { keep: sum((summary) => summary.orphaned?.keep ?? 0), delete: sum((summary) => summary.orphaned?.delete ?? 0) };
  return summaryOf(
    images,
    orphaned,
    { leftovers: sum(({ leftovers }) => leftovers?.delete ?? 0), copied: sum(({ copied = 0 }) => copied) },
    { keep: sum(({ tags }) => tags.keep), delete: sum(({ tags }) => tags.delete) },
    {
      deleted: sum(({ bytes }) => bytes.deleted),
      freed: sum(({ bytes }) => bytes.freed),
      exact: summaries.every(({ bytes }) => bytes.exact),
    },
  );
}

/** What there is nothing of is left out, but for the three that every repository has. */
function summaryOf(
  { archive, ...images }: Readonly<Record<Action, number>>,
  orphaned: NonNullable<Summary['orphaned']>,
  { leftovers, copied }: { readonly leftovers: number; readonly copied: number },
  tags: Summary['tags'],
  bytes: Summary['bytes'],
): Summary {
  return {
    images: { ...images, ...(archive > 0 && { archive }) },
    ...(orphaned.keep + orphaned.delete > 0 && { orphaned }),
    ...(leftovers > 0 && { leftovers: { delete: leftovers } }),
    ...(copied > 0 && { copied }),
    tags,
    bytes,
  };
}
