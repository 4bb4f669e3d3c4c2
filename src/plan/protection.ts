import type { Digest } from '../domain/digest.ts';
import type { InUse } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Graph, Node } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import { inUseDigests } from './in-use-digests.ts';
import type { Reason } from './reason.ts';
import { clockOf, clockTime, knownTime } from './time.ts';

/** What protects whole manifests, with all their tags, and what protects one tag alone. */
export interface Protections {
  readonly manifests: ReadonlyMap<Node, readonly Reason[]>;
  readonly tag: (node: Node, tag: string) => Reason | undefined;
}

/** Step 3 of the decision: protection wins over every rule. */
export function protections(repository: RepositoryInventory, graph: Graph, policy: Policy, inUse: InUse, now: number): Protections {
  const users = usersOf(repository, graph, inUse);
  const clock = clockOf(repository.capabilities);
  const manifests = new Map<Node, Reason[]>();
  for (const node of graph.nodes.values()) {
    const { manifest } = node;
    const reasons: Reason[] = [];
    const sources = users.get(node);
    if (sources) reasons.push({ code: 'in_use', by: named(sources) });
    if (manifest.locked === true) reasons.push({ code: 'locked' });
    // The registry refuses to delete a manifest that carries a locked tag; an attachment tag goes only with its manifest.
    for (const tag of manifest.lockedTags ?? [])
      if (manifest.tags.includes(tag) && !node.ordinaryTags.includes(tag)) reasons.push({ code: 'locked', tag });
    if (policy.protect.digests.has(manifest.digest)) reasons.push({ code: 'protected_digest', by: manifest.digest });
    const labels = policy.protect.labels.find(({ matches }) => matches(manifest.labels));
    if (labels) reasons.push({ code: 'protected_label', by: labels.text });
    if (policy.protect.signed && node.signed) reasons.push({ code: 'protected_signed' });
    const text = clockTime(manifest, clock);
    const time = knownTime(text, now);
    if (text !== undefined && time !== undefined && now - time <= policy.grace) reasons.push({ code: 'grace', time: text });
    if (reasons.length > 0) manifests.set(node, reasons);
  }
  return {
    manifests,
    tag: ({ manifest }, tag) => {
      const list = policy.protect.tags.find(({ matches }) => matches(tag));
      if (list) return { code: 'protected_tag', tag, by: list.text };
      return manifest.lockedTags?.includes(tag) ? { code: 'locked', tag } : undefined;
    },
  };
}

/** Who uses what: the manifest itself, every index that holds it, and every image whose config digest it is (with the indexes that hold that). */
function usersOf(repository: RepositoryInventory, graph: Graph, inUse: InUse): Map<Node, ReadonlySet<string>> {
  const users = new Map<Node, Set<string>>();
  const byConfig = new Map<Digest, Node[]>();
  for (const node of graph.nodes.values()) {
    const { config } = node.manifest;
    if (config !== undefined) byConfig.set(config, [...(byConfig.get(config) ?? []), node]);
  }
  const add = (node: Node, source: string): void => {
    const known = users.get(node);
    if (known) known.add(source);
    else users.set(node, new Set([source]));
  };
  for (const { digest, source } of inUseDigests(repository, inUse)) {
    const used = graph.nodes.get(digest);
    if (used) add(used, source);
    for (const index of graph.indexesHolding(digest)) add(index, source);
    for (const node of byConfig.get(digest) ?? []) {
      add(node, source);
      for (const index of graph.indexesHolding(node.manifest.digest)) add(index, source);
    }
  }
  return users;
}

/** The first by text, so that the order in which they came does not matter, and how many more there are. */
function named(sources: ReadonlySet<string>): string {
  const first = [...sources].reduce((least, source) => (source < least ? source : least));
  return sources.size === 1 ? first : `${first}, and ${sources.size - 1} more`;
}
