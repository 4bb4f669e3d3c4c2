import { ToolError } from '../../diagnostics/tool-error.ts';
import { isRepositoryName } from '../../domain/reference.ts';

/** A repository as Docker Hub names it. */
export interface HubPlace {
  readonly namespace: string;
  readonly name: string;
}

/** Official images are named without a slash, and are in this namespace. */
const LIBRARY = 'library';

/**
 * The place of a repository: `nginx` is `library/nginx`. Throws `NOT_FOUND` for what cannot be the name of one. `label` is for the error.
 */
export function placeOf(repository: string, label: string): HubPlace {
  const parts = repository.split('/');
  const [namespace = '', name = ''] = parts.length === 1 ? [LIBRARY, repository] : parts;
  if (isRepositoryName(repository) && parts.length <= 2) return { namespace, name };
  throw new ToolError('NOT_FOUND', `There is no repository ${label}: repositories on Docker Hub are named NAMESPACE/NAME.`, {
    hint: `Name one, or all of a namespace: ${label}/**.`,
  });
}
