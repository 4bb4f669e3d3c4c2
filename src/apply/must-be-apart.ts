import type { CopyPlace } from '../copy/copy-place.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { RunState } from './run-state.ts';

/**
 * Makes sure that a place to copy to is not the repository itself by another name, nor a cache or a virtual repository that shows what the
 * repository has: there, a copy would go with its image. It is another place when it lacks something that the repository has. Throws
 * `REGISTRY_ERROR` where it lacks nothing.
 */
export async function mustBeApart(state: RunState, to: CopyPlace): Promise<void> {
  // What goes is asked for first: it is read anyway, and of what stays nothing should count as pulled.
  const goesFirst = state.plan.images.toSorted((a, b) => Number(b.action === 'delete') - Number(a.action === 'delete'));
  for (const { digest } of goesFirst) if (!(await to.store.hasManifest(to.repository, digest)) && (await state.isThere(digest))) return;
  const { registry, repository } = state.place;
  const name = to.store.label(to.repository);
  throw new ToolError('REGISTRY_ERROR', `${name} has everything that ${registry}/${repository} has, so it may be the same place.`, {
    hint: `If ${name} is ${registry}/${repository} by another name, or a cache of it, copy to another place. If not, all of it is copied \
already: take "copyTo" out of the rule.`,
  });
}
