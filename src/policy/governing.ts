import type { Policy } from './policy.ts';

/** The first policy, in file order, that matches the registry and the repository. */
export function governingPolicy(policies: readonly Policy[], registry: string, repository: string): Policy | undefined {
  return policies.find((policy) => policy.governs(registry, repository));
}
