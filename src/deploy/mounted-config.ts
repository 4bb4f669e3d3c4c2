import type { CredentialSource, InUseSource, ListSource, RegistryConfig } from '../config/config.ts';
import { DEFAULT_CONCURRENCY, type Settings } from '../config/settings.ts';

/** A file as it stands in the config folder of a container, by its name there. */
interface MountedFile {
  readonly name: string;
  readonly text: string;
}

/** What a container is given: the config and all that it names, as files in one folder. */
export interface MountedConfig {
  /** The config, as a document. */
  readonly config: object;
  /** The files beside it: policies and certificates of authorities. */
  readonly files: readonly MountedFile[];
  /** The names of environment variables with credentials. */
  readonly variables: readonly string[];
  /** The names of files with credentials in {@link CREDENTIALS_FOLDER}. */
  readonly credentialFiles: readonly string[];
  /** What the config names and the container has not got, each with what to do: "the container will not have …". */
  readonly missing: readonly string[];
}

/** What the settings name, as read. */
export interface SettingsFiles {
  /** Of each policy file, by its path. */
  readonly policies: readonly { readonly path: string; readonly text: string }[];
  /** Of each file of certificates, by its path: its certificates alone. */
  readonly certificates: ReadonlyMap<string, string>;
}

export const CONFIG_FILE = 'regctl.config.yaml';
export const CREDENTIALS_FOLDER = '/run/secrets/regctl';
/** Stands where nothing names a registry, so that what is printed shows where it belongs. */
const PLACEHOLDER: RegistryConfig = { name: 'registry.example.com', url: 'https://registry.example.com' };

/**
 * Puts the settings of this machine into one folder of a container. What runs in the cluster of the container is always read, so that it is
 * protected. Nothing that protects is left out: a source that the container has not got stays in the config, so that a run without it is
 * refused.
 */
export function mountedConfig(settings: Settings, { policies, certificates }: SettingsFiles): MountedConfig {
  const names = new Set([CONFIG_FILE]);
  const files: MountedFile[] = [];
  const mount = (path: string, text: string): string => {
    const name = freeName(names, path);
    files.push({ name, text });
    return name;
  };
  const mounted = policies.map(({ path, text }) => mount(path, text));
  const credentials = { variables: new Set<string>(), files: new Set<string>() };
  const registries = settings.registries.length > 0 ? settings.registries : [PLACEHOLDER];
  const authorities = new Map([...certificates].map(([path, text]) => [path, mount(path, text)]));
  const { inUse, findings, lists, mirrors, maxDeletions, concurrency } = settings;
  return {
    config: {
      registries: Object.fromEntries(registries.map((one) => [one.name, registryOf(one, concurrency, authorities, credentials)])),
      policies: mounted,
      inUse: withOwnCluster(inUse),
      ...(Object.keys(mirrors).length > 0 && { mirrors }),
      ...(findings.length > 0 && { findings: findings.map(({ format, files: file }) => ({ [format]: file })) }),
      ...(Object.keys(lists).length > 0 && { lists }),
      ...(maxDeletions !== undefined && { limits: { maxDeletions } }),
      ...(concurrency !== DEFAULT_CONCURRENCY && { concurrency }),
    },
    files,
    variables: [...credentials.variables],
    credentialFiles: [...credentials.files],
    missing: [
      ...settings.inUse.flatMap((source) => missingFor(source, 'which says what is in use')),
      ...findings.flatMap(({ files: file }) => missingFor({ file }, 'which tells what scanners have found')),
      ...Object.values(settings.lists).flatMap((source) => missingFor(source, 'which has names that rules look up')),
    ],
  };
}

/** A name for a file that is not taken, of the characters that a ConfigMap takes. */
function freeName(names: Set<string>, path: string): string {
  const base = (path.split(/[/\\]/).at(-1) as string).replaceAll(/[^-._a-zA-Z0-9]/g, '-');
  const [, stem, extension] = /^(.+?)(\.[a-zA-Z]+)?$/.exec(base) as unknown as [string, string, string | undefined];
  let name = base;
  for (let number = 2; names.has(name); number++) name = `${stem}-${number}${extension ?? ''}`;
  names.add(name);
  return name;
}

function registryOf(
  { name, auth, settings, caFile, concurrency, ...rest }: RegistryConfig,
  general: number,
  authorities: ReadonlyMap<string, string>,
  credentials: { readonly variables: Set<string>; readonly files: Set<string> },
): object {
  const source = (what: 'username' | 'password', from: CredentialSource): object => {
    if ('env' in from) {
      credentials.variables.add(from.env);
      return { [`${what}Env`]: from.env };
    }
    const file = freeName(credentials.files, `${name}.${what}`);
    return { [`${what}File`]: `${CREDENTIALS_FOLDER}/${file}` };
  };
  if (!auth) for (const variable of ['REGISTRY_USER', 'REGISTRY_PASSWORD']) credentials.variables.add(variable);
  return {
    ...rest,
    ...(auth && {
      auth: {
        ...('text' in auth.username ? { username: auth.username.text } : source('username', auth.username)),
        ...source('password', auth.password),
      },
    }),
    ...(caFile !== undefined && { tls: { ca: authorities.get(caFile) } }),
    ...(concurrency !== undefined && concurrency !== general && { concurrency }),
    ...settings,
  };
}

function withOwnCluster(sources: readonly InUseSource[]): readonly InUseSource[] {
  const own = sources.some((source) => 'kubernetes' in source && !source.kubernetes.contexts && source.kubernetes.kubeconfig === undefined);
  return own ? sources : [{ kubernetes: {} }, ...sources];
}

function missingFor(source: InUseSource | ListSource, what: string): string[] {
  const put = 'put it into the image and name it in the config by its whole path';
  if ('file' in source) return [`${source.file}, ${what}: ${put}`];
  if ('command' in source) return [`the program ${source.command[0]}, ${what}: ${put}`];
  if ('git' in source) return [`git for ${source.git.repository}, ${what}: build the image with it`];
  if ('kubernetes' in source && (source.kubernetes.contexts ?? source.kubernetes.kubeconfig) !== undefined)
    return [`the kubeconfig, ${what}: mount it, and name it in KUBECONFIG or in the config`];
  return [];
}
