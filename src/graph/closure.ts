import type { Node } from './graph.ts';
import { NodeSet } from './node-set.ts';

/** Why a manifest stays because another one stays, and that other one. */
export interface Hold {
  readonly code: 'child_of_kept' | 'attached_to_kept' | 'subject_of_kept';
  readonly by: Node;
}

/**
 * Adds `seeds` to what stays, and all that they need to stay whole, to any depth: the children of an index, the attachments of a manifest,
 * and the subject of an attachment. `added` is told of each manifest that was not staying before.
 */
export function close(staying: NodeSet, seeds: Iterable<Node>, added: (node: Node) => void = () => {}): void {
  const pending = [...seeds];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (!staying.add(node)) continue;
    added(node);
    for (const needed of node.children) pending.push(needed);
    for (const needed of node.attachments) pending.push(needed);
    for (const needed of node.subjects) pending.push(needed);
  }
}

/**
 * On a registry that cascades, deleting an index also deletes those of its children that have no tag and that no other index lists. So an
 * index has to stay as long as such a child is to stay. Answers these indexes, each with the child that stays: the child with the lowest
 * digest.
 */
export function indexesHeldByChildren(nodes: readonly Node[], staying: NodeSet): Map<Node, Node> {
  const held = new Map<Node, Node>();
  for (const child of nodes) {
    if (!staying.has(child) || child.manifest.tags.length > 0 || child.parents.some((parent) => staying.has(parent))) continue;
    for (const parent of child.parents) if (!held.has(parent)) held.set(parent, child);
  }
  return held;
}

/**
 * What is deleted along with `roots`, of a graph of so many manifests: they themselves, and their children and attachments, to any
 * depth.
 */
export function below(roots: Iterable<Node>, size: number): NodeSet {
  const found = new NodeSet(size);
  const pending = [...roots];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (!found.add(node)) continue;
    for (const child of node.children) pending.push(child);
    for (const attachment of node.attachments) pending.push(attachment);
  }
  return found;
}

/**
 * Which of the manifests that stay needs this one: an index, else a subject, else an attachment; of several the one with the lowest digest.
 * Asked once all that stays is known, so that the order of the input makes no difference. Throws where nothing needs it, for then it should
 * not stay.
 */
export function holdOf(node: Node, staying: NodeSet): Hold {
  const first = (others: readonly Node[]): Node | undefined => others.find((other) => staying.has(other));
  const parent = first(node.parents);
  if (parent) return { code: 'child_of_kept', by: parent };
  const subject = first(node.subjects);
  if (subject) return { code: 'attached_to_kept', by: subject };
  const attachment = first(node.attachments);
  if (attachment) return { code: 'subject_of_kept', by: attachment };
  throw new Error(`${node.manifest.digest} stays and nothing needs it`);
}
