import { readFile } from 'node:fs/promises';
import { rememberSecret } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { readAuthFiles } from './auth-files.ts';
import type { CredentialConfig, Credentials } from './credentials.ts';
import { canonicalHost } from './docker-hub.ts';

export interface CredentialResolverOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  /**
   * Every registry that the user named, on the command line or in the config, by `host[:port]`, with what the config says about its
   * credentials (`{}` if it says nothing). REGISTRY_USER and REGISTRY_PASSWORD are sent to these hosts and to no other.
   */
  readonly configured: ReadonlyMap<string, CredentialConfig>;
}

/** Finds credentials. Answers the same object each time for the same credentials. */
export interface CredentialResolver {
  /**
   * The credentials for `host[:port]`, or for one repository of that host. Undefined if there are none. Throws `ToolError` `AUTH` for
   * credentials that exist but cannot be used: one half of a pair, a variable or file that is missing, a broken auth file, a helper that
   * fails. Such a case never counts as "no credentials".
   */
  resolve(host: string, repository?: string): Promise<Credentials | undefined>;
}

/** Looks in the config, then in REGISTRY_USER and REGISTRY_PASSWORD, then in the auth files of Docker and Podman with their helpers. */
export function createCredentialResolver(options: CredentialResolverOptions): CredentialResolver {
  const { env } = options;
  const configured = new Map([...options.configured].map(([host, config]) => [canonicalHost(host), config]));
  const fixed = new Map<string, Promise<Credentials | undefined>>();
  const files = readAuthFiles(options);
  const find = async (name: string, repository: string | undefined): Promise<Credentials | undefined> => {
    let own = fixed.get(name);
    if (own === undefined) {
      own = ofConfig(configured.get(name), name, env);
      fixed.set(name, own);
    }
    return (await own) ?? (await files.find(name, repository));
  };
  // Every request asks for them.
  const found = new Map<string, Promise<Credentials | undefined>>();
  return {
    resolve(host, repository) {
      const key = `${host} ${repository ?? ''}`;
      let credentials = found.get(key);
      if (credentials === undefined) {
        credentials = find(canonicalHost(host), repository);
        found.set(key, credentials);
      }
      return credentials;
    },
  };
}

async function ofConfig(
  config: CredentialConfig | undefined,
  host: string,
  env: CredentialResolverOptions['env'],
): Promise<Credentials | undefined> {
  if (config === undefined) return undefined;
  const username = config.username ?? (await ofVariableOrFile(config.usernameEnv, config.usernameFile, host, env));
  const password = await ofVariableOrFile(config.passwordEnv, config.passwordFile, host, env);
  if (username !== undefined && password !== undefined) return pair(username, password, 'the config');
  if (username !== undefined || password !== undefined) {
    throw new ToolError(
      'AUTH',
      `The config names ${username === undefined ? 'a password but no user' : 'a user but no password'} for ${host}.`,
      {
        hint: 'Name both, as usernameEnv and passwordEnv or as usernameFile and passwordFile, or neither.',
      },
    );
  }
  return ofEnvironment(env);
}

async function ofVariableOrFile(
  variable: string | undefined,
  file: string | undefined,
  host: string,
  env: CredentialResolverOptions['env'],
): Promise<string | undefined> {
  if (variable !== undefined) {
    const value = env[variable] ?? '';
    if (value !== '') return value;
    throw new ToolError('AUTH', `The config takes credentials for ${host} from the environment variable ${variable}, which is not set.`, {
      hint: `Set ${variable}, or take it out of the config.`,
    });
  }
  return file === undefined ? undefined : readCredentialFile(file, host);
}

/**
 * Reads a user name or password from a file, without the line break at its end. Throws `ToolError` `AUTH` if the file is empty or cannot be
 * read.
 */
async function readCredentialFile(path: string, host: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ToolError(
      'AUTH',
      `The config takes credentials for ${host} from ${path}, which cannot be read (${String((cause as NodeJS.ErrnoException).code)}).`,
      {
        hint: 'Check the path and its permissions, or take it out of the config.',
        cause,
      },
    );
  }
  const value = text.replace(/\r?\n$/, '');
  if (value !== '') return value;
  throw new ToolError('AUTH', `The config takes credentials for ${host} from ${path}, which is empty.`, {
    hint: 'Write the user name or password into it, or take it out of the config.',
  });
}

function ofEnvironment(env: CredentialResolverOptions['env']): Credentials | undefined {
  const username = env['REGISTRY_USER'] ?? '';
  const password = env['REGISTRY_PASSWORD'] ?? '';
  if (username === '' && password === '') return undefined;
  if (username !== '' && password !== '') return pair(username, password, 'REGISTRY_USER and REGISTRY_PASSWORD');
  const [set, missing] = username === '' ? ['REGISTRY_PASSWORD', 'REGISTRY_USER'] : ['REGISTRY_USER', 'REGISTRY_PASSWORD'];
  if (password !== '') rememberSecret(password);
  throw new ToolError('AUTH', `${set} is set but ${missing} is not; one is of no use without the other.`, {
    hint: `Set ${missing} as well, or unset ${set}.`,
  });
}

function pair(username: string, password: string, source: string): Credentials {
  rememberSecret(password);
  return { username, password, source };
}
