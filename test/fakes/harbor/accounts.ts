import { HarborError } from './reply.ts';
import type { HarborStore } from './store.ts';

/**
 * An account. `oidc` has a CLI secret, which only a handful of calls take (src/server/middleware/security/oidc_cli.go). Permissions are
 * `resource:action`, by project, or `*` for all of them; an administrator has all.
 */
export interface Account {
  readonly name: string;
  readonly secret: string;
  readonly kind: 'admin' | 'user' | 'robot' | 'oidc';
  readonly projects?: Readonly<Record<string, readonly string[]>>;
  readonly system?: readonly string[];
}

/** What a robot needs to clean up. */
export const CLEANER = [
  'project:read',
  'repository:list',
  'repository:read',
  'repository:pull',
  'artifact:list',
  'artifact:read',
  'artifact:delete',
  'tag:list',
  'tag:delete',
  'immutable-tag:list',
];
/** What everybody may in a public project. */
const PUBLIC = [
  'project:read',
  'repository:list',
  'repository:read',
  'repository:pull',
  'artifact:list',
  'artifact:read',
  'tag:list',
  'accessory:list',
];

const OIDC_PATHS: readonly (readonly [method: string, path: RegExp])[] = [
  ['GET', /^\/api\/version$/],
  ['GET', /^\/api\/v2\.0\/(?:systeminfo|labels|projects)$/],
  ['GET', /^\/api\/v2\.0\/projects\/.*\/repositories$/],
  ['GET', /^\/api\/v2\.0\/projects\/.*\/repositories\/.*\/artifacts$/],
  ['DELETE', /^\/api\/v2\.0\/projects\/.*\/repositories\/.*\/artifacts\/.*\/tags\/.*$/],
  ['GET', /^\/service\/token$/],
  ['', /^\/v2\//],
];

/** Whose request it is, by Basic authentication; undefined for nobody, and for whom Harbor does not know, which is the same to it. */
export function accountOf(
  accounts: readonly Account[],
  authorization: string | undefined,
  method: string,
  path: string,
): Account | undefined {
  const [, sent] = /^basic (.+)$/i.exec(authorization ?? '') ?? [];
  const text = Buffer.from(sent ?? '', 'base64').toString('utf8');
  const account = accounts.find(({ name, secret }) => text === `${name}:${secret}`);
  if (account?.kind !== 'oidc') return account;
  return OIDC_PATHS.some(([verb, pattern]) => (verb === '' || verb === method) && pattern.test(path)) ? account : undefined;
}

export function maySystem(account: Account | undefined, permission: string): boolean {
  return account?.kind === 'admin' || (account?.system ?? []).includes(permission);
}

export function mayProject(store: HarborStore, account: Account | undefined, project: string, permission: string): boolean {
  const known = store.projects.get(project);
  store.askedPermissions.add(permission);
  // An administrator may do everything, even in a project that is not there.
  if (account?.kind === 'admin') return true;
  if (!known) return false;
  if (known.public && PUBLIC.includes(permission)) return true;
  return [...(account?.projects?.[project] ?? []), ...(account?.projects?.['*'] ?? [])].includes(permission);
}

/**
 * Throws 401 for nobody, 403 for somebody, whether the project is there or not (src/server/v2.0/handler/base.go, `RequireProjectAccess`).
 */
export function requireProject(store: HarborStore, account: Account | undefined, project: string, permission: string): void {
  if (mayProject(store, account, project, permission)) return;
  throw account ? new HarborError('FORBIDDEN', 'forbidden') : new HarborError('UNAUTHORIZED', 'unauthorized');
}

export function requireSystem(account: Account | undefined, permission: string): void {
  if (maySystem(account, permission)) return;
  throw account ? new HarborError('FORBIDDEN', account.name) : new HarborError('UNAUTHORIZED', 'unauthorized');
}
