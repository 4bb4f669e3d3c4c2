import { printable } from '../diagnostics/redact.ts';
import type { ApplyReport } from '../apply/apply-report.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';

/**
 * One reference a line for everything that would go, for other programs to read: `host/repository:tag` for each tag that is deleted with
 * its image or taken off, `host/repository@digest` for a manifest without a tag. With what came of the plan, for everything that went.
 */
export function planNames({ repositories }: Plan, applied?: ApplyReport): string {
  const left = new Set(
    applied?.repositories.flatMap((report) => report.notDone.map((step) => keyOf(report, step.op, step.tag ?? step.digest))) ?? [],
  );
  const goes = (repository: RepositoryPlan, step: Step): boolean =>
    !left.has(keyOf(repository, step.op, step.op === 'delete-tag' ? step.tag : step.digest));
  return repositories
    .flatMap((repository) => repository.steps.flatMap((step) => (goes(repository, step) ? namesOf(repository, step) : [])))
    .join('');
}

function keyOf({ registry, repository }: Pick<RepositoryPlan, 'registry' | 'repository'>, op: Step['op'], name: string): string {
  return JSON.stringify([registry, repository, op, name]);
}

function namesOf({ registry, url, repository }: RepositoryPlan, step: Step): string[] {
  const base = `${url === undefined ? registry : new URL(url).host}/${repository}`;
  const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
  const names = tags.length > 0 ? tags.map((tag) => `${base}:${tag}`) : [`${base}@${step.digest}`];
  return names.map((name) => `${printable(name)}\n`);
}
