import { byCodeUnit } from '../domain/compare.ts';
import type { InUse } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, type Node } from '../graph/graph.ts';
import { governingPolicy } from '../policy/governing.ts';
import type { Policy } from '../policy/policy.ts';
import { type Decision, decide } from './decide.ts';
import { decideLeftovers, type Leftovers } from './leftovers.ts';
import type { PlannedImage, RepositoryPlan } from './plan.ts';
import { stepsFor } from './steps.ts';
import { type BlobUse, blobUse, isImage, summarize } from './summary.ts';
import { clockOf } from './time.ts';

/** A repository's part of a plan, with what the totals over several repositories need besides. */
export interface PlannedRepository {
  readonly plan: RepositoryPlan;
  readonly blobs: BlobUse;
  /** Why it was not read whole. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

const NOTHING_LEFT: Leftovers = { deleted: [], left: [] };

function notesOn(finished: number): string[] {
  return finished === 0 ? [] : [`${finished} of its manifests were left by an earlier run that was stopped, and go with this one`];
}

/** Decides one repository. What an earlier run left half-way goes too if it would go today. `now` is in milliseconds since the epoch. */
export function planRepository(
  repository: RepositoryInventory,
  policies: readonly Policy[],
  inUse: InUse,
  now: number,
  leftovers: Leftovers = NOTHING_LEFT,
): PlannedRepository {
  const policy = governingPolicy(policies, repository.registry, repository.repository);
  const graph = buildGraph(repository.manifests);
  const decisions = policy
    ? decide(repository, graph, policy, inUse, now)
    : new Map(
        [...graph.nodes.values()].map((node): [Node, Decision] => [node, { action: 'keep', untag: [], reasons: [{ code: 'ungoverned' }] }]),
      );
  const finished =
    policy && leftovers.left.length > 0 ? decideLeftovers(repository, decisions, leftovers, policy, inUse, now) : new Map<Node, Decision>();
  for (const [node, decision] of finished) {
    const own = graph.nodes.get(node.manifest.digest);
    if (own) decisions.delete(own);
    decisions.set(node, decision);
  }
  const blobs = blobUse(decisions);
  const plan: RepositoryPlan = {
    registry: repository.registry,
    type: repository.type,
    ...(repository.url !== undefined && { url: repository.url }),
    repository: repository.repository,
    ...(repository.names && { names: repository.names }),
    ...(policy && { policy: policy.name }),
    complete: repository.complete,
    ...(repository.archiveMinimumDays !== undefined && { archiveMinimumDays: repository.archiveMinimumDays }),
    clock: clockOf(repository.capabilities),
    ...(repository.recoverableDays !== undefined && { recoverableDays: repository.recoverableDays }),
    images: [...decisions].map(([node, decision]) => plannedImage(node, decision)).toSorted((a, b) => byCodeUnit(a.digest, b.digest)),
    steps: stepsFor(decisions),
    summary: summarize(decisions, blobs),
  };
  return { plan, blobs, problems: repository.problems ?? [], notes: [...(repository.notes ?? []), ...notesOn(finished.size)] };
}

function plannedImage(node: Node, { action, untag, reasons }: Decision): PlannedImage {
  const { manifest } = node;
  const { digest, mediaType, size, pushedAt, createdAt, pulledAt } = manifest;
  return {
    digest,
    mediaType,
    tags: manifest.tags.toSorted(byCodeUnit),
    size,
    ...(pushedAt !== undefined && { pushedAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(pulledAt !== undefined && { pulledAt }),
    ...(!isImage(node) && { part: true }),
    action,
    untag,
    reasons,
  };
}
