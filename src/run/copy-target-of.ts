import type { RegistryConfig } from '../config/config.ts';
import { chooseRegistry, type ConnectionFlags } from '../config/settings.ts';
import type { CopyTarget } from '../policy/copy-target.ts';
import { parseTarget } from './targets.ts';

/** Where a rule copies to, and the registry that this is in. */
export interface FoundTarget {
  readonly target: CopyTarget;
  readonly registry: RegistryConfig;
}

/**
 * Reads the words of a rule's `copyTo`: a registry of those that are known or a host, and what the names of copies begin with. Throws `USAGE`
 * where there is no such registry.
 */
export function copyTargetOf(copyTo: string, known: readonly RegistryConfig[], flags: ConnectionFlags): FoundTarget {
  const { registry: named, repositories: prefix = '' } = parseTarget(copyTo, known);
  const registry = chooseRegistry(named, known, flags);
  return { target: { registry: registry.name, url: registry.url, prefix }, registry };
}
