import type { ChangeStep } from '../plan/plan.ts';
import type { Standing } from '../registry/registry.ts';
import type { Verdict } from './verdict.ts';

/**
 * Why a step is not carried out, by what the registry tells of its manifest now; undefined where nothing stands against it. `label`: one
 * that was not on it when the plan was made. Whatever it means, somebody has looked at this image meanwhile.
 */
export function standingObjection(step: ChangeStep, { lockedTags, unreadable }: Standing, label: string | undefined): Verdict | undefined {
  if (label !== undefined) return { outcome: 'drifted', message: `the label ${label} was put on it after the plan was made` };
  const locked = lockedTags.find((tag) => step.op !== 'delete-tag' || tag === step.tag);
  if (locked !== undefined) return { outcome: 'locked', message: `its tag ${locked} was locked after the plan was made` };
  if (step.op === 'delete-tag' || !unreadable || unreadable.deletable) return undefined;
  return { outcome: 'locked', message: unreadable.why };
}
