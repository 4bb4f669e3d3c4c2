import { ToolError } from '../diagnostics/tool-error.ts';
import type { RunState } from './run-state.ts';

/** The error for a registry that deletes the image when it is told to take one tag off. */
export function takesMore(tag: string, { place }: RunState): ToolError {
  const message = `when the tag ${tag} was taken off in ${place.repository} of ${place.registry}, other tags of its image went along`;
  return new ToolError('REGISTRY_ERROR', message, {
    hint: 'this registry cannot take off single tags: use "sharedTags: keep" in the policy',
  });
}
