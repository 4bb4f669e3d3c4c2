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

/**
 * The steps of each repository that a run has done, in the order of its report, one repository after the other: those of a large plan are
 * not to be in memory all at once.
 */
export function* appliedSteps(plan: Plan, { repositories }: ApplyReport): Generator<readonly [RepositoryPlan, readonly Step[]]> {
  const planned = new Map(plan.repositories.map((one) => [repositoryKey(one), one]));
  for (const report of repositories) {
    const repository = planned.get(repositoryKey(report));
    if (repository) yield [repository, stepsDone(repository, report)];
  }
}

/** What a run took away. */
export function appliedAmounts(plan: Plan, report: ApplyReport): Amounts {
  const all: Amounts[] = [];
  for (const [repository, steps] of appliedSteps(plan, report)) all.push(amountsOf(repository, steps));
  return addAmounts(all);
}
