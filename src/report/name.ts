import { printable } from '../diagnostics/redact.ts';
import { isTag } from '../domain/tag.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';

/**
 * One reference a line for everything that would go, for other programs to read: `host/repository:tag` for each tag that is deleted with
 * its image or taken off, `host/repository@digest` for a manifest without a tag.
 */
export function planNames({ repositories }: Plan): string {
  return repositories.map(namesIn).join('');
}

function namesIn({ registry, url, repository, steps }: RepositoryPlan): string {
  const base = printable(`${url === undefined ? registry : new URL(url).host}/${repository}`);
  let names = '';
  for (const step of steps) for (const name of namesOf(step)) names += `${base}${name}\n`;
  return names;
}

function namesOf(step: Step): readonly string[] {
  const tags = step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect);
  return tags.length > 0 ? tags.map((tag) => `:${isTag(tag) ? tag : printable(tag)}`) : [`@${step.digest}`];
}
