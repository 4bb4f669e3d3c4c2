import path from 'node:path';
import { readSource, type Source } from '../diagnostics/source.ts';
import { type Problem, SourceError } from '../diagnostics/source-error.ts';
import { type ConfigFile, configFile, type ReportFormat, type RegistrySpec, unknownRegistryKey, settingsOf } from './config-schema.ts';
import type { Environment } from './environment.ts';
import { findConfig, PACKAGE_KEY } from './find-config.ts';
import type { RegistrySettings } from './registry-settings.ts';
import { parseRegistryUrl } from './registry-url.ts';
import { isProblems, LONGEST_FILE, readYaml } from './yaml-source.ts';

/** Where a user name or password comes from. Read when it is needed, never kept. */
export type CredentialSource = { readonly env: string } | { readonly file: string };

export interface RegistryConfig {
  readonly name: string;
  /** Base URL, without credentials or final slash. */
  readonly url: string;
  /** The name of its type. */
  readonly type?: string;
  /** Without encryption to a host that is not this machine, because the config says so. */
  readonly plainHttp?: true;
  readonly auth?: { readonly username: CredentialSource | { readonly text: string }; readonly password: CredentialSource };
  /** The settings that only some types of registry have, by their keys in the config. Each type knows its own. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** File of certificate authorities to trust, PEM. */
  readonly caFile?: string;
  readonly concurrency?: number;
  /** The most requests in a second. */
  readonly rate?: number;
}

/** Where AWS runs something, and whose permissions are used; without regions that of the environment or the profile. */
interface AwsWorkloads {
  readonly profile?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly regions?: readonly string[];
}

/** A source of what is in use, by its kind. One that names no image is an error unless it says that it may be empty. */
export type InUseSource = { readonly mayBeEmpty?: true } & (
  | { readonly file: string }
  /** A program and its arguments. A relative program with a slash was relative to the config; one without is on the PATH. */
  | { readonly command: readonly string[] }
  /** Contexts of a kubeconfig; without them the current one, or the cluster that the program runs in. */
  | { readonly kubernetes: { readonly kubeconfig?: string; readonly contexts?: readonly string[] } }
  | { readonly ecs: AwsWorkloads }
  | { readonly lambda: AwsWorkloads }
);

/** A source of a list of names that exist, by its kind. A repository of Git tells its branches and tags, or those of `refs` alone. */
export type ListSource =
  | { readonly git: { readonly repository: string; readonly refs?: readonly ('branches' | 'tags')[] } }
  | { readonly file: string }
  | { readonly command: readonly string[] };

/** Reports of a scanner: the file, or those that a glob matches. */
export interface ReportSource {
  readonly format: ReportFormat;
  readonly files: string;
}

/**
 * A config. Its files are as the working directory sees them: a relative path in it was relative to the config.
 *
 * It may come from the repository that the program runs in, so it is trusted like that repository's own scripts: it may name hosts, and
 * the variables and files with the credentials for them. Credentials go to hosts that the config or the command line names and to no
 * other; nothing from the environment is ever put into a host or a file name.
 */
export interface Config {
  /** Where the config was found; absent if there is none. */
  readonly file?: string;
  readonly registries: readonly RegistryConfig[];
  readonly policies: readonly string[];
  readonly inUse: readonly InUseSource[];
  /** Where the reports are that tell what scanners have found. */
  readonly findings: readonly ReportSource[];
  /** Lists of names that exist, such as branches, which the rules of policies look up by the names of the lists. */
  readonly lists: Readonly<Record<string, ListSource>>;
  /** What a mirror's `host[/path]` stands for: a registry's name, or `host[/path]`. */
  readonly mirrors: Readonly<Record<string, string | readonly string[]>>;
  readonly maxDeletions?: number;
  readonly journalDir?: string;
  readonly cacheDir?: string;
  /** False: there is no cache. */
  readonly cache?: false;
  readonly concurrency?: number;
  /** The most requests to one registry in a second. */
  readonly rate?: number;
}

/**
 * Reads the config: the file that `REGCTL_CONFIG` names, or the nearest one (see {@link findConfig}). Its registries may be of the given
 * types and have the settings of these. Throws `CONFIG_INVALID` with everything that is wrong in it ({@link SourceError}), and `FILE` where
 * it cannot be read.
 */
export async function loadConfig(cwd: string, environment: Environment, types: readonly RegistrySettings[]): Promise<Config> {
  const named = environment['REGCTL_CONFIG'];
  const source = named ? await readSource(path.resolve(cwd, named), { what: 'config', maxBytes: LONGEST_FILE }) : await findConfig(cwd);
  if (!source) return { registries: [], policies: [], inUse: [], findings: [], lists: {}, mirrors: {} };
  // Plans name the files of their policies: relative paths keep them the same on every machine.
  const file = named && path.isAbsolute(named) ? named : path.relative(cwd, source.file);
  const locate = (inner: string): string => (path.isAbsolute(inner) ? inner : path.join(path.dirname(file), inner));
  return { file, ...toConfig(parseConfig({ ...source, file }, types), types, locate) };
}

function parseConfig(source: Source, types: readonly RegistrySettings[]): ConfigFile {
  const inPackage = path.basename(source.file) === 'package.json';
  const result = readYaml(source, configFile(types), { unknownKey: unknownRegistryKey, ...(inPackage && { root: [PACKAGE_KEY] }) });
  if (isProblems(result)) throw configError(result);
  return result.data;
}

function configError(problems: readonly Problem[]): SourceError {
  return new SourceError('CONFIG_INVALID', problems, { hint: 'Correct the config; nothing was planned and nothing was deleted.' });
}

function toConfig(file: ConfigFile, types: readonly RegistrySettings[], locate: (file: string) => string): Config {
  const {
    registries = {},
    policies = [],
    inUse = [],
    findings = [],
    lists = {},
    mirrors = {},
    limits,
    journalDir,
    cacheDir,
    cache,
    concurrency,
    rate,
  } = file;
  return {
    registries: Object.entries(registries).map(([name, spec]) => toRegistry(name, spec, types, locate)),
    policies: policies.map(locate),
    inUse: inUse.map((source) => toInUse(source, locate)),
    findings: findings.flatMap((source) =>
      Object.entries(source).map(([format, files]) => ({ format: format as ReportFormat, files: locate(files as string) })),
    ),
    lists: Object.fromEntries(Object.entries(lists).map(([name, source]) => [name, toList(source, locate)])),
    mirrors,
    ...(limits?.maxDeletions !== undefined && { maxDeletions: limits.maxDeletions }),
    ...(journalDir !== undefined && { journalDir: locate(journalDir) }),
    ...(cacheDir !== undefined && { cacheDir: locate(cacheDir) }),
    ...(cache !== undefined && { cache }),
    ...(concurrency !== undefined && { concurrency }),
    ...(rate !== undefined && { rate }),
  };
}

function toInUse(spec: NonNullable<ConfigFile['inUse']>[number], locate: (file: string) => string): InUseSource {
  const { file, command, kubernetes, ecs, lambda, mayBeEmpty } = spec;
  const { kubeconfig, ...contexts } = kubernetes ?? {};
  return {
    ...(file !== undefined && { file: locate(file) }),
    ...(command && { command: locateCommand(command, locate) }),
    ...(kubernetes && { kubernetes: { ...contexts, ...(kubeconfig !== undefined && { kubeconfig: locate(kubeconfig) }) } }),
    ...(ecs && { ecs }),
    ...(lambda && { lambda }),
    ...(mayBeEmpty && { mayBeEmpty }),
  } as InUseSource;
}

function toList({ git, file, command }: NonNullable<ConfigFile['lists']>[string], locate: (file: string) => string): ListSource {
  if (file !== undefined) return { file: locate(file) };
  if (command) return { command: locateCommand(command, locate) };
  const { repository = '', refs } = git ?? {};
  // As Git has it: a text with a ":" before the first "/" is the address of another machine.
  const isFolder = !/^[^/]*:/.test(repository);
  return { git: { repository: isFolder ? locate(repository) : repository, ...(refs && { refs }) } };
}

function locateCommand(command: readonly string[], locate: (file: string) => string): string[] {
  return command.map((word, index) => (index === 0 && word.includes('/') ? locateProgram(word, locate) : word));
}

/** A program in the working directory keeps its slash: without one it would be looked for on the PATH. */
function locateProgram(file: string, locate: (file: string) => string): string {
  const located = locate(file);
  return located.includes('/') ? located : `./${located}`;
}

function toRegistry(
  name: string,
  spec: RegistrySpec,
  types: readonly RegistrySettings[],
  locate: (file: string) => string,
): RegistryConfig {
  const keys = Object.keys(settingsOf(types));
  const settings = Object.entries(spec).filter(([key, value]) => keys.includes(key) && value !== undefined);
  const address = parseRegistryUrl(spec.url, spec.plainHttp);
  if ('problem' in address) throw new TypeError('the schema lets no such address pass');
  return {
    name,
    url: address.url,
    ...(spec.type && { type: spec.type }),
    ...(spec.plainHttp && { plainHttp: true }),
    ...(spec.auth && { auth: toAuth(spec.auth, locate) }),
    ...(settings.length > 0 && { settings: Object.fromEntries(settings) }),
    ...(spec.tls && { caFile: locate(spec.tls.ca) }),
    ...(spec.concurrency !== undefined && { concurrency: spec.concurrency }),
    ...(spec.rate !== undefined && { rate: spec.rate }),
  };
}

function toAuth(auth: NonNullable<RegistrySpec['auth']>, locate: (file: string) => string): NonNullable<RegistryConfig['auth']> {
  const from = (env: string | undefined, file: string | undefined): CredentialSource =>
    env === undefined ? { file: locate(file ?? '') } : { env };
  return {
    username: auth.username === undefined ? from(auth.usernameEnv, auth.usernameFile) : { text: auth.username },
    password: from(auth.passwordEnv, auth.passwordFile),
  };
}
