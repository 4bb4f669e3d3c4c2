import type { ApplyReport } from '../apply/apply-report.ts';
import type { Plan } from '../plan/plan.ts';
import { addAmounts, type Amounts, amountsOf, stepsDone } from './amounts.ts';

/** What came of a plan that was to be carried out. */
export interface Outcome {
  /** Absent where nothing was begun. */
  readonly applied?: ApplyReport | undefined;
  /** Why nothing was begun. */
  readonly refused?: string | undefined;
}

/** What a run took away. */
export function appliedAmounts(plan: Plan, { repositories }: ApplyReport): Amounts {
  const planned = new Map(plan.repositories.map((one) => [JSON.stringify([one.registry, one.repository]), one]));
  return addAmounts(
    repositories.flatMap((report) => {
      const repository = planned.get(JSON.stringify([report.registry, report.repository]));
      return repository ? [amountsOf(repository, stepsDone(repository, report))] : [];
    }),
  );
}
