import type { Digest } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, type Node } from '../graph/graph.ts';
import type { Policy, Rule } from '../policy/policy.ts';
import { partsOf } from '../policy/selectors/candidate.ts';

/**
 * The images whose scans decide what the rules of a policy select, where the inventory does not tell enough about these scans, in ascending
 * order. They are the images with a tag, or without one, that a rule selects but for its question about scans, and no rule above it claims.
 * `now` is in milliseconds since the epoch. `areListed`: an image about which the inventory tells no scan has none.
 */
export function wantedScans(inventory: RepositoryInventory, { rules }: Policy, now: number, areListed: boolean): Digest[] {
  const wanted = new Set<Digest>();
  // Signatures may be in other repositories, which have perhaps not been read yet.
  const { nodes } = buildGraph(inventory.manifests, () => undefined);
  const ask = (node: Node, rule: Rule): boolean => {
    // Whether a rule for what is gone takes a tag is not asked here: the rules below it are asked too.
    if (!rule.scan) return !rule.gone && rule.selects(node, now) === true;
    if (rule.scan.besides(node, now) === false) return false;
    for (const { manifest } of partsOf(node)) if (rule.scan.needs(manifest, areListed)) wanted.add(manifest.digest);
    return false;
  };
  for (const node of nodes) {
    for (const tag of node.ordinaryTags) rules.tagged.some((rule) => rule.tags(tag) !== undefined && ask(node, rule));
    if (node.ordinaryTags.length > 0 || node.isAttachment || node.parents.length > 0) continue;
    [...rules.tagged.filter(({ untaggedToo }) => untaggedToo), ...rules.untagged].some((rule) => ask(node, rule));
  }
  return nodes.flatMap(({ manifest: { digest } }) => (wanted.has(digest) ? [digest] : []));
}
