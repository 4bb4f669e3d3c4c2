import { printable } from '../diagnostics/redact.ts';
import { isTag } from '../domain/tag.ts';
import { appliedSteps, type Outcome } from './outcome.ts';
import type { ChangeStep, Plan, RepositoryPlan, Step } from '../plan/plan.ts';

/**
 * One reference a line for everything that would go, for other programs to read: `host/repository:tag` for each tag that is deleted with
 * its image or taken off, `host/repository@digest` for a manifest without a tag. Of a plan that was to be carried out, for everything that
 * went.
 */
export function planNames(plan: Plan, { applied, refused }: Outcome = {}): string {
  if (refused !== undefined) return '';
  const steps = applied ? appliedSteps(plan, applied) : plan.repositories.map((repository) => [repository, repository.steps] as const);
  return steps.map(([repository, its]) => namesIn(repository, its)).join('');
}

function namesIn({ registry, url, repository }: RepositoryPlan, steps: readonly Step[]): string {
  const base = printable(`${url === undefined ? registry : new URL(url).host}/${repository}`);
  let names = '';
  for (const step of steps) if (step.op !== 'copy-image') for (const name of namesOf(step)) names += `${base}${name}\n`;
  return names;
}

function namesOf(step: ChangeStep): readonly string[] {
  const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
  return tags.length > 0 ? tags.map((tag) => `:${isTag(tag) ? tag : printable(tag)}`) : [`@${step.digest}`];
}
