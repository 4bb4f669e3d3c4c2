import { printable } from '../diagnostics/redact.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { amountLines, amountsOf, amountWords, copiedWords, plannedAmounts } from './amounts.ts';
import { ordinaryTags } from './repository-view.ts';
import { freedWords } from './table-totals.ts';
import { count, firstOf, width, wrap } from './text.ts';

/** Tags of one repository that are named. */
const TAGS = 5;

/**
 * What is about to be carried out: how much in all, every repository with its count and the first tags, and the limits that were checked.
 * A line each; tags that do not fit into the `columns` of a terminal stand below their repository.
 */
export function workLines(plan: Plan, limits: readonly string[], columns = Infinity): string[] {
  const work = plan.repositories.filter(({ steps }) => steps.length > 0);
  const all = plannedAmounts(plan);
  return [
    `About to delete ${amountWords(all)} in ${count(work.length, 'repository', 'repositories')}, ${freedWords(plan.summary)}:`,
    ...work.flatMap((repository) => repositoryLines(repository, columns)),
    ...amountLines(all).map((words) => `${words}.`),
    ...(all.copied > 0 ? [`${copiedWords(all)}.`] : []),
    ...limits.map((limit) => `limit: ${printable(limit)}`),
  ];
}

function repositoryLines(repository: RepositoryPlan, columns: number): string[] {
  const tags = repository.images.flatMap((image) => (image.action === 'delete' ? ordinaryTags(image) : image.untag)).toSorted(byCodeUnit);
  const named = firstOf(tags, TAGS).map(printable);
  const amount = amountWords(amountsOf(repository, repository.steps));
  const line = `  ${printable(`${repository.registry}/${repository.repository}  ${amount}`)}`;
  const whole = named.length > 0 ? `${line}, tags ${named.join(', ')}` : line;
  return width(whole) <= columns ? [whole] : [line, ...wrap(named, columns, '    ')];
}
