import type { LimitName, Policy } from '../policy/policy.ts';
import type { Shard } from './scope.ts';

/**
 * The part of a limit that a shard has. Shards know nothing of each other, so the limits of a run are divided among them, and all together
 * never pass them: of 10 for 3 shards, the first has 4, the others 3.
 */
export function partOf(limit: number, { index, of }: Shard): number {
  return Math.floor(limit / of) + (index <= limit % of ? 1 : 0);
}

/** Whether shards share a limit. A percentage holds for each of them as for the whole. */
const IS_SHARED: Readonly<Record<LimitName, boolean>> = { maxDeletions: true, maxDeletePercent: false, maxDeleteBytes: true };

/** The policies with the shard's part of what they allow. */
export function policiesOf(policies: readonly Policy[], shard: Shard | undefined): readonly Policy[] {
  if (!shard) return policies;
  return policies.map((policy) => {
    const { deletions } = policy.perRun;
    const given = Object.entries(policy.limits) as [LimitName, number][];
    const limits = Object.fromEntries(given.map(([name, limit]) => [name, IS_SHARED[name] ? partOf(limit, shard) : limit]));
    return { ...policy, limits, perRun: deletions === undefined ? {} : { deletions: partOf(deletions, shard) } };
  });
}
