import type { Node } from '../graph/graph.ts';
import type { DecisionInput } from './decision-input.ts';
import type { KeepReason } from './reason.ts';
import type { Staying } from './staying.ts';
import type { Times } from './time.ts';

/**
 * Step 10 of the decision: the newest images that always stay, and then as many as have to stay at least. What is in the archive counts for
 * neither.
 */
export function raiseToFloor({ policy, times }: DecisionInput, staying: Staying, doomed: readonly Node[]): void {
  const { keepNewest, keepAtLeast } = policy;
  if (keepNewest > 0) {
    const images = staying.graph.nodes.filter((node) => isUsable(node, staying));
    for (const node of newestFirst(images, times).slice(0, keepNewest)) stayWhole(node, 'keep_newest', staying);
  }
  if (staying.usable >= keepAtLeast) return;
  const images = doomed.filter((node) => isUsable(node, staying));
  // One at a time, because what comes along with an image may be an image too.
  for (const node of newestFirst(images, times)) {
    if (staying.usable >= keepAtLeast) return;
    if (!staying.has(node)) stayWhole(node, 'repository_floor', staying);
  }
}

function isUsable(node: Node, { archived }: Staying): boolean {
  return node.ordinaryTags.length > 0 && !archived.has(node);
}

/** With all its tags. */
function stayWhole(node: Node, code: KeepReason, staying: Staying): void {
  staying.note(node).own = { code };
  staying.stay([node]);
}

/** By the repository's clock, unknown times last, ties by digest. */
function newestFirst(nodes: readonly Node[], times: Times): Node[] {
  return nodes.toSorted((a, b) => (times.pushed(b) ?? 0) - (times.pushed(a) ?? 0) || a.index - b.index);
}
