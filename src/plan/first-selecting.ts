import type { Node } from '../graph/graph.ts';
import type { Rule } from '../policy/policy.ts';

/**
 * The first rule that selects a manifest, at an instant in milliseconds since the epoch. Undefined if none does, and if one before it may
 * do so by a signature that nobody has looked for.
 */
export function firstSelecting(rules: readonly Rule[], node: Node, now: number): Rule | undefined {
  for (const rule of rules) {
    const selected = rule.selects(node, now);
    if (selected !== false) return selected ? rule : undefined;
  }
  return undefined;
}
