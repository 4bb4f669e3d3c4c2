import type { DanglingTag } from '../domain/inventory.ts';

/**
 * What to tell of a listed tag whose manifest is not there. `label` names it; `remedy` is what else can be done than to go on without it,
 * and ends in a command where there is one, which stands last so that it can be copied.
 */
export function danglingProblem(label: string, { digest }: DanglingTag, remedy: string): string {
  const manifest = digest === undefined ? 'its manifest' : `the manifest ${digest} that it points to`;
  return `The tag ${label} is listed, but ${manifest} is not there. Go on without it, by danglingTags: ignore in the policy, ${remedy}`;
}
