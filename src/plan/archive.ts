import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import { isIndexType } from '../domain/media-types.ts';
import { below } from '../graph/closure.ts';
import type { Node } from '../graph/graph.ts';
import type { ArchiveManifestStep } from './plan.ts';

/** True of what is in the registry's archive, and of an index of which some part is: it cannot be pulled. */
export function isInArchive(node: Node): boolean {
  return node.manifest.archived === true || [...parts(node)].some(({ manifest }) => manifest.archived);
}

/** Of these, what would take something with it that is in the archive, each with the lowest of that. It must stay: what is in the archive could not be put back. */
export function heldByArchive(nodes: Iterable<Node>): Map<Node, Node> {
  const held = new Map<Node, Node>();
  for (const node of nodes) {
    const [first] = [...below([node])].filter(({ manifest }) => manifest.archived).toSorted(byDigest);
    if (first) held.set(node, first);
  }
  return held;
}

/**
 * What of an image goes into the archive: itself, or, of an index, the images that it lists, unless they are there already or are part of what stays `active`. The
 * index stays readable, for otherwise nobody could tell any more what belongs to it.
 */
export function archivedWith(image: Node, active: ReadonlySet<Node>): Node[] {
  return [image, ...parts(image)].filter((node) => !isIndex(node) && !node.manifest.archived && !active.has(node));
}

/** The steps for what is to be archived, by digest; `archived` holds the images and the parts of them that go. */
export function archiveSteps(archived: readonly Node[]): ArchiveManifestStep[] {
  const all = new Set(archived);
  return archived.toSorted(byDigest).flatMap((node): ArchiveManifestStep[] => {
    if (isIndex(node)) return [];
    const of = new Set([node]);
    for (const one of of) for (const parent of one.parents) if (all.has(parent)) of.add(parent);
    const images = [...of].toSorted(byDigest);
    const tags = images.flatMap(({ manifest }) => manifest.tags.map((tag): [string, Digest] => [tag, manifest.digest]));
    const expect = Object.fromEntries(tags.toSorted(([a], [b]) => byCodeUnit(a, b)));
    return [{ op: 'archive-manifest', digest: node.manifest.digest, of: images.map(({ manifest }) => manifest.digest), expect }];
  });
}

/** The children of an index, to any depth. */
function parts(index: Node): Set<Node> {
  const found = new Set(index.children);
  for (const node of found) for (const child of node.children) found.add(child);
  return found;
}

function isIndex({ manifest }: Node): boolean {
  return isIndexType(manifest.mediaType) || manifest.children.length > 0;
}

function byDigest(a: Node, b: Node): number {
  return byCodeUnit(a.manifest.digest, b.manifest.digest);
}
