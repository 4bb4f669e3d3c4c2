import type { Plan } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import { plannedAmounts } from './amounts.ts';
import { toJsonLine } from './json.ts';
import { appliedAmounts, type Outcome } from './outcome.ts';

/**
 * What GitLab shows in a merge request as the report of a Terraform plan (`artifacts: reports: terraform`), which has three counts: images
 * to delete and, as updates, tags to take off images that stay and images for the archive. A plan that could not be made has no counts that
 * could be taken for "nothing to do": GitLab then shows that the report is broken.
 */
export function gitlabReport(plan: Plan, { applied }: Outcome): string {
  if (nothingRead(plan)) return toJsonLine({ error: 'nothing could be read' });
  const { images, tagsAlone, archived } = applied ? appliedAmounts(plan, applied) : plannedAmounts(plan);
  return toJsonLine({ create: 0, update: tagsAlone + archived, delete: images });
}
