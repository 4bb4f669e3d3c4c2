import path from 'node:path';
import { didYouMean } from '../diagnostics/nearest.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Config, InUseSource, RegistryConfig } from './config.ts';
import { MOST_CONCURRENCY } from './config-schema.ts';
import type { Environment } from './environment.ts';
import { parseRegistryUrl } from './registry-url.ts';

/** The flags that layer over environment and config, as text from the command line. */
export interface SettingsFlags extends ConnectionFlags {
  readonly policy?: readonly string[];
  readonly registry?: readonly string[];
  readonly inUse?: readonly string[];
  readonly maxDeletions?: string;
  readonly concurrency?: string;
  readonly rate?: string;
  readonly cacheDir?: string;
  /** False under `--no-cache`. */
  readonly cache?: boolean;
}

/** A registry with the most requests at a time, and in a second where that is limited. */
type LimitedRegistry = RegistryConfig & { readonly concurrency: number };

/** What a run works with, every layer applied. */
export interface Settings {
  /** The config that was used. */
  readonly configFile?: string;
  /** The registries asked for, or all of the config, each with its own concurrency filled in. */
  readonly registries: readonly LimitedRegistry[];
  /** A registry with the limits of the requests to it filled in. */
  readonly withLimits: (registry: RegistryConfig) => LimitedRegistry;
  readonly policies: readonly string[];
  readonly inUse: readonly InUseSource[];
  readonly findings: Config['findings'];
  readonly lists: Config['lists'];
  readonly mirrors: Config['mirrors'];
  readonly maxDeletions?: number;
  /** Requests at a time to one registry. */
  readonly concurrency: number;
  /** Undefined where neither a setting nor a home directory says. */
  readonly journalDir: string | undefined;
  /** Undefined there too, and where no cache is wanted. */
  readonly cacheDir: string | undefined;
}

/** How registries are reached, as the command line says. */
export interface ConnectionFlags {
  /** They may be spoken to without TLS, and those that are given without a scheme are. */
  readonly plainHttp?: boolean;
  /** A file of certificate authorities to trust beside the usual ones, PEM. */
  readonly caFile?: string;
}

export const DEFAULT_CONCURRENCY = 8;

/**
 * Flags over environment over config over defaults. A list from a higher layer replaces that of a lower one. Only in-use sources add up: no
 * layer takes away what another protects. Throws `USAGE` for a value that is not valid and for a registry that is not known.
 */
export function resolveSettings(flags: SettingsFlags, environment: Environment, config: Config): Settings {
  const asked = firstList(flags.registry, list(environment, 'REGCTL_REGISTRY')) ?? [];
  const explicit =
    number('--concurrency', flags.concurrency, 1, MOST_CONCURRENCY) ??
    number('REGCTL_CONCURRENCY', set(environment, 'REGCTL_CONCURRENCY'), 1, MOST_CONCURRENCY);
  const concurrency = explicit ?? config.concurrency ?? DEFAULT_CONCURRENCY;
  const rate = perSecond('--rate', flags.rate) ?? perSecond('REGCTL_RATE', set(environment, 'REGCTL_RATE'));
  const registries = asked.length > 0 ? asked.map((text) => chooseRegistry(text, config.registries, flags)) : config.registries;
  const withLimits = (registry: RegistryConfig): LimitedRegistry => {
    const most = rate ?? registry.rate ?? config.rate;
    return {
      ...connected(registry, flags),
      concurrency: explicit ?? registry.concurrency ?? concurrency,
      ...(most !== undefined && { rate: most }),
    };
  };
  const maxDeletions =
    number('--max-deletions', flags.maxDeletions, 0) ??
    number('REGCTL_MAX_DELETIONS', protecting(environment, 'REGCTL_MAX_DELETIONS'), 0) ??
    config.maxDeletions;
  const inUse = [...(flags.inUse ?? []), ...protectingList(environment, 'REGCTL_IN_USE')].map((file) => ({ file }));
  return {
    ...(config.file !== undefined && { configFile: config.file }),
    registries: distinct(registries).map(withLimits),
    withLimits,
    policies: firstList(flags.policy, list(environment, 'REGCTL_POLICY')) ?? config.policies,
    inUse: [...config.inUse, ...inUse],
    findings: config.findings,
    lists: config.lists,
    mirrors: config.mirrors,
    ...(maxDeletions !== undefined && { maxDeletions }),
    concurrency,
    journalDir: set(environment, 'REGCTL_JOURNAL_DIR') ?? config.journalDir ?? userFolder(environment, 'XDG_STATE_HOME', '.local/state'),
    cacheDir: cacheFolder(flags, environment, config),
  };
}

/**
 * The registry that a name of the config, a URL or a host means. A URL that the config has is that registry, with its name and its
 * credentials; another one is called by its host. Throws `USAGE`.
 */
export function chooseRegistry(text: string, known: readonly RegistryConfig[], flags: ConnectionFlags = {}): RegistryConfig {
  const named = known.find(({ name }) => name === text);
  if (named) return named;
  const address = parseRegistryUrl(text, flags.plainHttp);
  // As in an image reference, a word without "." and ":" is not a host, so it is a misspelt name.
  const isAddress = text.includes('://') || /[.:]/.test(text.split('/')[0] ?? '') || text.split('/')[0] === 'localhost';
  if (!isAddress) {
    const hint = known.length > 0 ? `The config has ${known.map(({ name }) => name).join(', ')}.` : 'Give its URL, or name it in a config.';
    throw new ToolError(
      'USAGE',
      `There is no registry named "${text}"${
        didYouMean(
          text,
          known.map(({ name }) => name),
        ) || '.'
      }`,
      { hint },
    );
  }
  if ('problem' in address) {
    throw new ToolError('USAGE', `The registry given is wrong: ${address.problem}.`, {
      hint: 'Give a URL such as https://registry.example.com, or a name from the config.',
    });
  }
  return known.find(({ url }) => url === address.url) ?? { name: address.host, url: address.url };
}

/** A registry that is reached as the flags say. */
export function connected(registry: RegistryConfig, { plainHttp, caFile }: ConnectionFlags): RegistryConfig {
  return { ...registry, ...(plainHttp && { plainHttp }), ...(caFile !== undefined && { caFile }) };
}

function distinct(registries: readonly RegistryConfig[]): RegistryConfig[] {
  return registries.filter((registry, index) => registries.findIndex(({ name }) => name === registry.name) === index);
}

function firstList(...lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  return lists.find((entries) => entries !== undefined && entries.length > 0);
}

/** A variable's value; an empty one counts as not set. */
function set(environment: Environment, name: string): string | undefined {
  return environment[name] || undefined;
}

/** As {@link set}, for a variable that protects: an empty one is more likely a template that was not filled in than a wish. */
function protecting(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  if (value === undefined || value.trim() !== '') return value;
  throw new ToolError('USAGE', `${name} is empty.`, { hint: `Give ${name} a value, or do not set it.` });
}

/** The entries of a variable that protects. An empty one was another variable that is not set: `$STAGE,$PROD`. */
function protectingList(environment: Environment, name: string): string[] {
  const value = protecting(environment, name);
  const entries = value?.split(',').map((entry) => entry.trim()) ?? [];
  if (!entries.includes('')) return entries;
  throw new ToolError('USAGE', `${name} is "${value}": an entry of it is empty.`, { hint: `Correct ${name}: no comma stands alone.` });
}

function list(environment: Environment, name: string): string[] {
  return (environment[name] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function number(origin: string, text: string | undefined, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  throw new ToolError('USAGE', `${origin} is "${text}": expected a whole number, ${range}.`, { hint: `Correct ${origin}.` });
}

function perSecond(origin: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : 0;
  if (value > 0) return value;
  throw new ToolError('USAGE', `${origin} is "${text}": expected a number of requests a second, more than 0.`, {
    hint: `Correct ${origin}.`,
  });
}

function cacheFolder(flags: SettingsFlags, environment: Environment, config: Config): string | undefined {
  if (flags.cache === false) return undefined;
  const named = flags.cacheDir ?? set(environment, 'REGCTL_CACHE_DIR');
  if (named === undefined && config.cache === false) return undefined;
  return named ?? config.cacheDir ?? userFolder(environment, 'XDG_CACHE_HOME', '.cache');
}

/** A folder of the XDG base directory specification, which says that a relative value is to be ignored. */
function userFolder(environment: Environment, variable: string, fallback: string): string | undefined {
  const folder = environment[variable];
  if (folder && path.isAbsolute(folder)) return path.join(folder, 'regprune');
  const home = environment['HOME'] || environment['USERPROFILE'];
  return home ? path.join(home, fallback, 'regprune') : undefined;
}
