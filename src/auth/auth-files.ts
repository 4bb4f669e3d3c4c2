import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isNotThere } from '../diagnostics/system-error.ts';
import { type AuthFile, entryCredentials, parseAuthFile } from './auth-file.ts';
import { askHelper } from './credential-helper.ts';
import type { Credentials } from './credentials.ts';
import { helperServer, matchingKeys } from './host-keys.ts';

/** Whose files: the environment may name others than those in the home folder. */
export interface AuthFilesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** The auth files of this user, read once and when first asked. */
export interface AuthFiles {
  /** `host` as `canonicalHost` writes it. Throws `ToolError` `AUTH` for a file that is broken and a helper that fails. */
  find(host: string, repository?: string): Promise<Credentials | undefined>;
}

/**
 * The auth files in the order in which they are searched. A file that DOCKER_CONFIG or REGISTRY_AUTH_FILE names comes before one in its
 * usual place, and Docker's before Podman's (containers-auth.json(5)). The first file that has credentials for the host is used.
 */
export function authFilePaths({ env, home }: AuthFilesOptions): string[] {
  const named = (name: string) => env[name] || undefined;
  const docker = join(named('DOCKER_CONFIG') ?? join(home, '.docker'), 'config.json');
  const podman = named('REGISTRY_AUTH_FILE');
  if (podman !== undefined) return named('DOCKER_CONFIG') === undefined ? [podman, docker] : [docker, podman];
  const runtime = named('XDG_RUNTIME_DIR');
  const user = process.getuid?.();
  return [
    docker,
    ...(runtime !== undefined
      ? [join(runtime, 'containers', 'auth.json')]
      : user !== undefined
        ? [`/run/containers/${user}/auth.json`]
        : []),
    join(named('XDG_CONFIG_HOME') ?? join(home, '.config'), 'containers', 'auth.json'),
    join(home, '.dockercfg'),
  ];
}

export function readAuthFiles(options: AuthFilesOptions): AuthFiles {
  let files: Promise<AuthFile[]> | undefined;
  /**
   * The answer of each helper and the content of each entry, so that nothing is asked twice and the same credentials are the same object.
   */
  const answers = new Map<string, Promise<Credentials | undefined>>();
  const once = (key: string, ask: () => Promise<Credentials | undefined>): Promise<Credentials | undefined> => {
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = ask();
      answers.set(key, answer);
    }
    return answer;
  };

  const findIn = async (file: AuthFile, host: string, repository: string | undefined): Promise<Credentials | undefined> => {
    const keys = matchingKeys(Object.keys(file.auths), host, repository);
    const [helperKey] = matchingKeys(Object.keys(file.credHelpers), host, repository);
    const helper = helperKey === undefined ? file.credsStore : file.credHelpers[helperKey];
    // Docker takes an empty name as the plain file, whatever "credsStore" says (docker/cli, getConfiguredCredentialStore).
    if (helper !== undefined && helper !== '') {
      const server = helperServer(host, Object.keys(file.auths));
      const found = await once(`${helper}\n${server}`, () => askHelper(helper, server, options.env));
      if (found !== undefined) return found;
    }
    for (const key of keys) {
      const found = await once(`${file.path}\n${key}`, async () => entryCredentials(file, key));
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return {
    async find(host, repository) {
      files ??= readAll(options);
      for (const file of await files) {
        const found = await findIn(file, host, repository);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** What the variable DOCKER_AUTH_CONFIG holds, as GitLab's runners and docker/cli have it, and then the files. */
async function readAll(options: AuthFilesOptions): Promise<AuthFile[]> {
  const inVariable = options.env['DOCKER_AUTH_CONFIG'];
  const files: AuthFile[] = inVariable ? [parseAuthFile('DOCKER_AUTH_CONFIG', inVariable)] : [];
  for (const path of authFilePaths(options)) {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      if (isNotThere(cause)) continue;
      throw new ToolError('AUTH', `The auth file ${path} cannot be read (${String((cause as NodeJS.ErrnoException).code)}).`, {
        hint: 'Check its permissions, or name another with DOCKER_CONFIG or REGISTRY_AUTH_FILE.',
        cause,
      });
    }
    files.push(parseAuthFile(path, text));
  }
  return files;
}
