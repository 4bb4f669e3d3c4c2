import type { Plan } from '../plan/plan.ts';
import { jsonParts } from '../report/json.ts';
import { planNames } from '../report/name.ts';
import type { GlobalOptions } from './context.ts';
import type { Io } from './io.ts';
import type { Output, OutputOptions } from './outputs.ts';
import type { PlanForm } from './plan-forms.ts';
import type { Shown } from './plan-page.ts';
import type { Text } from './write-file.ts';

export interface AnswerOptions extends GlobalOptions, OutputOptions<PlanForm> {}

/**
 * A plan in one of the forms that its reader asked for. What only the pages for people need takes as long to load as a small plan to make,
 * so it is loaded where it is asked for; whatever deletes has loaded it before.
 */
export async function planAnswer(plan: Plan, output: Output<PlanForm>, options: GlobalOptions, io: Io, shown: Shown): Promise<Text> {
  const { form, file } = output;
  if (form === 'json') return jsonParts(shown.applied ? { ...plan, applied: shown.applied } : plan);
  if (form === 'name') return planNames(plan, shown);
  const { planPage } = await import('./plan-page.ts');
  return planPage(plan, { form, ...(file !== undefined && { file }) }, options, io, shown);
}
