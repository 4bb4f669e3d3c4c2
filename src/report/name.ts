import { printable } from '../diagnostics/redact.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';

/**
 * One reference a line for everything that would go, for other programs to read: `host/repository:tag` for each tag that is deleted with
 * its image or taken off, `host/repository@digest` for a manifest without a tag.
 */
export function planNames({ repositories }: Plan): string {
  return repositories.flatMap((repository) => repository.steps.flatMap((step) => namesOf(repository, step))).join('');
}

function namesOf({ registry, url, repository }: RepositoryPlan, step: Step): string[] {
  const base = `${url === undefined ? registry : new URL(url).host}/${repository}`;
  const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
  const names = tags.length > 0 ? tags.map((tag) => `${base}:${tag}`) : [`${base}@${step.digest}`];
  return names.map((name) => `${printable(name)}\n`);
}
