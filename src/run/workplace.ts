import { type Config, loadConfig, type RegistryConfig } from '../config/config.ts';
import { chooseRegistry, type ConnectionFlags, resolveSettings, type Settings } from '../config/settings.ts';
import type { InUse } from '../domain/in-use.ts';
import { aliasesOf } from '../registry/image-names.ts';
import { REGISTRY_TYPES } from '../registry/types.ts';
import type { Context } from './context.ts';
import { type Scope, scopeOf } from './scope.ts';
import { parseTarget, type Target } from './targets.ts';

/** The settings of a run, and what it is about. */
export interface Workplace {
  readonly settings: Settings;
  /** The scope of each registry, by the registry's name. Without a target, every registry of the config. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** The registries that the user named, on the command line or in the config. Credentials of the environment are sent to these alone. */
  readonly named: readonly RegistryConfig[];
  /** Those of them that no config names, as they are given on a command line. */
  readonly unlisted: readonly string[];
  /** The hosts of these registries, by the registries' names: first that of the URL, then others of the same registry. */
  readonly hosts: InUse['hosts'];
}

interface Flags extends ConnectionFlags {
  readonly policy?: readonly string[];
  readonly registry?: readonly string[];
  readonly inUse?: readonly string[];
  readonly maxDeletions?: string;
  readonly concurrency?: string;
  readonly rate?: string;
  readonly cacheDir?: string;
  readonly cache?: boolean;
}

/** Reads the config, applies environment and flags, and parses the targets. Throws `CONFIG_INVALID`, `FILE` and `USAGE`. */
export async function openWorkplace(words: readonly string[], flags: Flags, context: Context): Promise<Workplace> {
  const { io } = context;
  const config = await loadConfig(io.cwd, io.env, REGISTRY_TYPES);
  const targets = [
    ...words.map((word) => parseTarget(word, config.registries)),
    ...(flags.registry ?? []).map((registry): Target => ({ registry })),
  ];
  const settings = resolveSettings({ ...flags, registry: targets.map(({ registry }) => registry) }, io.env, config);
  const named = [...config.registries, ...settings.registries];
  return {
    settings,
    scopes: scopes(targets, settings, config),
    named,
    unlisted: unlistedRegistries(settings, config, flags),
    hosts: hostsOfRegistries(named),
  };
}

/** The registries of a run that its config does not name, each as a word of a command line that means the same registry. */
function unlistedRegistries({ registries }: Settings, config: Config, flags: ConnectionFlags): string[] {
  const unlisted = registries.filter(({ name }) => config.registries.every((known) => known.name !== name));
  return unlisted.map(({ name, url }) => (chooseRegistry(name, config.registries, flags).url === url ? name : url));
}

/** The hosts of registries, by the registries' names: first that of the URL, then others of the same registry. */
export function hostsOfRegistries(registries: readonly RegistryConfig[]): InUse['hosts'] {
  return Object.fromEntries(registries.map(({ name, url }) => [name, hostsOf(new URL(url).host)]));
}

/** The host of a registry, first, and its others, such as the FIPS host of the same service. */
function hostsOf(host: string): string[] {
  return [...new Set([host, ...aliasesOf({ host, path: 'any' }).map((other) => other.host)])];
}

function scopes(targets: readonly Target[], settings: Settings, { registries }: Config): Map<string, Scope> {
  if (targets.length === 0) return new Map(settings.registries.map(({ name }) => [name, scopeOf([undefined])]));
  const byName = new Map<string, (string | undefined)[]>();
  for (const { registry, repositories } of targets) {
    const { name } = chooseRegistry(registry, registries);
    byName.set(name, [...(byName.get(name) ?? []), repositories]);
  }
  return new Map([...byName].map(([name, all]) => [name, scopeOf(all)]));
}
