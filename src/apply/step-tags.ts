import type { ChangeStep } from '../plan/plan.ts';

/** The tags that go with a step or, of what is archived, stay on it. */
export function stepTags(step: ChangeStep): string[] {
  return step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
}
