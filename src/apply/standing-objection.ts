import type { PlannedImage, Step } from '../plan/plan.ts';
import type { Standing } from '../registry/registry.ts';
import type { Verdict } from './verdict.ts';

/** Why a step is not carried out, by what the registry tells of its manifest now; undefined where nothing stands against it. */
export function standingObjection(step: Step, standing: Standing, image: PlannedImage | undefined): Verdict | undefined {
  const { labels, lockedTags, unreadable } = standing;
  const label = labels.find((name) => image?.registryLabels?.includes(name) !== true);
  if (label !== undefined) return { outcome: 'drifted', message: `the label ${label} was put on it after the plan was made` };
  const locked = lockedTags.find((tag) => step.op !== 'delete-tag' || tag === step.tag);
  if (locked !== undefined) return { outcome: 'locked', message: `its tag ${locked} was locked after the plan was made` };
  if (step.op === 'delete-tag' || !unreadable || unreadable.deletable) return undefined;
  return { outcome: 'locked', message: unreadable.why };
}
