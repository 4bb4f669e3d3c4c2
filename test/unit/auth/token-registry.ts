import { json, type LoopbackServer, type Seen, startServer } from '../http/loopback-server.ts';

/** What the fake does otherwise than usual; may be changed while it runs. */
export interface TokenRegistryRules {
  /** Passwords by user. */
  users: Record<string, string>;
  identityTokens: string[];
  /** What anybody is granted of a scope's actions; the rest is left out silently, as token servers do. Default: all. */
  grant: (user: string | undefined, resource: string, action: string) => boolean;
  /** Further fields of the token answer, or another answer altogether. */
  tokenAnswer: (token: string) => unknown;
  /** The scopes that a request to the registry demands. Default: distribution's (registry/handlers/app.go). */
  demands: (seen: Seen) => string[];
  /** Parameters of the challenge beside the usual ones. */
  challenge: string;
  /** Does the registry take its tokens? */
  accepts: boolean;
}

export interface TokenRegistry {
  readonly url: string;
  readonly rules: TokenRegistryRules;
  readonly registry: LoopbackServer;
  readonly tokens: LoopbackServer;
  /** `METHOD /path` of all that reached the registry. */
  asked(): string[];
  /** The scopes of each token request. */
  scopes(): string[][];
  /** No token so far is good any more. */
  revoke(): void;
}

/** A registry and its token server (distribution, docs/content/spec/auth/token.md and oauth.md), two servers of their own. */
export async function startTokenRegistry(change: Partial<TokenRegistryRules> = {}): Promise<TokenRegistry> {
  const rules: TokenRegistryRules = {
    users: { alice: 'wonderland' },
    identityTokens: [],
    grant: () => true,
    tokenAnswer: (token) => ({ token, expires_in: 300 }),
    demands,
    challenge: '',
    accepts: true,
    ...change,
  };
  const issued = new Map<string, string[]>();
  const tokens = await startServer((seen, response, nth) => {
    const user = authenticate(seen, rules);
    if (user === null)
      return json(response, 401, { details: `incorrect username or password: ${seen.headers.authorization ?? seen.body}` });
    const scopes = scopesOf(seen).map((scope) => {
      const colon = scope.lastIndexOf(':');
      return scope
        .slice(colon + 1)
        .split(',')
        .filter((action) => rules.grant(user, scope.slice(0, colon), action))
        .map((action) => `${scope.slice(0, colon)}:${action}`);
    });
    const token = `secret-token-${nth}-for-${scopes.flat().length}-rights`;
    issued.set(token, scopes.flat());
    return json(response, 200, rules.tokenAnswer(token));
  });
  const registry = await startServer((seen, response) => {
    const wanted = rules.demands(seen);
    const rights = issued.get(seen.headers.authorization?.replace(/^Bearer /, '') ?? '');
    const enough = wanted.every((scope) => rights?.includes(scope));
    if (rights !== undefined && enough && rules.accepts) return json(response, 200, {});
    const scope = wanted.length === 0 ? '' : `,scope="${wanted.join(' ')}"`;
    const error = rights === undefined || !rules.accepts ? '' : ',error="insufficient_scope"';
    response.setHeader('www-authenticate', `Bearer realm="${tokens.url}/token",service="fake"${scope}${error}${rules.challenge}`);
    return json(response, 401, {
      errors: [{ code: 'UNAUTHORIZED', message: `authentication required for ${seen.headers.authorization ?? 'nobody'}` }],
    });
  });
  return {
    url: registry.url,
    rules,
    registry,
    tokens,
    asked: () => registry.requests.map(({ method, path }) => `${method} ${path}`),
    scopes: () => tokens.requests.map(scopesOf),
    revoke: () => issued.clear(),
  };
}

function demands({ method, path }: Seen): string[] {
  if (path === '/v2/_catalog') return ['registry:catalog:*'];
  const repository = /^\/v2\/(.+)\/(?:tags|manifests|blobs)\//.exec(path)?.[1];
  if (repository === undefined) return [];
  const action = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' }[method] ?? 'push';
  return [`repository:${repository}:${action}`];
}

function scopesOf(seen: Seen): string[] {
  if (seen.method === 'POST') return (new URLSearchParams(seen.body).get('scope') ?? '').split(' ').filter(Boolean);
  return new URL(seen.path, 'http://x').searchParams.getAll('scope');
}

/** The user, undefined for nobody, null for somebody unknown. */
function authenticate(seen: Seen, rules: TokenRegistryRules): string | undefined | null {
  if (seen.method === 'POST')
    return rules.identityTokens.includes(new URLSearchParams(seen.body).get('refresh_token') ?? '') ? 'identity' : null;
  const [, encoded] = /^Basic (.+)$/.exec(seen.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [user = '', password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return rules.users[user] === password ? user : null;
}
