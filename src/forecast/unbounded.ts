import type { PlanContext } from '../plan/planner.ts';

/** The same decision, without a bound on how much one run does. */
export function unbounded({ atMost: _atMost, maxDeletions: _maxDeletions, policies, ...context }: PlanContext): PlanContext {
  return { ...context, policies: policies.map((policy) => ({ ...policy, perRun: {} })) };
}
