import { indexesHeldByChildren } from '../graph/closure.ts';
import type { Staying } from './staying.ts';

/**
 * On a registry that cascades, an index stays as long as a child that it would take along is to stay: the registry cannot delete it alone.
 */
export function holdForCascade(staying: Staying): void {
  const { nodes } = staying.graph;
  for (let held = indexesHeldByChildren(nodes, staying.nodes); held.size > 0; held = indexesHeldByChildren(nodes, staying.nodes)) {
    for (const [index, child] of held) staying.note(index).own = { code: 'locked', by: child.manifest.digest };
    staying.stay(held.keys());
  }
}
