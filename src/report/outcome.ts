import { repositoryKey } from '../domain/repository-key.ts';
import type { ApplyReport } from '../apply/apply-report.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';
import { addAmounts, type Amounts, amountsOf, stepsDone } from './amounts.ts';

/** What came of a plan that was to be carried out. */
export interface Outcome {
  /** Absent where nothing was begun. */
  readonly applied?: ApplyReport | undefined;
  /** Why nothing was begun. */
  readonly refused?: string | undefined;
}

/** The steps of each repository that a run has done, in the order of its report. */
export function appliedSteps(plan: Plan, { repositories }: ApplyReport): (readonly [RepositoryPlan, readonly Step[]])[] {
  const planned = new Map(plan.repositories.map((one) => [repositoryKey(one), one]));
  return repositories.flatMap((report) => {
    const repository = planned.get(repositoryKey(report));
    return repository ? [[repository, stepsDone(repository, report)] as const] : [];
  });
}

/** What a run took away. */
export function appliedAmounts(plan: Plan, report: ApplyReport): Amounts {
  return addAmounts(appliedSteps(plan, report).map(([repository, steps]) => amountsOf(repository, steps)));
}
