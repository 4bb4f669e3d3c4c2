import type { RegistryConfig } from '../config/config.ts';
import { chooseRegistry, type ConnectionFlags, type Settings } from '../config/settings.ts';
import type { CopyTarget } from '../policy/copy-target.ts';
import type { Policy } from '../policy/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { CopyPlaces } from './deciding-policies.ts';
import { parseTarget } from './targets.ts';
import type { Workplace } from './workplace.ts';

/** Finds the places that the words of rules and flags copy to, among the registries of the config and by their hosts. */
export class CopyTargets implements CopyPlaces {
  readonly #workplace: Workplace;
  readonly #flags: ConnectionFlags;

  constructor(workplace: Workplace, flags: ConnectionFlags) {
    this.#workplace = workplace;
    this.#flags = flags;
  }

  /** Throws `USAGE` where there is no such registry. */
  targetOf(copyTo: string): CopyTarget {
    return this.#find(copyTo).target;
  }

  /** The same with the URL by which the opened registry is known in documents. */
  targetIn(registries: ReadonlyMap<string, Registry>, copyTo: string): CopyTarget {
    const target = this.targetOf(copyTo);
    const url = registries.get(target.registry)?.url;
    return url === undefined ? target : { ...target, url };
  }

  isRead(registry: string): boolean {
    return this.#workplace.scopes.has(registry);
  }

  /** The registries of a run with those that its policies copy to, and `to` besides. */
  opened(policies: readonly Policy[], to: string | undefined): Settings['registries'] {
    const { registries, withLimits } = this.#workplace.settings;
    const words = [...(to === undefined ? [] : [to]), ...policies.flatMap(({ copying }) => copying.map(({ copyTo }) => copyTo))];
    const others = new Map(words.map((copyTo) => this.#find(copyTo).registry).map((registry) => [registry.name, registry]));
    for (const { name } of registries) others.delete(name);
    return [...registries, ...[...others.values()].map(withLimits)];
  }

  #find(copyTo: string): { readonly target: CopyTarget; readonly registry: RegistryConfig } {
    const { named } = this.#workplace;
    const { registry: text, repositories: prefix = '' } = parseTarget(copyTo, named);
    const registry = chooseRegistry(text, named, this.#flags);
    return { target: { registry: registry.name, url: registry.url, prefix }, registry };
  }
}
