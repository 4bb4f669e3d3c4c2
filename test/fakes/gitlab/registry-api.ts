import { randomUUID } from 'node:crypto';
import { answerRequest, type RegistryCore } from '../../../src/demo/answer-request.ts';
import { createGate } from '../../../src/demo/access.ts';
import { type Reply, ReplyError, type Seen } from '../shared/messages.ts';
import { type FakeAccount, roleIn, ROLES } from './accounts.ts';
import { json } from './reply.ts';
import type { GitlabStore } from './store.ts';

interface RegistryApiOptions {
  readonly store: GitlabStore;
  readonly accounts: readonly FakeAccount[];
  /** The registry's own URL, and that of the GitLab that gives out its tokens. */
  readonly url: string;
  readonly apiUrl: string;
  readonly hasDatabase: boolean;
  readonly deletes: boolean;
  /** Token of `/jwt/auth`, with what it lets do: `team/app:pull`. */
  readonly grants: Map<string, ReadonlySet<string>>;
}

const VERSION = '4.27.0-gitlab';

/** Answers `/v2/`. Only who is logged in is told the version. */
export function answerRegistryApi(request: Seen, options: RegistryApiOptions): Reply {
  const { store, grants, apiUrl, url, hasDatabase, deletes } = options;
  const { pathname } = new URL(request.path, url);
  const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(pathname)?.[1] ?? '';
  const action = request.method === 'DELETE' ? 'delete' : ['GET', 'HEAD'].includes(request.method) ? 'pull' : 'push';
  const granted = grants.get(String(request.headers['authorization']).replace(/^Bearer /, ''));
  if (!granted || (name !== '' && !granted.has(`${name}:${action}`))) {
    const scope = name === '' ? '' : `,scope="repository:${name}:${action}"`;
    const error = granted ? ',error="insufficient_scope"' : '';
    const challenge = `Bearer realm="${apiUrl}/jwt/auth",service="container_registry"${scope}${error}`;
    return json(401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }, { 'www-authenticate': challenge });
  }
  if (pathname === '/v2/')
    return json(
      200,
      {},
      {
        'gitlab-container-registry-version': VERSION,
        'gitlab-container-registry-features': 'tag_delete',
        'gitlab-container-registry-database-enabled': String(hasDatabase),
      },
    );
  const core: RegistryCore = {
    storage: store.registry,
    gate: createGate(undefined),
    url,
    options: { referrersApi: false, catalog: false, deleteEnabled: deletes },
  };
  const reply = answerRequest(core, { ...request, headers: request.headers as never });
  const tag = /\/manifests\/([^/:]+)$/.exec(pathname)?.[1];
  if (request.method === 'PUT' && reply.status === 201 && tag !== undefined && !store.createdAt.has(`${name}:${tag}`))
    store.createdAt.set(`${name}:${tag}`, Date.now());
  return reply as Reply;
}

/** Answers `/jwt/auth`: gives a token for what may be done of what was asked for, silently less. */
export function answerTokenRequest(request: Seen, { store, accounts, grants, apiUrl }: RegistryApiOptions): Reply {
  const account = basicAccount(accounts, request);
  const { searchParams: query } = new URL(request.path, apiUrl);
  const allowed = new Set<string>();
  for (const scope of query.getAll('scope')) {
    const [, name = '', actions = ''] = /^repository:(.+):([^:]*)$/.exec(scope) ?? [];
    const project = store.projects
      .filter(({ path }) => name === path || name.startsWith(`${path}/`))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
    if (!project || query.get('service') !== 'container_registry') continue;
    for (const action of actions.split(',')) if (may(account, project.path, action)) allowed.add(`${name}:${action}`);
  }
  const token = randomUUID();
  grants.set(token, allowed);
  return json(200, { token });
}

/** As app/services/auth/container_registry_authentication_service.rb: to delete takes a maintainer, or the job of the project. */
function may(account: FakeAccount | undefined, project: string, action: string): boolean {
  if (!account) return false;
  const role = roleIn(account, project);
  const writes = account.scopes.includes('api') || account.scopes.includes('write_registry');
  if (action === 'pull') return role >= ROLES.reporter || account.kind === 'deploy';
  if (action === 'push') return writes && (role >= ROLES.developer || account.kind === 'deploy');
  return action === 'delete' && (account.kind === 'job' ? role > 0 : account.kind === 'access' && writes && role >= ROLES.maintainer);
}

function basicAccount(accounts: readonly FakeAccount[], { headers }: Seen): FakeAccount | undefined {
  if (headers['authorization'] === undefined) return undefined;
  const [user = '', ...rest] = Buffer.from(String(headers['authorization']).replace(/^Basic /, ''), 'base64')
    .toString('utf8')
    .split(':');
  const found = accounts.find(({ token, kind }) => token === rest.join(':') && (kind === 'job') === (user === 'gitlab-ci-token'));
  if (found) return found;
  const message = 'HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect.';
  throw new ReplyError(message, json(401, { errors: [{ code: 'UNAUTHORIZED', message }] }));
}
