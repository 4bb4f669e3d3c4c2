import type { Seen } from '../shared/messages.ts';
import { apiError } from './reply.ts';

/** Numbers of roles, as lib/gitlab/access.rb has them. */
export const ROLES = { reporter: 20, developer: 30, maintainer: 40, owner: 50, admin: 60 } as const;

/** Whoever has a token. */
export interface FakeAccount {
  readonly token: string;
  readonly kind: 'access' | 'job' | 'deploy';
  /** `api`, `read_api`, `read_registry`, `write_registry` */
  readonly scopes: readonly string[];
  /** Role in every project; none where it is in none. */
  readonly role?: number;
  /** The only project of a job token. */
  readonly project?: string;
}

/** May do everything but change the settings of the server. */
export const MAINTAINER: FakeAccount = { token: 'glpat-maintainer-0815', kind: 'access', scopes: ['api'], role: ROLES.maintainer };

/**
 * The account that a request to the API is of. Job tokens are taken by the paths of registries alone; elsewhere their header means nothing.
 * Deploy tokens are not taken at all.
 */
export function apiAccount(accounts: readonly FakeAccount[], { headers }: Seen, takesJobs: boolean): FakeAccount | undefined {
  const given = (name: string): string | undefined => (headers[name] === undefined ? undefined : String(headers[name]));
  const job = takesJobs ? given('job-token') : undefined;
  const token = given('private-token') ?? given('authorization')?.replace(/^Bearer /, '') ?? job;
  if (token === undefined) return undefined;
  const found = accounts.find((account) => account.token === token && account.kind === (token === job ? 'job' : 'access'));
  if (!found) throw apiError(401, '401 Unauthorized');
  return found;
}

/** The role of an account in a project. */
export function roleIn(account: FakeAccount | undefined, project: string): number {
  if (!account || (account.project !== undefined && account.project !== project)) return 0;
  return account.role ?? 0;
}
