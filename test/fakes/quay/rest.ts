import type { Digest } from '../../../src/domain/digest.ts';
import { type Reply, ReplyError, type Seen } from '../shared/messages.ts';
import { json, problem } from './reply.ts';
import { Immutable, type QuayStore, type StoredRepository, type TagRow } from './store.ts';

/** An OAuth2 application's token. `repo:write` lets read too. */
export interface FakeAccount {
  readonly token: string;
  readonly scopes: readonly string[];
  /** The namespaces in which its user may see everything; default all. In others, nothing is shown. */
  readonly sees?: readonly string[];
}

export interface RestOptions {
  readonly store: QuayStore;
  readonly accounts: readonly FakeAccount[];
  /** Repositories a page. */
  readonly repositoriesPage: number;
  readonly pullStatistics: boolean;
  readonly securityScanner: boolean;
  readonly autoPrune: boolean;
  readonly immutability: boolean;
}

const INCLUDED: Readonly<Record<string, readonly string[]>> = {
  'repo:read': ['repo:read', 'repo:write', 'repo:admin'],
  'repo:write': ['repo:write', 'repo:admin'],
};
const PATHS = [
  '/repository',
  '/repository/{repository}',
  '/repository/{repository}/manifest/{manifestref}',
  '/repository/{repository}/tag/',
  '/repository/{repository}/tag/{tag}',
  '/repository/{repository}/tag/{tag}/restore',
  '/organization/{orgname}',
];
const PULLS = '/repository/{repository}/manifest/{manifestref}/pull_statistics';
const SECURITY = '/repository/{repository}/manifest/{manifestref}/security';
const POLICIES = ['/repository/{repository}/autoprunepolicy/', '/organization/{orgname}/autoprunepolicy/'];
const IMMUTABILITY = '/repository/{repository}/immutabilitypolicy/';

/** Answers `/api/v1`. */
export function answerRest(request: Seen, options: RestOptions): Reply {
  const { store } = options;
  const { method, headers } = request;
  if (/mozilla/i.test(String(headers['user-agent'])) && headers['x-requested-with'] === undefined)
    return json(400, { error: 'API calls must be invoked with an X-Requested-With header if called from a browser' });
  const url = new URL(request.path, 'http://quay');
  const path = url.pathname.slice('/api/v1'.length);
  if (path === '/discovery') return json(200, { swagger: '2.0', paths: pathsOf(options) });
  const account = accountOf(headers['authorization'], options);
  const may = (scope: string, name: string): boolean =>
    sees(account, name) && (INCLUDED[scope] ?? [scope]).some((one) => account.scopes.includes(one));
  const need = (scope: string, name: string): void => {
    if (may(scope, name) || (scope === 'repo:read' && store.repositories.get(name)?.isPublic)) return;
    if (!account) throw problem(401, 'invalid_token', 'Requires authentication');
    throw problem(403, 'insufficient_scope', 'Unauthorized');
  };
  if (path === '/repository' && method === 'GET') return json(200, listRepositories(url.searchParams, account, options));
  const organization = /^\/organization\/([^/]+)(\/autoprunepolicy\/)?$/.exec(path);
  if (organization && method === 'GET') {
    const found = store.organizations.get(organization[1]!);
    if (!found || found.isUser) throw problem(404, 'not_found', 'Not Found');
    if (organization[2] === undefined) return json(200, { name: organization[1], tag_expiration_s: found.tagExpirationS });
    if (!options.autoPrune) return unknownPath();
    need('org:admin', organization[1]!);
    return json(200, { policies: found.policies });
  }
  const [, name = '', rest = ''] =
    /^\/repository\/(.+?)((?:\/tag\/|\/manifest\/sha256:|\/autoprunepolicy\/|\/immutabilitypolicy\/).*)?$/.exec(path) ?? [];
  const repository = store.repositories.get(name);
  if (name === '') return unknownPath();
  if (!repository)
    throw store.organizations.has(name.split('/')[0]!) && sees(account, name) ? problem(404, 'not_found', 'Not Found') : refusal(account);
  if (rest === '' && method === 'GET') {
    need('repo:read', name);
    return json(
      200,
      describe(repository, options, (scope) => may(scope, name)),
    );
  }
  if (rest === '/autoprunepolicy/' && options.autoPrune && method === 'GET') {
    need('repo:admin', name);
    return json(200, { policies: repository.policies });
  }
  if (rest === '/immutabilitypolicy/' && options.immutability && method === 'GET') {
    need('repo:admin', name);
    return json(200, { policies: repository.immutability });
  }
  const [, digest, statistics] = /^\/manifest\/(sha256:[0-9a-f]{64})(\/pull_statistics)?$/.exec(rest) ?? [];
  if (digest !== undefined && method === 'GET' && (statistics === undefined || options.pullStatistics)) {
    need('repo:read', name);
    return json(200, describeManifest(repository, digest as Digest, { store, statistics: statistics !== undefined }));
  }
  const [, scanned = ''] = /^\/manifest\/(sha256:[0-9a-f]{64})\/security$/.exec(rest) ?? [];
  if (scanned !== '' && method === 'GET' && options.securityScanner) {
    need('repo:read', name);
    return securityOf(repository, scanned, url.searchParams.get('vulnerabilities') === 'true');
  }
  if (rest === '/tag/' && method === 'GET') {
    need('repo:read', name);
    return json(200, listTags(repository, url.searchParams, store));
  }
  const [, tag = '', restore] = /^\/tag\/([\w][\w.-]{0,127})(\/restore)?$/.exec(rest) ?? [];
  if (tag === '' || method !== (restore === undefined ? 'DELETE' : 'POST')) return unknownPath();
  need('repo:write', name);
  if (repository.state !== 'NORMAL') return json(503, { message: `Repository is in read only or mirror mode: ${repository.state}` });
  try {
    if (restore === undefined) {
      if (!store.deleteTag(repository, tag)) throw problem(404, 'not_found', 'Not Found');
      return json(204);
    }
    const wanted = (JSON.parse(request.body.toString('utf8') || '{}') as { manifest_digest?: Digest }).manifest_digest;
    if (wanted === undefined) throw problem(400, 'invalid_request', 'Missing manifest_digest');
    if (!repository.manifests.has(wanted)) throw problem(404, 'not_found', 'Not Found');
    store.setTag(repository, tag, wanted, true);
    return json(200, {});
  } catch (error) {
    if (error instanceof Immutable)
      throw problem(409, 'tag_immutable', `Cannot ${restore ? 'overwrite' : 'delete'} immutable tag '${tag}'`);
    throw error;
  }
}

function unknownPath(): Reply {
  return { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><title>404 Not Found</title></html>' };
}

function refusal(account: FakeAccount | undefined): ReplyError {
  return account ? problem(403, 'insufficient_scope', 'Unauthorized') : problem(401, 'invalid_token', 'Requires authentication');
}

function pathsOf({ pullStatistics, autoPrune, immutability, securityScanner }: RestOptions): object {
  const paths = [
    ...PATHS,
    ...(pullStatistics ? [PULLS] : []),
    ...(autoPrune ? POLICIES : []),
    ...(immutability ? [IMMUTABILITY] : []),
    ...(securityScanner ? [SECURITY] : []),
  ];
  return Object.fromEntries(paths.map((path) => [`/api/v1${path}`, {}]));
}

/** Nothing but a token of an application is taken. Any other login counts as none, and what needs none is answered. */
function accountOf(authorization: string | string[] | undefined, { accounts }: RestOptions): FakeAccount | undefined {
  return accounts.find(({ token }) => authorization === `Bearer ${token}`);
}

/** True of an account whose user may see what is in the namespace of a name. */
function sees(account: FakeAccount | undefined, name: string): account is FakeAccount {
  return account !== undefined && account.sees?.includes(name.split('/')[0]!) !== false;
}

/**
 * Not protected by scopes; nothing is listed of a namespace that is not there, and public repositories are not listed to others. A mark
 * that is not known leads to the first page.
 */
function listRepositories(query: URLSearchParams, account: FakeAccount | undefined, { store, repositoriesPage }: RestOptions): object {
  if (!['namespace', 'starred', 'public'].some((name) => query.has(name)))
    throw problem(400, 'invalid_request', 'namespace, starred or public are required for this API call');
  const own = [...store.repositories.values()].filter(({ name }) => name.startsWith(`${query.get('namespace')}/`) && sees(account, name));
  const first = Number(/^after-(\d+)$/.exec(query.get('next_page') ?? '')?.[1] ?? 0);
  const next = first + repositoriesPage;
  return {
    repositories: own.slice(first, next).map(({ name, isPublic, kind, state }) => ({
      namespace: name.split('/')[0],
      name: name.split('/').slice(1).join('/'),
      description: null,
      is_public: isPublic,
      kind,
      state,
      quota_report: null,
    })),
    ...(next < own.length && { next_page: `after-${next}` }),
  };
}

function describe({ name, kind, state, isPublic }: StoredRepository, { store }: RestOptions, may: (scope: string) => boolean): object {
  const [namespace, ...rest] = name.split('/');
  return {
    namespace,
    name: rest.join('/'),
    kind,
    description: null,
    is_public: isPublic,
    is_organization: !store.organization(namespace!).isUser,
    is_starred: false,
    tag_expiration_s: store.organization(namespace!).tagExpirationS,
    is_free_account: true,
    state,
    can_write: may('repo:write'),
    can_admin: may('repo:admin'),
  };
}

/** A scan as Clair has it; what the scanner does not answer is an error of Quay's own (endpoints/exception.py, DownstreamIssue). */
function securityOf(repository: StoredRepository, digest: string, vulnerabilities: boolean): Reply {
  const manifest = repository.manifests.get(digest as Digest);
  if (!manifest) throw problem(404, 'not_found', 'Not Found');
  const { status = 'queued', found = [] } = manifest.scan ?? {};
  if (status === 'unreachable') return json(520, { message: 'the scanner does not answer', error_type: 'downstream_issue' });
  const feature = { Name: 'openssl', Version: '1.0', ...(vulnerabilities && { Vulnerabilities: found }) };
  return json(200, { status, data: status === 'scanned' ? { Layer: { Name: digest, Features: [feature] } } : null });
}

function describeManifest(
  repository: StoredRepository,
  digest: Digest,
  { store, statistics }: { readonly store: QuayStore; readonly statistics: boolean },
): object {
  const manifest = repository.manifests.get(digest);
  if (!manifest || !store.reachable(repository, ({ hidden }) => !hidden).has(digest)) throw problem(404, 'not_found', 'Not Found');
  const { bytes, json: content, pulls, lastPull } = manifest;
  if (statistics)
    return {
      manifest_digest: digest,
      manifest_pull_count: pulls,
      last_manifest_pull_date: lastPull === undefined ? null : rfc2822(lastPull),
    };
  return {
    digest,
    is_manifest_list: content.manifests !== undefined,
    manifest_data: bytes.toString('utf8'),
    config_media_type: content.config?.mediaType ?? null,
    layers_compressed_size: content.layers?.reduce((sum, { size }) => sum + size, 0) ?? 0,
    layers: null,
  };
}

/** Pages of at most 100, the newest first; tags that are over are left out only where that is asked for. */
function listTags(repository: StoredRepository, query: URLSearchParams, store: QuayStore): object {
  const asked = Number(query.get('limit') ?? 50);
  if (Number.isNaN(asked)) throw new ReplyError('limit', json(400, { message: { limit: 'invalid literal' } }));
  const limit = Math.min(100, Math.max(1, asked));
  const page = Math.max(1, Number(query.get('page') ?? 1));
  const only = query.get('specificTag');
  const rows = (query.get('onlyActiveTags') === 'true' ? store.alive(repository) : repository.rows.toReversed())
    .filter(({ hidden, name }) => !hidden && (only === null || name === only))
    .toSorted((a, b) => b.start - a.start);
  return {
    tags: rows.slice((page - 1) * limit, page * limit).map((row) => describeTag(row, repository)),
    page,
    has_additional: rows.length > page * limit,
  };
}

function describeTag({ name, digest, reversion, start, end, immutable }: TagRow, { manifests }: StoredRepository): object {
  const content = manifests.get(digest)?.json;
  const isIndex = content?.manifests !== undefined;
  return {
    name,
    reversion,
    start_ts: Math.floor(start / 1000),
    manifest_digest: digest,
    is_manifest_list: isIndex,
    size: isIndex ? null : (content?.layers ?? []).reduce((sum, { size }) => sum + size, 0),
    last_modified: rfc2822(start),
    immutable,
    ...(end !== undefined && { end_ts: Math.floor(end / 1000), expiration: rfc2822(end) }),
  };
}

/** `Sat, 28 Nov 2026 12:00:52 -0000` */
function rfc2822(time: number): string {
  return new Date(time).toUTCString().replace('GMT', '-0000');
}
