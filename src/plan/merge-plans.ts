import { byCodeUnit } from '../domain/compare.ts';
import { byRepository } from './by-repository.ts';
import type { Plan } from './plan.ts';
import { addSummaries } from './summary.ts';

/**
 * Several plans, such as those of the shards of one run, as one to look at. It was made when the last of them was, and is decided as of the
 * first: where these differ, it cannot be carried out, since each plan has been checked against the limits by itself.
 */
export function mergePlans(plans: readonly [Plan, ...Plan[]]): Plan {
  const [first, ...others] = plans;
  if (others.length === 0) return first;
  const inUse = [...new Set(plans.flatMap((plan) => plan.inUse ?? []))].toSorted(byCodeUnit);
  const unread = plans.flatMap((plan) => plan.unread ?? []);
  const repositories = plans.flatMap((plan) => plan.repositories).toSorted(byRepository);
  const times = (pick: (plan: Plan) => string): string[] => plans.map(pick).toSorted(byCodeUnit);
  return {
    kind: 'Plan',
    formatVersion: first.formatVersion,
    tool: first.tool,
    createdAt: times(({ createdAt }) => createdAt).at(-1) as string,
    now: times(({ now }) => now)[0] as string,
    policies: distinct(plans.flatMap((plan) => plan.policies)),
    ...(inUse.length > 0 && { inUse }),
    applyable: plans.every((plan) => plan.applyable),
    blockedBy: distinct(plans.flatMap((plan) => plan.blockedBy)),
    ...(unread.length > 0 && { unread }),
    repositories,
    summary: addSummaries(repositories.map(({ summary }) => summary)),
    diagnostics: distinct(plans.flatMap((plan) => plan.diagnostics)),
  };
}

function distinct<Item>(items: readonly Item[]): Item[] {
  const seen = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...seen.values()];
}
