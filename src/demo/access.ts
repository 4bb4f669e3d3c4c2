import { randomUUID } from 'node:crypto';
import type { EmbeddedAuth, EmbeddedUser, RepositoryAccess, SeenRequest } from './registry-options.ts';
import { errorReply, jsonReply, type Reply } from './reply.ts';
import type { Route } from './route.ts';

/** `repository:NAME:ACTIONS` or `registry:catalog:*` (distribution, docs/content/spec/auth/scope.md). */
interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

const SERVICE = 'embedded-registry';

/** Lets requests through or turns them away with a challenge. */
export interface Gate {
  /** The refusal of a request; undefined where it may go on. `url` is the registry's own. */
  refuse(request: SeenRequest, route: Route, query: URLSearchParams, url: string): Reply | undefined;
  /** The answer of `/token`; undefined where the registry gives out none. */
  token?(request: SeenRequest, query: URLSearchParams): Reply;
  /** All tokens given out so far are expired from now on. */
  expireTokens(): void;
}

export function createGate(auth: EmbeddedAuth | undefined): Gate {
  if (auth?.scheme === 'bearer') return bearerGate(auth);
  return {
    refuse(request) {
      if (!auth || isBasic(request, auth.user, auth.password)) return undefined;
      return errorReply('UNAUTHORIZED', [undefined], { 'www-authenticate': 'Basic realm="embedded registry"' });
    },
    expireTokens() {},
  };
}

function bearerGate(auth: Extract<EmbeddedAuth, { scheme: 'bearer' }>): Gate {
  const tokens = new Map<string, { readonly scopes: readonly Scope[]; readonly until: number }>();
  const seconds = auth.tokenSeconds ?? 300;
  return {
    refuse(request, route, query, url) {
      const needed = neededScopes(request.method, route, query);
      const [, sent] = /^bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
      const token = sent === undefined ? undefined : tokens.get(sent);
      const valid = token !== undefined && token.until > Date.now();
      if (valid && needed.every((scope) => scope.actions.every((action) => allows(token.scopes, scope, action)))) return undefined;
      const error = valid ? 'insufficient_scope' : 'invalid_token';
      const parameters = [
        `realm="${url}/token"`,
        `service="${SERVICE}"`,
        ...(needed.length > 0 ? [`scope="${needed.map(formatScope).join(' ')}"`] : []),
        ...(request.headers.authorization === undefined ? [] : [`error="${error}"`]),
      ];
      return errorReply('UNAUTHORIZED', [needed], { 'www-authenticate': `Bearer ${parameters.join(',')}` });
    },
    token(request, query) {
      if (request.method !== 'GET') return errorReply('UNSUPPORTED');
      const user = auth.users.find(({ name, password }) => isBasic(request, name, password));
      if (!user && request.headers.authorization !== undefined) return errorReply('UNAUTHORIZED');
      const access = user ?? { access: auth.anonymous ?? {} };
      const asked = query
        .getAll('scope')
        .flatMap((text) => text.split(' '))
        .map(parseScope);
      const scopes = asked.map((scope) => ({ ...scope, actions: scope.actions.filter((action) => maySay(access, scope, action)) }));
      const token = randomUUID();
      tokens.set(token, { scopes, until: Date.now() + seconds * 1000 });
      return jsonReply(200, { token, access_token: token, expires_in: seconds, issued_at: new Date().toISOString() });
    },
    expireTokens() {
      tokens.clear();
    },
  };
}

/** What distribution demands for a request (registry/handlers/app.go): deletion needs `delete` alone, a mount also reads its source. */
function neededScopes(method: string, route: Route, query: URLSearchParams): Scope[] {
  if (route.kind === 'catalog') return [{ type: 'registry', name: 'catalog', actions: ['*'] }];
  if (!('repository' in route)) return [];
  const actions = method === 'GET' || method === 'HEAD' ? ['pull'] : method === 'DELETE' ? ['delete'] : ['pull', 'push'];
  const scopes: Scope[] = [{ type: 'repository', name: route.repository, actions }];
  const from = query.get('from');
  if (from !== null) scopes.push({ type: 'repository', name: from, actions: ['pull'] });
  return scopes;
}

function parseScope(text: string): Scope {
  const [first, last] = [text.indexOf(':'), text.lastIndexOf(':')];
  return { type: text.slice(0, first), name: text.slice(first + 1, last), actions: text.slice(last + 1).split(',') };
}

function formatScope({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(',')}`;
}

function allows(scopes: readonly Scope[], { type, name }: Scope, action: string): boolean {
  return scopes.some((scope) => scope.type === type && scope.name === name && scope.actions.includes(action));
}

function maySay(
  user: Pick<EmbeddedUser, 'catalog'> & { readonly access: RepositoryAccess },
  { type, name }: Scope,
  action: string,
): boolean {
  if (type === 'registry') return name === 'catalog' && user.catalog === true;
  const own = Object.hasOwn(user.access, name) ? user.access[name] : user.access['*'];
  return type === 'repository' && (own ?? []).includes(action);
}

function isBasic(request: SeenRequest, name: string, password: string): boolean {
  const [, sent] = /^basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return sent !== undefined && Buffer.from(sent, 'base64').toString('utf8') === `${name}:${password}`;
}
