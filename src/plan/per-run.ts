import { byCodeUnit } from '../domain/compare.ts';
import type { Node } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import type { Doomed, PlannedRepository } from './plan-repository.ts';

/**
 * Leaves for the next run what one run may not delete: of what each policy deletes, the oldest go, as many as its `perRun` allows, and over
 * the whole run no more than `atMost`. An image goes with all that goes along with it, or not yet. What has no known time goes last. What
 * an earlier run left half-way goes first.
 */
export function leaveForNextRun(
  planned: readonly PlannedRepository[],
  policies: readonly Policy[],
  atMost: number | undefined,
): readonly PlannedRepository[] {
  const left = new Map(policies.map(({ name, perRun }) => [name, perRun.deletions ?? Infinity]));
  if (atMost === undefined && [...left.values()].every((most) => most === Infinity)) return planned;
  const going = new Set<Node>();
  let leftInRun = atMost ?? Infinity;
  const most = new Map<PlannedRepository, number>();
  for (const repository of planned) {
    if (!repository.leftovers) continue;
    const { policy = '' } = repository.plan;
    const leftOfPolicy = left.get(policy) ?? Infinity;
    const mayGo = Math.min(leftOfPolicy, leftInRun);
    const taken = repository.leftovers.groups.reduce((sum, group) => (sum + group <= mayGo ? sum + group : sum), 0);
    most.set(repository, taken);
    left.set(policy, leftOfPolicy - taken);
    leftInRun -= taken;
  }
  for (const { repository, doomed } of oldestFirst(planned)) {
    if (going.has(doomed.node)) continue;
    const { policy = '' } = repository.plan;
    const counted = new Set(repository.doomed.map(({ node }) => node));
    const together = goingTogether(doomed.node).filter((node) => counted.has(node) && !going.has(node));
    const leftOfPolicy = left.get(policy) ?? Infinity;
    if (together.length > leftOfPolicy || together.length > leftInRun) continue;
    left.set(policy, leftOfPolicy - together.length);
    leftInRun -= together.length;
    for (const node of together) going.add(node);
  }
  return planned.map((repository) => {
    const waiting = repository.doomed.filter(({ node }) => !going.has(node));
    const mostLeftovers = most.get(repository) ?? 0;
    return waiting.length === 0 && mostLeftovers === (repository.leftovers?.going ?? 0)
      ? repository
      : repository.leave(waiting, mostLeftovers);
  });
}

interface Candidate {
  readonly repository: PlannedRepository;
  readonly doomed: Doomed;
}

function oldestFirst(planned: readonly PlannedRepository[]): Candidate[] {
  const all = planned.flatMap((repository) => repository.doomed.map((doomed): Candidate => ({ repository, doomed })));
  const time = ({ doomed }: Candidate): number => doomed.time ?? Infinity;
  return all.sort((a, b) => {
    // Not by subtraction: of two unknown times that is no number.
    if (time(a) !== time(b)) return time(a) < time(b) ? -1 : 1;
    const [ours, theirs] = [a.repository.plan, b.repository.plan];
    return (
      byCodeUnit(ours.registry, theirs.registry) ||
      byCodeUnit(ours.repository, theirs.repository) ||
      a.doomed.node.index - b.doomed.node.index
    );
  });
}

/**
 * A manifest, and all that cannot stay whole without it, to any depth: the indexes that list it, its attachments, and the subject that it
 * is attached to.
 */
function goingTogether(node: Node): Node[] {
  const found = new Set([node]);
  // A set grows while it is walked: what is added is visited too.
  for (const one of found) for (const needing of [...one.parents, ...one.attachments, ...one.subjects]) found.add(needing);
  return [...found];
}
