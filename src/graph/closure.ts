import type { Node } from './graph.ts';

/** Why a manifest stays with others: the lowest digest that needs it. */
export interface Hold {
  readonly code: 'child_of_kept' | 'attached_to_kept' | 'subject_of_kept';
  readonly by: Node;
}

/** Adds `seeds` to `staying`, and everything that they need, to any depth: children of indexes, attachments, and the subject of an attachment. */
export function close(staying: Set<Node>, seeds: readonly Node[]): void {
  const pending = [...seeds];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (staying.has(node)) continue;
    staying.add(node);
    pending.push(...node.children, ...node.attachments, ...node.subjects);
  }
}

/**
 * The indexes with which a registry that cascades would delete something that stays: what has no tag and is in no index that stays. Each with what it holds.
 */
export function hostsOf(staying: ReadonlySet<Node>): Map<Node, Node> {
  const hosts = new Map<Node, Node>();
  for (const node of staying) {
    if (node.manifest.tags.length > 0 || node.parents.some((parent) => staying.has(parent))) continue;
    for (const parent of node.parents) if (!hosts.has(parent)) hosts.set(parent, node);
  }
  return hosts;
}

/** What goes when `roots` go: they and everything below them, children and attachments, to any depth. */
export function below(roots: Iterable<Node>): Set<Node> {
  const found = new Set(roots);
  // A set grows while it is walked: what is added is visited too.
  for (const node of found) {
    for (const child of node.children) found.add(child);
    for (const attachment of node.attachments) found.add(attachment);
  }
  return found;
}

/** What holds a manifest that stays by closure: told by the state at the end, so that the order of the input makes no difference. */
export function holdOf(node: Node, staying: ReadonlySet<Node>): Hold {
  const first = (others: readonly Node[]): Node | undefined => others.find((other) => staying.has(other));
  const parent = first(node.parents);
  if (parent) return { code: 'child_of_kept', by: parent };
  const subject = first(node.subjects);
  if (subject) return { code: 'attached_to_kept', by: subject };
  const attachment = first(node.attachments);
  if (attachment) return { code: 'subject_of_kept', by: attachment };
  throw new Error(`${node.manifest.digest} stays and nothing holds it`);
}
