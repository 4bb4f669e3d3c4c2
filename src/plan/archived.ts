import type { Graph, Node } from '../graph/graph.ts';

/**
 * What is in the registry's archive, and every index that lists something of it, to any depth, each with what is there: itself, or the part
 * with the lowest digest. None of these can be pulled, and none may be deleted, since what cannot be read could not be put back.
 */
export function archivedParts({ nodes }: Graph): Map<Node, Node> {
  const found = new Map<Node, Node>();
  const parts = nodes.filter(({ manifest }) => manifest.archived === true);
  for (const part of parts) found.set(part, part);
  // In order of their digests, so that the first part that reaches an index is the lowest.
  for (const part of parts) {
    const pending = [...part.parents];
    for (let index = pending.pop(); index; index = pending.pop()) {
      if (found.has(index)) continue;
      found.set(index, part);
      for (const above of index.parents) pending.push(above);
    }
  }
  return found;
}
