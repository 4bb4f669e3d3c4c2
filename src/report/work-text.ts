import { printable } from '../diagnostics/redact.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { addAmounts, amountLines, type Amounts, amountsOf, amountWords, copiedWords } from './amounts.ts';
import { ordinaryTags } from './repository-view.ts';
import { freedWords } from './table-totals.ts';
import { count, firstOf } from './text.ts';
import { width, wrap } from './width.ts';

/** Tags of one repository that are named. */
const TAGS = 5;

/**
 * What is about to be carried out: how much in all, every repository with its count and the first tags, and the limits that were checked.
 * A line each; tags that do not fit into the `columns` of a terminal stand below their repository.
 */
export function workLines(plan: Plan, limits: readonly string[], columns = Infinity): string[] {
  const work = plan.repositories.flatMap((repository): Work[] => {
    const { steps } = repository;
    if (steps.length === 0) return [];
    const amounts = amountsOf(repository, steps);
    return [{ amounts, lines: repositoryLines(repository, amounts, columns) }];
  });
  const all = addAmounts(work.map(({ amounts }) => amounts));
  return [
    `About to delete ${amountWords(all)} in ${count(work.length, 'repository', 'repositories')}, ${freedWords(plan.summary)}:`,
    ...work.flatMap(({ lines }) => lines),
    ...amountLines(all).map((words) => `${words}.`),
    ...(all.copied > 0 ? [`${copiedWords(all)}.`] : []),
    ...limits.map((limit) => `limit: ${printable(limit)}`),
  ];
}

interface Work {
  readonly amounts: Amounts;
  readonly lines: readonly string[];
}

function repositoryLines(repository: RepositoryPlan, amounts: Amounts, columns: number): string[] {
  const tags = repository.images.flatMap((image) => (image.action === 'delete' ? ordinaryTags(image) : image.untag)).toSorted(byCodeUnit);
  const named = firstOf(tags, TAGS).map(printable);
  const line = `  ${printable(`${repository.registry}/${repository.repository}  ${amountWords(amounts)}`)}`;
  const whole = named.length > 0 ? `${line}, tags ${named.join(', ')}` : line;
  return width(whole) <= columns ? [whole] : [line, ...wrap(named, columns, '    ')];
}
