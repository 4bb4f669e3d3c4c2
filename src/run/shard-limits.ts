import type { Policy } from '../policy/policy.ts';
import type { Shard } from './scope.ts';

/**
 * The part of a limit that a shard has. Shards know nothing of each other, so the limits of a run are divided among them, and all together
 * never pass them: of 10 for 3 shards, the first has 4, the others 3.
 */
export function partOf(limit: number, { index, of }: Shard): number {
  return Math.floor(limit / of) + (index <= limit % of ? 1 : 0);
}

/** The policies with the shard's part of what they allow. A percentage holds for each shard as for the whole. */
export function policiesOf(policies: readonly Policy[], shard: Shard | undefined): readonly Policy[] {
  if (!shard) return policies;
  return policies.map((policy) => {
    const { maxDeletions, maxDeleteBytes } = policy.limits;
    const { deletions } = policy.perRun;
    const limits = {
      ...policy.limits,
      ...(maxDeletions !== undefined && { maxDeletions: partOf(maxDeletions, shard) }),
      ...(maxDeleteBytes !== undefined && { maxDeleteBytes: partOf(maxDeleteBytes, shard) }),
    };
    return { ...policy, limits, perRun: deletions === undefined ? {} : { deletions: partOf(deletions, shard) } };
  });
}
