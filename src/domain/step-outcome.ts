/**
 * What became of a step of a plan.
 * `copied`: the image is in another repository, with all that belongs to it.
 * `archived`: the manifest is in the archive of the registry.
 * `gone`: what was to be deleted was not there any more.
 * `locked`: the registry refuses to delete it.
 * `drifted`: what the plan expects of it does not hold any more.
 * `in_use`: something uses it by now.
 * `held`: something that needs it stayed.
 * `failed`: the registry did not do it, or it is not known whether it did.
 * `skipped`: the run ended before its turn.
 */
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

export const STEP_OUTCOMES = ['deleted', 'copied', 'archived', 'gone', 'locked', 'drifted', 'in_use', 'held', 'failed', 'skipped'] as const;
