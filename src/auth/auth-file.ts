import { basename } from 'node:path';
import { rememberSecret } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Credentials } from './credentials.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is used of Docker's `config.json` and Podman's `auth.json`. Entries are looked at when they are needed. */
export interface AuthFile {
  readonly path: string;
  readonly auths: Fields;
  /** Helper names (`docker-credential-<name>`) by host. */
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** Parses an auth file. Throws `ToolError` `AUTH` naming the file; never shows what it holds. */
export function parseAuthFile(path: string, text: string): AuthFile {
  let document: unknown;
  try {
    // An empty file is what `podman logout` and careful scripts leave behind.
    document = text.trim() === '' ? {} : JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // The parser's own message quotes the text, so it is not kept.
    throw broken(path, 'it is not JSON');
  }
  if (!isFields(document)) throw broken(path, 'it does not hold a JSON object');
  // The oldest form, from before 2015, is the list of entries itself (`kubernetes.io/dockercfg` still is).
  const { auths = {}, credHelpers = {}, credsStore }: Fields = basename(path) === '.dockercfg' ? { auths: document } : document;
  if (!isFields(auths)) throw broken(path, '"auths" is not an object');
  if (!isFields(credHelpers) || !Object.values(credHelpers).every((name) => typeof name === 'string'))
    throw broken(path, '"credHelpers" is not an object whose values are names');
  if (credsStore !== undefined && typeof credsStore !== 'string') throw broken(path, '"credsStore" is not a name');
  return {
    path,
    auths,
    credHelpers: credHelpers as Record<string, string>,
    ...(credsStore !== undefined && credsStore !== '' && { credsStore }),
  };
}

/**
 * The credentials that an auth file holds under a key of its `auths`. Undefined for an entry that holds none, as Docker writes it where a
 * helper has the credentials.
 */
export function entryCredentials(file: AuthFile, key: string): Credentials | undefined {
  const entry = file.auths[key];
  if (entry === null) return undefined;
  if (!isFields(entry)) throw broken(file.path, `its entry for ${key} is not an object`);
  const field = (name: string): string => {
    const value = entry[name] ?? '';
    if (typeof value !== 'string') throw broken(file.path, `"${name}" of its entry for ${key} is not a string`);
    return value;
  };
  const source = file.path;
  const registryToken = field('registrytoken');
  if (registryToken !== '') {
    rememberSecret(registryToken);
    return { registryToken, source };
  }
  const identityToken = field('identitytoken');
  if (identityToken !== '') {
    rememberSecret(identityToken);
    return { identityToken, source };
  }
  const auth = field('auth');
  if (auth === '') {
    const [username, password] = [field('username'), field('password')];
    if (password !== '') rememberSecret(password);
    if (username !== '' && password !== '') return { username, password, source };
    if (username === '' && password === '') return undefined;
    throw broken(file.path, `its entry for ${key} has only one of user name and password`);
  }
  rememberSecret(auth);
  const plain = Buffer.from(auth, 'base64').toString('utf8');
  const colon = plain.indexOf(':');
  if (colon <= 0) throw broken(file.path, `"auth" of its entry for ${key} is not user:password in base64`);
  // Docker pads some passwords with zero bytes (docker/cli, decodeAuth).
  const password = plain.slice(colon + 1).replace(/^\0+|\0+$/g, '');
  rememberSecret(password);
  return { username: plain.slice(0, colon), password, source };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(path: string, why: string): ToolError {
  return new ToolError('AUTH', `The auth file ${path} cannot be used: ${why}.`, {
    hint: 'Repair it, log in again, or name another with DOCKER_CONFIG or REGISTRY_AUTH_FILE.',
  });
}
