import type { Reply, Seen } from '../shared/messages.ts';
import { accountOf, type FakeAccount } from './accounts.ts';
import type { GiteaStore, StoredVersion } from './store.ts';

interface RestOptions {
  readonly store: GiteaStore;
  readonly accounts: readonly FakeAccount[];
  readonly pageSize: number;
  readonly url: string;
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json;charset=utf-8', ...headers }, body: JSON.stringify(body) };
}

function failure(status: number, message: string): Reply {
  return json(status, { message, url: 'http://gitea/api/swagger' });
}

/** Answers `/api/v1/packages`. */
export function answerRest(request: Seen, { store, accounts, pageSize, url }: RestOptions): Reply {
  const { pathname, searchParams: query } = new URL(request.path, url);
  const [owner = '', type = '', name = '', version = ''] = pathname.replace('/api/v1/packages/', '').split('/').map(decodeURIComponent);
  const account = accountOf(accounts, request.headers['authorization']);
  if (account === 'unknown') return failure(401, "user's password is invalid");
  const needed = request.method === 'GET' ? 'read:package' : 'write:package';
  if (account && !account.scopes.some((scope) => scope === needed || scope === 'write:package'))
    return failure(403, `token does not have at least one of required scope(s), required=[${needed}]`);
  if (!accounts.some(({ owners }) => owners.includes(owner))) return failure(404, `user redirect does not exist [name: ${owner}]`);
  if (!account) return failure(401, 'token is required');
  if (type === '') return list(owner, query, store, pageSize);
  const found = store.versions.get(`${owner}/${name}`)?.get(version.toLowerCase());
  if (!found) return failure(404, 'package does not exist');
  if (request.method === 'GET') return json(200, entity(found));
  if (!account.owners.includes(owner)) return failure(403, 'user should have specific permission or be a site admin');
  store.remove(`${owner}/${name}`, version);
  return { status: 204 };
}

/** Pages by number of all versions whose package has the text in its name, the newest first. */
function list(owner: string, query: URLSearchParams, store: GiteaStore, pageSize: number): Reply {
  const size = Math.min(Number(query.get('limit') ?? 30), pageSize);
  const page = Number(query.get('page') ?? 1);
  const all = [...store.versions]
    .filter(([repository]) => repository.startsWith(`${owner}/`))
    .flatMap(([, versions]) => [...versions.values()])
    .filter(({ name }) => name.includes(query.get('q') ?? ''))
    .toSorted((a, b) => b.createdAt - a.createdAt || b.id - a.id);
  return json(200, all.slice((page - 1) * size, page * size).map(entity), { 'x-total-count': String(all.length) });
}

function entity({ id, name, version, createdAt }: StoredVersion): object {
  const seconds = new Date(Math.floor(createdAt / 1000) * 1000).toISOString().replace('.000', '');
  return { id, owner: { id: 1 }, type: 'container', name, version, created_at: seconds };
}
