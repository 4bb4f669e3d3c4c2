import { type Reply, ReplyError, type Seen } from '../shared/messages.ts';
import { apiAccount, type FakeAccount, roleIn, ROLES } from './accounts.ts';
import { apiError, insufficientScope, json } from './reply.ts';
import type { GitlabStore, RailsRepository, StoredProject } from './store.ts';

export interface RestOptions {
  readonly store: GitlabStore;
  readonly accounts: readonly FakeAccount[];
  /** The longest page. */
  readonly pageSize: number;
  readonly hasDatabase: boolean;
  /** It is 18.7 or later. */
  readonly listsTagRules: boolean;
  readonly deletes: boolean;
}

/** Answers `/api/v4`, as far as registries are concerned. */
export function answerRest(request: Seen, url: string, options: RestOptions): Reply {
  const { store } = options;
  const { pathname, searchParams: query } = new URL(request.path, url);
  const [kind = '', key = '', ...rest] = pathname.slice('/api/v4/'.length).split('/').map(decodeURIComponent);
  const inRegistry = rest[0] === 'registry' && rest[1] === 'repositories';
  const account = apiAccount(options.accounts, request, kind === 'projects' && inRegistry);
  if (account && !account.scopes.includes('api')) {
    if (!account.scopes.includes('read_api') && account.kind !== 'job') throw insufficientScope('api read_api');
    if (request.method !== 'GET' && account.kind !== 'job') throw insufficientScope('api');
  }
  const call: RestCall = { ...options, request, url, pathname, query, account };
  if (kind === 'groups' && inRegistry && rest.length === 2) return groupRepositories(key, call);
  const project = kind === 'projects' ? store.project(key) : undefined;
  if (kind !== 'projects') return json(404, { error: '404 Not Found' });
  if (!project || roleIn(account, project.path) === 0) throw apiError(404, '404 Project Not Found');
  if (rest.length === 0) return json(200, projectEntity(project, account));
  if (rest.join('/') === 'registry/protection/tag/rules') return tagRules(project, call);
  if (!inRegistry) return json(404, { error: '404 Not Found' });
  if (roleIn(account, project.path) < ROLES.reporter) throw apiError(403, '403 Forbidden');
  const repositories = store.repositories().filter((one) => one.project === project);
  if (rest.length === 2) return offsetPage(repositories.map(repositoryEntity), call);
  const repository = repositories.find(({ id }) => String(id) === rest[2]);
  if (!repository) throw apiError(404, '404 Not found');
  if (rest[3] !== 'tags') return json(404, { error: '404 Not Found' });
  if (rest.length === 4 && request.method === 'GET') return listTags(repository, call);
  // The call that deletes many at once: nobody here may make it.
  if (rest.length === 4) throw new Error('the bulk call was made');
  return request.method === 'DELETE' ? deleteTag(repository, rest[4]!, call) : tagDetails(repository, rest[4]!, call);
}

interface RestCall extends RestOptions {
  readonly request: Seen;
  readonly url: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly account: FakeAccount | undefined;
}

function groupRepositories(group: string, call: RestCall): Reply {
  const { store, account } = call;
  const projects = store.projects.filter(({ path }) => path.startsWith(`${group}/`));
  if (projects.length === 0 || !account || account.kind === 'job' || (account.role ?? 0) === 0) throw apiError(404, '404 Group Not Found');
  if ((account.role ?? 0) < ROLES.reporter) throw apiError(403, '403 Forbidden');
  return offsetPage(
    store
      .repositories()
      .filter(({ project }) => projects.includes(project))
      .map(repositoryEntity),
    call,
  );
}

function repositoryEntity({ id, project, path, status }: RailsRepository): object {
  return {
    id,
    name: path.slice(project.path.length + 1),
    path,
    project_id: project.id,
    location: `registry.gitlab.example.com/${path}`,
    created_at: '2019-01-10T13:38:57.391Z',
    cleanup_policy_started_at: null,
    status,
  };
}

function projectEntity({ id, path, cleanup }: StoredProject, account: FakeAccount | undefined): object {
  const level = roleIn(account, path);
  return {
    id,
    path_with_namespace: path,
    container_registry_enabled: true,
    ...(cleanup && { container_expiration_policy: cleanup }),
    permissions: { project_access: level > 0 ? { access_level: level, notification_level: 3 } : null, group_access: null },
  };
}

/** Without those by which tags are immutable. */
function tagRules(project: StoredProject, { account, listsTagRules }: RestCall): Reply {
  if (!listsTagRules) return json(404, { error: '404 Not Found' });
  if (roleIn(account, project.path) < ROLES.maintainer) throw apiError(403, '403 Forbidden');
  const mutable = project.rules.filter((rule) => rule.minimum_access_level_for_delete !== null);
  return json(
    200,
    mutable.map((rule, position) => ({ id: position + 1, project_id: project.id, ...rule })),
  );
}

/** Pages by number, with links to the next and others. */
function offsetPage(entries: readonly object[], { query, pageSize, request, url, pathname }: RestCall): Reply {
  const size = Math.min(Number(query.get('per_page') ?? 20), pageSize);
  const page = Number(query.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(entries.length / size));
  const link = (number: number, rel: string): string =>
    `<${origin(request, url)}${pathname}?page=${number}&per_page=${size}>; rel="${rel}"`;
  const links = [...(page < last ? [link(page + 1, 'next')] : []), link(1, 'first'), link(last, 'last')];
  return json(200, entries.slice((page - 1) * size, page * size), {
    link: links.join(', '),
    'x-total': String(entries.length),
    'x-page': String(page),
  });
}

/** The address by which it was asked, as it is behind a proxy that says it. */
function origin({ headers }: Seen, url: string): string {
  return `${new URL(url).protocol}//${String(headers['host'])}`;
}

function listTags(repository: RailsRepository, call: RestCall): Reply {
  const { store, query, request, url, pathname, hasDatabase, pageSize } = call;
  const names = [...store.content(repository).tags.keys()].toSorted();
  const entity = (name: string): object => ({
    name,
    path: `${repository.path}:${name}`,
    location: `registry.gitlab.example.com/${repository.path}:${name}`,
  });
  if (query.get('pagination') !== 'keyset') return offsetPage(names.map(entity), call);
  if (!hasDatabase) throw apiError(405, '405 Method Not Allowed');
  const size = Math.min(Number(query.get('per_page') ?? 20), pageSize);
  const rest = names.filter((name) => name > (query.get('last') ?? ''));
  const page = rest.slice(0, size);
  const next = new URLSearchParams({ pagination: 'keyset', per_page: String(size), sort: 'asc', last: page.at(-1) ?? '' });
  const link = rest.length > size ? { link: `<${origin(request, url)}${pathname}?${next}>; rel="next"` } : {};
  return json(200, page.map(entity), link);
}

/** With a metadata database `created_at` is when the tag was set for the first time, and without one what the image says. */
function tagDetails(repository: RailsRepository, name: string, { store, hasDatabase }: RestCall): Reply {
  const { tags, manifests } = store.content(repository);
  const digest = tags.get(name);
  const manifest = digest && manifests.get(digest);
  if (!manifest || (!hasDatabase && manifest.fields.children.length > 0)) throw apiError(404, '404 Tag Not Found');
  const created = store.createdAt.get(`${repository.path}:${name}`);
  return json(200, {
    name,
    path: `${repository.path}:${name}`,
    digest,
    created_at: hasDatabase && created !== undefined ? new Date(created).toISOString() : null,
    total_size: manifest.fields.blobs.reduce((sum, { size }) => sum + size, 0),
  });
}

function deleteTag(repository: RailsRepository, name: string, { store, account, hasDatabase, deletes }: RestCall): Reply {
  const { tags } = store.content(repository);
  const { project } = repository;
  const role = roleIn(account, project.path);
  // It is judged by what the tag is protected by, and of one that is not there nothing is known (lib/api/…repositories.rb).
  if (role < ROLES.developer || (hasDatabase && !tags.has(name))) throw apiError(403, '403 Forbidden');
  const isProtected = project.rules.some(({ tag_name_pattern: pattern, minimum_access_level_for_delete: least }) => {
    const level = least === null ? Number.POSITIVE_INFINITY : ROLES[least as keyof typeof ROLES];
    return new RegExp(pattern).test(name) && level > role;
  });
  if (isProtected) throw apiError(403, '403 Forbidden - cannot delete protected tag(s)');
  if (!deletes) throw new ReplyError('bad request', json(400, { message: '400 Bad request' }));
  tags.delete(name);
  store.createdAt.delete(`${repository.path}:${name}`);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '200' };
}
