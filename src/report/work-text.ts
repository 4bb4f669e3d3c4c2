import { printable } from '../diagnostics/redact.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { amountLines, amountsOf, amountWords, plannedAmounts } from './amounts.ts';
import { ordinaryTags } from './repository-view.ts';
import { freedWords } from './table-totals.ts';
import { count, number } from './text.ts';

/** Tags of one repository that are named. */
const TAGS = 5;

/**
 * What is about to be carried out: how much in all, every repository with its count and the first tags, and the limits that were checked.
 * A line each.
 */
export function workLines(plan: Plan, limits: readonly string[]): string[] {
  const work = plan.repositories.filter(({ steps }) => steps.length > 0);
  const all = plannedAmounts(plan);
  return [
    `About to delete ${amountWords(all)} in ${count(work.length, 'repository', 'repositories')}, ${freedWords(plan.summary)}:`,
    ...work.map(repositoryLine),
    ...amountLines(all).map((words) => `${words}.`),
    ...limits.map((limit) => `limit: ${printable(limit)}`),
  ];
}

function repositoryLine(repository: RepositoryPlan): string {
  const tags = repository.images.flatMap((image) => (image.action === 'delete' ? ordinaryTags(image) : image.untag)).toSorted(byCodeUnit);
  const more = tags.length > TAGS ? `, and ${number(tags.length - TAGS)} more` : '';
  const named = tags.length > 0 ? `, tags ${tags.slice(0, TAGS).join(', ')}${more}` : '';
  const amount = amountWords(amountsOf(repository, repository.steps));
  return `  ${printable(`${repository.registry}/${repository.repository}  ${amount}${named}`)}`;
}
