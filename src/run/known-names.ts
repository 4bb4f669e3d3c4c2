import { loadConfig } from '../config/config.ts';
import { loadPolicies } from '../config/policy-source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isRepositoryName } from '../domain/reference.ts';
import { REGISTRY_TYPES } from '../registry/types.ts';
import type { Context } from './context.ts';

/**
 * The registries of the config, and the repositories that its policies name, as `registry/repository`. No registry is asked. Of a config
 * or a policy that is wrong, nothing is known.
 */
export async function knownNames({
  io,
}: Context): Promise<{ readonly registries: readonly string[]; readonly repositories: readonly string[] }> {
  try {
    const config = await loadConfig(io.cwd, io.env, REGISTRY_TYPES);
    const registries = config.registries.map(({ name }) => name);
    const loaded = await loadPolicies(config.policies, undefined, io.signal).catch(() => []);
    const repositories = loaded.flatMap(({ spec }) =>
      (spec.registries ?? registries).flatMap((registry) =>
        (spec.repositories ?? []).filter(isRepositoryName).map((name) => `${registry}/${name}`),
      ),
    );
    return { registries, repositories: [...new Set(repositories)] };
  } catch (error) {
    if (error instanceof ToolError) return { registries: [], repositories: [] };
    throw error;
  }
}
