import type { ApplyReport } from '../apply/apply-report.ts';
import { DocumentProblem, must, throwProblem } from '../documents/document-problem.ts';
import { type Fields, fieldsOf } from '../documents/fields.ts';
import { COUNT, DIGEST, FLAG, oneOf, OPERATION, REPOSITORY, STEP_OUTCOME, TAG, TEXT } from '../documents/kinds.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { STEP_OUTCOMES } from '../domain/step-outcome.ts';
import type { Plan } from '../plan/plan.ts';

const OUTCOME = oneOf(['done', 'partial', 'failed', 'interrupted']);

/**
 * What came of a plan, where its document tells so (`prune --apply -o json` writes it into the plan); undefined where it was not carried
 * out. Throws `PLAN_INVALID`, naming the file.
 */
export function resultIn(plan: Plan, path: string): ApplyReport | undefined {
  if (!('applied' in plan)) return undefined;
  try {
    checkResult(fieldsOf(plan.applied, 'applied', throwProblem));
    return plan.applied as ApplyReport;
  } catch (error) {
    if (!(error instanceof DocumentProblem)) throw error;
    throw new ToolError('PLAN_INVALID', `${path}: ${error.message}`, {
      hint: 'Give the document as the run has written it.',
      cause: error,
    });
  }
}

function checkResult(report: Fields<never>): void {
  report.required('outcome', OUTCOME);
  report.optional('journal', TEXT);
  checkCounts(report.child('counts'));
  if (report.object['error'] !== undefined) report.child('error').required('message', TEXT);
  for (const repository of report.children('repositories')) {
    repository.required('registry', TEXT);
    repository.required('repository', REPOSITORY);
    checkCounts(repository.child('counts'));
    for (const step of repository.children('notDone')) {
      step.required('op', OPERATION);
      step.required('digest', DIGEST);
      step.optional('tag', TAG);
      step.required('outcome', STEP_OUTCOME);
      step.optional('message', TEXT);
    }
    for (const repair of repository.children('repairs')) {
      repair.required('digest', DIGEST);
      repair.optional('tag', TAG);
      repair.required('restored', FLAG);
      repair.required('message', TEXT);
    }
    if (repository.object['error'] !== undefined) repository.child('error').required('message', TEXT);
  }
}

function checkCounts(counts: Fields<never>): void {
  for (const key of [...STEP_OUTCOMES, 'repaired', 'lost']) must(COUNT.is(counts.object[key]), counts.path(key), 'is not a count');
}
