import type { Reply, Seen } from '../shared/messages.ts';
import { json, problem } from './reply.ts';
import type { GhcrStore, StoredPackage, StoredVersion } from './store.ts';

/** Somebody with a token. */
export interface FakeAccount {
  readonly token: string;
  readonly login: string;
  /** Of a classic token; undefined for the token of a workflow, of which GitHub tells none. */
  readonly scopes?: readonly string[];
  /** Has the role Admin on every package. */
  readonly isAdmin: boolean;
}

export interface RestOptions {
  readonly store: GhcrStore;
  readonly accounts: readonly FakeAccount[];
  /** The longest page that is answered; GitHub's is 100. */
  readonly maxPage: number;
  /** Requests that are left in this hour, and when it ends, in seconds since the epoch. */
  readonly budget: { remaining: number; reset: number };
}

const MOST_DOWNLOADS = 5000;

/** Answers the REST API, below its own address, as far as packages go. */
export function answerRest(request: Seen, options: RestOptions): Reply {
  const account = accountOf(request, options);
  const { budget } = options;
  const limit = {
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': String(Math.max(0, budget.remaining - 1)),
    'x-ratelimit-reset': String(budget.reset),
    'x-ratelimit-resource': 'core',
  };
  if (budget.remaining <= 0) throw problem(403, `API rate limit exceeded for user ID 1 (${account.login}).`, limit);
  budget.remaining -= 1;
  const scopes = { ...(account.scopes && { 'x-oauth-scopes': account.scopes.join(', '), 'x-accepted-oauth-scopes': '' }) };
  try {
    const reply = answerAs(account, request, options);
    return { ...reply, headers: { ...reply.headers, ...limit, ...scopes } };
  } catch (error) {
    if (error instanceof Error && 'reply' in error) {
      const { reply } = error as { reply: Reply };
      return { ...reply, headers: { ...reply.headers, ...limit, ...scopes } };
    }
    throw error;
  }
}

function accountOf({ headers }: Seen, { accounts }: RestOptions): FakeAccount {
  const token = /^(?:Bearer|token) (.+)$/i.exec(String(headers['authorization'] ?? ''))?.[1];
  if (token === undefined) throw problem(401, 'Requires authentication');
  const account = accounts.find((one) => one.token === token);
  if (!account) throw problem(401, 'Bad credentials');
  return account;
}

function answerAs(account: FakeAccount, request: Seen, options: RestOptions): Reply {
  const { store } = options;
  const url = new URL(request.path, 'http://github');
  const path = url.pathname.slice('/api/v3'.length);
  const { method } = request;
  if (path === '/user' && method === 'GET') {
    if (account.scopes === undefined) throw problem(403, 'Resource not accessible by integration');
    return json(200, { login: account.login, id: 1, type: 'User' });
  }
  const someone = /^\/users\/([^/]+)$/.exec(path)?.[1];
  if (someone !== undefined && method === 'GET') {
    const known = [...store.packages.values()].some(({ owner }) => owner === someone);
    if (!known && !store.users.has(someone)) throw problem(404, 'Not Found');
    return json(200, { login: someone, id: 2, type: store.users.has(someone) ? 'User' : 'Organization' });
  }
  const [, kind, named, rest = ''] = /^\/(orgs|users|user)(?:\/([^/]+))?\/packages(\/.*)?$/.exec(path) ?? [];
  const owner = kind === 'user' ? account.login : named;
  if (kind === undefined || owner === undefined || (kind === 'orgs') === store.users.has(owner)) throw problem(404, 'Not Found');
  if (rest === '' && method === 'GET') {
    need(account, 'read:packages', 'list packages');
    if (url.searchParams.get('package_type') !== 'container') throw problem(400, 'Invalid argument.');
    const own = [...store.packages.values()].filter((one) => one.owner === owner);
    return page(own.map(describePackage), request, url, options);
  }
  const [, name = '', versions, id, restore] = /^\/container\/([^/]+)(\/versions(?:\/(\d+)(\/restore)?)?)?$/.exec(rest) ?? [];
  const stored = store.packages.get(`${owner}/${decodeURIComponent(name)}`);
  need(account, 'read:packages', "get a package's versions");
  if (!stored) throw problem(404, 'Package not found.');
  if (versions === undefined) {
    if (method !== 'GET') throw problem(403, 'this fake never deletes a whole package');
    return json(200, describePackage(stored));
  }
  if (id === undefined) return page(listVersions(stored, url, options), request, url, options);
  const version = stored.versions.find((one) => String(one.id) === id);
  if (method === 'GET' && restore === undefined) {
    if (!version || version.deletedAt !== undefined) throw problem(404, 'Package not found.');
    return json(200, describeVersion(version, stored));
  }
  if (method === 'DELETE' && restore === undefined) return deleteVersion(account, stored, version, options);
  if (method !== 'POST' || restore === undefined) throw problem(404, 'Not Found');
  need(account, 'write:packages', 'restore a package version');
  if (!account.isAdmin || !version || !store.restore(stored, version)) throw problem(404, 'Package not found.');
  return json(204);
}

function deleteVersion(account: FakeAccount, stored: StoredPackage, version: StoredVersion | undefined, { store }: RestOptions): Reply {
  need(account, 'delete:packages', 'delete a package version');
  if (!account.isAdmin || !version || version.deletedAt !== undefined) throw problem(404, 'Package not found.');
  if (stored.visibility === 'public' && version.downloads > MOST_DOWNLOADS) {
    throw problem(
      400,
      'Publicly visible package versions with more than 5000 downloads cannot be deleted. Contact GitHub support for further assistance.',
    );
  }
  if (version.tags.size > 0 && store.alive(stored).filter(({ tags }) => tags.size > 0).length === 1)
    throw problem(400, 'You cannot delete the last tagged version of a package. You must delete the package instead.');
  store.delete(version);
  return json(204);
}

function need({ scopes }: FakeAccount, scope: string, what: string): void {
  if (scopes === undefined || scopes.includes(scope) || (scope === 'read:packages' && scopes.includes('write:packages'))) return;
  throw problem(403, `You need at least ${scope} scope to ${what}.`);
}

/** The newest first, by number of the page. */
function listVersions(stored: StoredPackage, url: URL, { store }: RestOptions): object[] {
  const wanted =
    url.searchParams.get('state') === 'deleted' ? stored.versions.filter(({ deletedAt }) => deletedAt !== undefined) : store.alive(stored);
  return wanted.toReversed().map((version) => describeVersion(version, stored));
}

function page(all: readonly object[], { headers }: Seen, url: URL, { maxPage }: RestOptions): Reply {
  const size = Math.min(maxPage, 100, Math.max(1, Number(url.searchParams.get('per_page') ?? 30)));
  const number = Math.max(1, Number(url.searchParams.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(all.length / size));
  const to = (other: number): string => {
    const query = new URLSearchParams(url.searchParams);
    query.set('page', String(other));
    return `http://${headers['host']}${url.pathname}?${query}`;
  };
  const links = [
    ...(number < last ? [`<${to(number + 1)}>; rel="next"`, `<${to(last)}>; rel="last"`] : []),
    ...(number > 1 ? [`<${to(1)}>; rel="first"`, `<${to(number - 1)}>; rel="prev"`] : []),
  ];
  return json(200, all.slice((number - 1) * size, number * size), links.length === 0 ? {} : { link: links.join(', ') });
}

function describePackage({ owner, name, visibility, versions }: StoredPackage): object {
  return {
    id: 1,
    name,
    package_type: 'container',
    owner: { login: owner },
    version_count: versions.length,
    visibility,
    url: `https://api.github.com/orgs/${owner}/packages/container/${encodeURIComponent(name)}`,
  };
}

function describeVersion(version: StoredVersion, { owner, name }: StoredPackage): object {
  return {
    id: version.id,
    name: version.digest,
    url: `https://api.github.com/orgs/${owner}/packages/container/${encodeURIComponent(name)}/versions/${version.id}`,
    created_at: seconds(version.createdAt),
    updated_at: seconds(version.updatedAt),
    metadata: { package_type: 'container', container: { tags: [...version.tags] } },
    ...(version.deletedAt !== undefined && { deleted_at: seconds(version.deletedAt) }),
  };
}

/** `2025-01-20T12:00:00Z` */
function seconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
