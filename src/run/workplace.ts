import { type Config, loadConfig, type RegistryConfig } from '../config/config.ts';
import { chooseRegistry, resolveSettings, type Settings } from '../config/settings.ts';
import type { InUse } from '../domain/in-use.ts';
import { aliasesOf } from '../registry/image-names.ts';
import type { Context } from '../cli/options.ts';
import { type Scope, scopeOf } from './scope.ts';
import { parseTarget, type Target } from './targets.ts';

/** The settings of a run, and what it is about. */
export interface Workplace {
  readonly settings: Settings;
  /** By the names of the registries; those of the config where the command line names none. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** The registries that the user has named, on the command line or in the config: credentials of the environment are for these alone. */
  readonly named: readonly RegistryConfig[];
  /** The hosts of these, by their names: first that of the URL, then others of the same registry. */
  readonly hosts: InUse['hosts'];
}

interface Flags {
  readonly policy?: readonly string[];
  readonly registry?: readonly string[];
  readonly inUse?: readonly string[];
  readonly maxDeletions?: string;
  readonly concurrency?: string;
}

/** Reads the config, lays environment and flags over it, and the words of the command line. Throws `CONFIG_INVALID`, `FILE` and `USAGE`. */
export async function openWorkplace(words: readonly string[], flags: Flags, context: Context): Promise<Workplace> {
  const { io } = context;
  const config = await loadConfig(io.cwd, io.env);
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
    hosts: Object.fromEntries(named.map(({ name, url }) => [name, hostsOf(new URL(url).host)])),
  };
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
