import type { Digest } from '../domain/digest.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Manifest, RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, type Node } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import { type Decision, decide } from './decide.ts';

/** What an earlier run left half-way in a repository. */
export interface Leftovers {
  /** The manifests that it had deleted, as they were: of these, what is left was a part. */
  readonly deleted: readonly Manifest[];
  /** What it did not come to delete, and is still there. */
  readonly left: readonly Manifest[];
}

/**
 * The decisions on what an earlier run left: what would go today if the deleted images were still there, and with them. Those that the policy, or what is
 * in use, keeps today are not among them, nor is anything that something else holds by now. The images that are there are decided without this, so that
 * what is gone already takes no place among them. `own`: the decisions on these; where the registry lists what was left, and a rule says something of it,
 * that stands.
 */
export function decideLeftovers(
  repository: RepositoryInventory,
  own: ReadonlyMap<Node, Decision>,
  { deleted, left }: Leftovers,
  policy: Policy,
  inUse: InUse,
  now: number,
): Map<Node, Decision> {
  // What the labels of an image that is gone were is not known.
  if (policy.protect.labels.length > 0) return new Map();
  const there = new Set(repository.manifests.map(({ digest }) => digest));
  const tagged = new Set(repository.manifests.flatMap(({ tags }) => tags));
  const gone = deleted.filter(({ digest }) => !there.has(digest));
  const manifests = [
    ...repository.manifests,
    ...gone.map((manifest) => ({ ...manifest, tags: manifest.tags.filter((tag) => !tagged.has(tag)) })),
    ...left.filter(({ digest }) => !there.has(digest)),
  ];
  const graph = buildGraph(manifests);
  const decisions = decide({ ...repository, manifests }, graph, policy, inUse, now);
  const missing = new Set(gone.map(({ digest }) => digest));
  const decided = new Set([...own].flatMap(([{ manifest }, decision]) => (isUnclaimed(decision) ? [] : [manifest.digest])));
  const wanted = new Set(left.map(({ digest }) => digest).filter((digest) => !decided.has(digest)));
  const going = new Map([...decisions].filter(([{ manifest }, { action }]) => wanted.has(manifest.digest) && action === 'delete'));
  for (let size = -1; size !== going.size;) {
    size = going.size;
    for (const node of going.keys()) if (!isFree(node, missing, going)) going.delete(node);
  }
  return going;
}

/** True where all that holds a manifest is gone, or goes too. */
function isFree({ parents, subjects }: Node, missing: ReadonlySet<Digest>, going: ReadonlyMap<Node, Decision>): boolean {
  const holders = [...parents, ...subjects];
  return holders.length > 0 && holders.every((holder) => missing.has(holder.manifest.digest) || going.has(holder));
}

/** No rule has said anything of it. */
function isUnclaimed({ action, reasons }: Decision): boolean {
  return action === 'keep' && reasons.every(({ code }) => code === 'no_rule');
}
