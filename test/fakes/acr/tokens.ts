import { randomUUID } from 'node:crypto';
import { type Account, ANONYMOUS } from './accounts.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { AcrError, json } from './reply.ts';

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

interface Issued {
  readonly account: Account;
  readonly expires: number;
  /** Of an access token. */
  readonly access?: readonly Access[];
}

const HOUR = 3_600_000;
const REFRESH_MS = 3 * HOUR;
const ACCESS_MS = 75 * 60_000;
const UNAUTHORIZED = 'authentication required, visit https://aka.ms/acr/authorization for more information.';

/** ACR's own token service, `/oauth2/exchange` and `/oauth2/token` (Azure/acr, docs/AAD-OAuth.md). */
export class Tokens {
  /** Milliseconds since the epoch. */
  now: () => number = Date.now;
  readonly #accounts: readonly Account[];
  readonly #abac: boolean;
  readonly #issued = new Map<string, Issued>();
  readonly #anonymous: Account | undefined;

  constructor(accounts: readonly Account[], abac: boolean, anonymousPull: boolean) {
    this.#accounts = accounts;
    this.#abac = abac;
    this.#anonymous = anonymousPull ? ANONYMOUS : undefined;
  }

  /** No token that was given out so far is good any more, or no refresh token. */
  revoke(which: 'all' | 'refresh'): void {
    for (const [token, { access }] of this.#issued) if (which === 'all' || !access) this.#issued.delete(token);
  }

  /** Every token so far. */
  get secrets(): string[] {
    return [...this.#issued.keys()];
  }

  answer(request: Seen, path: string, host: string): Reply {
    const query = new URL(request.path, 'http://any').searchParams;
    const fields = request.method === 'POST' ? new URLSearchParams(request.body.toString('utf8')) : query;
    if (request.method === 'POST' && !String(request.headers['content-type']).startsWith('application/x-www-form-urlencoded'))
      throw new AcrError('INVALID_ARGUMENT', 'the content type is not supported');
    if (fields.get('service') !== host) throw new AcrError('INVALID_ARGUMENT', 'service is not valid');
    return path === '/oauth2/exchange' ? this.#exchange(request, fields) : this.#give(request, fields);
  }

  #exchange(request: Seen, fields: URLSearchParams): Reply {
    if (request.method !== 'POST' || fields.get('grant_type') !== 'access_token')
      throw new AcrError('INVALID_ARGUMENT', 'grant_type is not valid');
    const entraToken = fields.get('access_token') ?? '';
    const account = this.#accounts.find((one) => one.entraToken !== undefined && one.entraToken === entraToken);
    if (!account) throw new AcrError('UNAUTHORIZED', UNAUTHORIZED);
    return json({
      refresh_token: this.#issue(account, REFRESH_MS, this.#abac ? { aad_identity: '00000000-1111-2222-3333-444444444444' } : {}),
    });
  }

  #give(request: Seen, fields: URLSearchParams): Reply {
    const isAnonymous = request.method === 'GET' && request.headers['authorization'] === undefined;
    const account = isAnonymous ? this.#anonymous : request.method === 'POST' ? this.#byRefreshToken(fields) : this.byBasic(request);
    const scopes = fields
      .getAll('scope')
      .flatMap((scope) => scope.split(' '))
      .filter((scope) => scope !== '');
    if (!account || scopes.length === 0) throw new AcrError('UNAUTHORIZED', UNAUTHORIZED);
    const access = scopes.flatMap((scope) => this.#access(account, scope));
    if (access.length === 0) throw new AcrError('UNAUTHORIZED', UNAUTHORIZED);
    return json({ access_token: this.#issue(account, ACCESS_MS, { access }, access) });
  }

  #byRefreshToken(fields: URLSearchParams): Account | undefined {
    if (fields.get('grant_type') !== 'refresh_token') throw new AcrError('INVALID_ARGUMENT', 'grant_type is not valid');
    const issued = this.#issued.get(fields.get('refresh_token') ?? '');
    return issued && issued.access === undefined && issued.expires > this.now() ? issued.account : undefined;
  }

  byBasic(request: Seen): Account | undefined {
    const [, encoded = ''] = /^Basic (.+)$/i.exec(String(request.headers['authorization'] ?? '')) ?? [];
    const [name, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
    return this.#accounts.find((account) => account.name !== undefined && account.name === name && account.secret === rest.join(':'));
  }

  /** What is granted of a scope; in ABAC mode wildcards are passed over in silence. */
  #access(account: Account, scope: string): Access[] {
    if (scope === 'registry:catalog:*') return account.mayListCatalog ? [{ type: 'registry', name: 'catalog', actions: ['*'] }] : [];
    const [, name = '', wanted = ''] = /^repository:(.+):([^:]*)$/.exec(scope) ?? [];
    if (name === '' || (name.includes('*') && this.#abac)) return [];
    const actions = wanted.split(',').filter((action) => action === '*' || account.actionsOn(name).some((one) => one === action));
    return actions.length === 0 ? [] : [{ type: 'repository', name, actions }];
  }

  /** Throws ACR's challenge where a request may not do that. Passwords are taken directly too. */
  authorize(request: Seen, host: string, scheme: string, name: string, action: string): void {
    const header = String(request.headers['authorization'] ?? '');
    const catalog = name === '';
    const scope = catalog ? 'registry:catalog:*' : `repository:${name}:${action}`;
    const detail = [{ Type: catalog ? 'registry' : 'repository', Class: '', Name: catalog ? 'catalog' : name, Action: action }];
    const challenge = (error: string): AcrError =>
      new AcrError('UNAUTHORIZED', UNAUTHORIZED, {
        headers: { 'www-authenticate': `Bearer realm="${scheme}://${host}/oauth2/token",service="${host}",scope="${scope}"${error}` },
        detail,
      });
    if (/^basic /i.test(header)) {
      const account = this.byBasic(request);
      const allowed = account && (catalog ? account.mayListCatalog : account.actionsOn(name).some((one) => one === action));
      if (!allowed) throw challenge('');
      return;
    }
    const issued = this.#issued.get(header.replace(/^Bearer /i, ''));
    if (!issued?.access) throw challenge('');
    if (issued.expires <= this.now()) throw challenge(',error="invalid_token"');
    const granted = issued.access.some(
      (one) => one.name === (catalog ? 'catalog' : name) && (one.actions.includes(action) || one.actions.includes('*')),
    );
    if (!granted) throw challenge(',error="insufficient_scope"');
  }

  /** The answer to `/v2/`: who asks without a token learns where to get one. */
  challenge(host: string, scheme: string): AcrError {
    return new AcrError('UNAUTHORIZED', UNAUTHORIZED, {
      headers: { 'www-authenticate': `Bearer realm="${scheme}://${host}/oauth2/token",service="${host}"` },
    });
  }

  isKnown(request: Seen): boolean {
    return this.byBasic(request) !== undefined || this.#issued.has(String(request.headers['authorization'] ?? '').replace(/^Bearer /i, ''));
  }

  #issue(account: Account, lifetime: number, claims: object, access?: readonly Access[]): string {
    const expires = this.now() + lifetime;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = { jti: randomUUID(), exp: Math.floor(expires / 1000), ...claims };
    const token = [{ alg: 'RS256', typ: 'JWT' }, body, { signed: true }].map(part).join('.');
    this.#issued.set(token, { account, expires, ...(access && { access }) });
    return token;
  }
}
