import type { StepOutcome } from '../../../src/domain/step-outcome.ts';
import { type ApplyReport, applyReport, countResults, type RepositoryReport } from '../../../src/apply/apply-report.ts';
import type { Plan, RepositoryPlan } from '../../../src/plan/plan.ts';
import { plan } from './plan-fixture.ts';

/** What became of a step, by its tag or, for a manifest, by one of its tags; every other step is deleted. */
export type Became = Readonly<Record<string, { readonly outcome: StepOutcome; readonly message?: string }>>;

/** The plan of these repositories, and the report of a run in which some steps were not done. */
export function applied(
  repositories: readonly RepositoryPlan[],
  became: Became = {},
  more: Partial<ApplyReport> & Partial<Pick<RepositoryReport, 'repairs' | 'error'>> = {},
): { readonly plan: Plan; readonly report: ApplyReport } {
  const { repairs = [], error, ...rest } = more;
  const reports = repositories.map(({ registry, repository, steps }): RepositoryReport => {
    const results = steps.map((step) => {
      const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
      const what = tags.map((tag) => became[tag]).find((one) => one !== undefined) ?? { outcome: 'deleted' as const };
      return { op: step.op, digest: step.digest, ...(step.op === 'delete-tag' && { tag: step.tag }), ...what };
    });
    const notDone = results.filter(({ outcome }) => outcome !== 'deleted' && outcome !== 'gone');
    const gone = results.filter(({ outcome }) => outcome === 'gone');
    return { registry, repository, counts: countResults(results, repairs), notDone, ...(gone.length > 0 && { gone }), repairs };
  });
  return { plan: plan(repositories), report: applyReport({ repositories: reports, ...(error && { error }), ...rest }) };
}
