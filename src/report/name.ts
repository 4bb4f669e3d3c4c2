import { printable } from '../diagnostics/redact.ts';
import { isTag } from '../domain/tag.ts';
import { appliedSteps, type Outcome } from './outcome.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';

/**
 * One reference a line for everything that would go, for other programs to read: `host/repository:tag` for each tag that is deleted with
 * its image or taken off, `host/repository@digest` for a manifest without a tag. Of a plan that was to be carried out, for everything that
 * went.
 */
export function planNames(plan: Plan, { applied, refused }: Outcome = {}): string {
  if (refused !== undefined) return '';
  const names: string[] = [];
  for (const [repository, steps] of applied ? appliedSteps(plan, applied) : plannedSteps(plan)) names.push(namesIn(repository, steps));
  return names.join('');
}

/** One repository after the other, since those of a large plan are not to be in memory all at once. */
function* plannedSteps({ repositories }: Plan): Generator<readonly [RepositoryPlan, readonly Step[]]> {
  for (const repository of repositories) yield [repository, repository.steps];
}

function namesIn({ registry, url, repository }: RepositoryPlan, steps: readonly Step[]): string {
  const base = printable(`${url === undefined ? registry : new URL(url).host}/${repository}`);
  const lines: string[] = [];
  const addTag = (tag: string): void => void lines.push(`${base}:${isTag(tag) ? tag : printable(tag)}\n`);
  steps.forEach((step) => {
    if (step.op === 'copy-image') return;
    const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
    if (tags.length === 0) lines.push(`${base}@${step.digest}\n`);
    else tags.forEach(addTag);
  });
  // Not put together bit by bit, since V8 keeps the bits of such a text.
  return lines.join('');
}
