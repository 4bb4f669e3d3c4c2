import { printable } from '../diagnostics/redact.ts';
import { stepsDone } from './amounts.ts';
import type { Outcome } from './outcome.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';

/**
 * One reference a line for everything that would go, for other programs to read: `host/repository:tag` for each tag that is deleted with
 * its image or taken off, `host/repository@digest` for a manifest without a tag. Of a plan that was to be carried out, for everything that
 * went.
 */
export function planNames({ repositories }: Plan, { applied, refused }: Outcome = {}): string {
  if (refused !== undefined) return '';
  if (!applied) return repositories.flatMap((repository) => repository.steps.flatMap((step) => namesOf(repository, step))).join('');
  return applied.repositories
    .flatMap((report) => {
      const repository = repositories.find((one) => one.registry === report.registry && one.repository === report.repository);
      return repository ? stepsDone(repository, report).flatMap((step) => namesOf(repository, step)) : [];
    })
    .join('');
}

function namesOf({ registry, url, repository }: RepositoryPlan, step: Step): string[] {
  const base = `${url === undefined ? registry : new URL(url).host}/${repository}`;
  const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
  const names = tags.length > 0 ? tags.map((tag) => `${base}:${tag}`) : [`${base}@${step.digest}`];
  return names.map((name) => `${printable(name)}\n`);
}
