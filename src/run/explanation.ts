import type { RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, type Node } from '../graph/graph.ts';
import type { PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import type { Policy, Rule } from '../policy/policy.ts';
import type { ExplainedRule, Explanation, Related } from '../report/explain.ts';

/** Puts together everything that is known about one image of a planned repository. `now` is ISO 8601 UTC. */
export function explanationOf(
  image: PlannedImage,
  plan: RepositoryPlan,
  inventory: RepositoryInventory,
  policy: Policy | undefined,
  now: string,
): Explanation {
  const node = buildGraph(inventory.manifests).find(image.digest) as Node;
  const planned = new Map(plan.images.map((other) => [other.digest, other]));
  const related = (nodes: readonly Node[]): Related[] =>
    nodes.map(({ manifest: { digest, platforms, artifactType } }) => {
      const { tags, action } = planned.get(digest) as PlannedImage;
      return { digest, tags, action, ...(platforms && { platforms }), ...(artifactType !== undefined && { artifactType }) };
    });
  const { artifactType, platforms } = node.manifest;
  const { pushedAt, createdAt, pulledAt } = inventory.capabilities;
  return {
    kind: 'Explanation',
    formatVersion: '1.0',
    registry: plan.registry,
    repository: plan.repository,
    now,
    ...(policy && { policy: { name: policy.name, source: policy.source } }),
    complete: plan.complete,
    clock: plan.clock,
    records: { pushedAt, createdAt, pulledAt },
    image,
    sizeWithParts: [...withParts(node)].reduce((sum, { manifest: { size } }) => sum + size, 0),
    platforms: platforms ?? [],
    ...(artifactType !== undefined && { artifactType }),
    rules: policy ? rulesNamed(policy, image) : [],
    children: related(node.children),
    attachments: related(node.attachments),
    indexes: related(node.parents),
    subjects: related(node.subjects),
  };
}

/** A manifest with its children and attachments, to any depth. */
function withParts(node: Node): Set<Node> {
  const found = new Set([node]);
  // A set grows while it is walked: what is added is visited too.
  for (const { children, attachments } of found) for (const part of [...children, ...attachments]) found.add(part);
  return found;
}

function rulesNamed(policy: Policy, { reasons }: PlannedImage): ExplainedRule[] {
  const { tagged, untagged, orphaned } = policy.rules;
  const names = new Set(reasons.map(({ rule }) => rule));
  return [...tagged, ...untagged, ...orphaned].filter(({ name }) => names.has(name)).map(explainedRule);
}

function explainedRule({ name, order, per, keep }: Rule): ExplainedRule {
  const bounds =
    typeof keep === 'string'
      ? keep
      : Object.fromEntries(Object.entries(keep).filter((entry): entry is [string, number | string] => entry[1] !== undefined));
  return { name, order, per, keep: bounds };
}
