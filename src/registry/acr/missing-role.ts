import type { Credentials } from '../../auth/credentials.ts';
import { isOfAbacRegistry } from './token-claims.ts';

/** What a request is for, and who may do it. */
interface Right {
  /** An action of a token scope that only this right has. */
  readonly action: RegExp;
  readonly roles: string;
  readonly abacRoles: string;
  /** Of a scope map. */
  readonly actions: string;
}

const CONTRIBUTOR = 'Container Registry Repository Contributor';

/**
 * The roles for each need; the first that fits counts. Source: learn.microsoft.com, container-registry-rbac-built-in-roles-overview and
 * container-registry-repository-scoped-permissions.
 */
const RIGHTS: readonly Right[] = [
  {
    action: /^registry:catalog:/,
    roles: 'AcrPull',
    abacRoles: 'Container Registry Repository Catalog Lister',
    actions: 'none: a token with a scope map lists no repositories, so name them, as host/repository or in the policy',
  },
  {
    action: /[:,]delete\b/,
    roles: 'AcrPull and AcrDelete',
    abacRoles: CONTRIBUTOR,
    actions: 'content/read, metadata/read and content/delete',
  },
  {
    action: /[:,]push\b/,
    roles: 'AcrPush',
    abacRoles: 'Container Registry Repository Writer',
    actions: 'content/read, metadata/read and content/write',
  },
  { action: /[:,]pull\b/, roles: 'AcrPull', abacRoles: 'Container Registry Repository Reader', actions: 'content/read and metadata/read' },
];

/** What whoever has these credentials needs for a request with these scopes, as a hint. */
export function missingRole(scopes: readonly string[], credentials: Credentials): string {
  const right = RIGHTS.find(({ action }) => scopes.some((scope) => action.test(scope)));
  if (!right) return 'Check that these credentials are right and have not expired.';
  const { roles, abacRoles, actions } = right;
  if ('username' in credentials) {
    return (
      `Check the password. The admin user may do everything; a token with a scope map needs the actions ${actions}; ` +
      `a service principal the role ${roles} (in ABAC mode: ${abacRoles}).`
    );
  }
  if ('identityToken' in credentials && isOfAbacRegistry(credentials.identityToken)) {
    return (
      `Give the identity the role "${abacRoles}": the registry is in ABAC mode, where AcrPull, AcrDelete, and even Owner, give ` +
      'no right to its repositories.'
    );
  }
  return (
    `Give the identity the role ${roles} on the registry. If the registry is in ABAC mode (RBAC Registry + ABAC Repository ` +
    `Permissions), "${abacRoles}" instead.`
  );
}
