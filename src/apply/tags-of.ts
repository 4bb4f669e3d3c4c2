import type { Step } from '../plan/plan.ts';

/** The tags that go with a step. */
export function tagsOf(step: Step): string[] {
  return step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
}
