import { ToolError } from '../../diagnostics/tool-error.ts';
import { isRepositoryName } from '../../domain/reference.ts';

/** Splits `NAMESPACE/NAME`. Throws `NOT_FOUND` for what cannot be the name of a repository. */
export function splitRepository(repository: string, registry: string): { readonly namespace: string; readonly name: string } {
  const slash = repository.indexOf('/');
  if (slash > 0 && isRepositoryName(repository)) return { namespace: repository.slice(0, slash), name: repository.slice(slash + 1) };
  throw new ToolError('NOT_FOUND', `There is no repository ${registry}/${repository}: in Alibaba Cloud they are named NAMESPACE/NAME.`, {
    hint: `Name one, or all of a namespace: ${registry}/${repository}/**.`,
  });
}
