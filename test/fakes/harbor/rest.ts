import { type Account, maySystem, requireProject, requireSystem } from './accounts.ts';
import { deleteDeeply } from './delete-deeply.ts';
import { jobPage, renderJob, renderSchedule, startGc } from './gc.ts';
import { Query } from './query.ts';
import {
  type Detail,
  renderAccessory,
  renderArtifact,
  type RenderOptions,
  renderProject,
  renderReport,
  renderRepository,
  renderRetention,
  renderTag,
  time,
} from './render.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { HarborError, json } from './reply.ts';
import type { HarborStore, StoredArtifact, StoredProject } from './store.ts';

/** What the handlers share. */
export interface RestContext extends RenderOptions {
  readonly store: HarborStore;
  readonly version: string;
  readonly authMode: string;
  /** `q=base=*` does nothing, as in a Harbor that does not know it. */
  readonly ignoresBase: boolean;
}

/** Answers a request below `/api`. */
export function answerRest(context: RestContext, account: Account | undefined, request: Seen): Reply {
  const url = new URL(request.path, 'http://harbor');
  if (url.pathname === '/api/version') return json({ version: 'v2.0' });
  const rest = /^\/api\/v2\.0(\/.*)$/.exec(url.pathname)?.[1];
  if (rest === undefined) return NO_ROUTE;
  // The proxy before Harbor's core unescapes the path once, then core's router each segment, then its handler the repository's name: an
  // escaped "/" gets there only if it was escaped twice.
  const segments = decodeURIComponent(rest).split('/').slice(1).map(decodeURIComponent);
  const query = new Query(url.pathname, url.searchParams);
  const [area, ...below] = segments;
  if (area === 'systeminfo') return systemInfo(context, account);
  if (area === 'projects') return projects(context, account, request, query, below);
  if (area === 'repositories' && below.length === 0) return allRepositories(context, account, query);
  if (area === 'labels' && below.length === 0) return labels(context, account, query);
  if (area === 'users' && below.join('/') === 'current/permissions') return permissions(context, account, query);
  if (area === 'system' && below[0] === 'gc') return gc(context, account, request, query, below.slice(1));
  if (area === 'retentions' && below.length === 1) return retention(context, account, Number(below[0]));
  return NO_ROUTE;
}

const NO_ROUTE: Reply = {
  status: 404,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: '{"errors":[{"code":"NOT_FOUND","message":"path not found"}]}\n',
};

function systemInfo({ store, version, authMode }: RestContext, account: Account | undefined): Reply {
  const open = { auth_mode: authMode, primary_auth_mode: false, self_registration: false, banner_message: '', oidc_provider_name: '' };
  if (!account) return json(open);
  const own = {
    has_ca_root: false,
    project_creation_restriction: 'everyone',
    harbor_version: version,
    external_url: 'https://harbor.example.com',
    registry_url: 'harbor.example.com',
  };
  return json({
    ...open,
    ...own,
    read_only: store.readOnly,
    registry_storage_provider_name: 'filesystem',
    notification_enable: true,
    current_time: time(store.now()),
  });
}

function projects(
  context: RestContext,
  account: Account | undefined,
  request: Seen,
  query: Query,
  [name, area, ...below]: readonly string[],
): Reply {
  const { store } = context;
  if (name === undefined) {
    const seen = [...store.projects.values()].filter(
      (project) => project.public || account?.kind === 'admin' || account?.projects?.['*'] || account?.projects?.[project.name],
    );
    return query.page(seen, (project) => renderProject(store, project));
  }
  const isName = request.headers['x-is-resource-name'] === 'true' || !/^\d+$/.test(name);
  const meant = isName ? name : ([...store.projects.values()].find(({ id }) => id === Number(name))?.name ?? '');
  if (area === undefined) {
    requireProject(store, account, meant, 'project:read');
    return json(renderProject(store, projectOf(store, meant)));
  }
  if (area === 'immutabletagrules') {
    requireProject(store, account, meant, 'immutable-tag:list');
    return query.page(projectOf(store, meant).immutableRules, ({ id, disabled, pattern }) => ({
      id,
      disabled,
      action: 'immutable',
      template: 'immutable_template',
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern }],
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
    }));
  }
  if (area !== 'repositories') return NO_ROUTE;
  return repositories(context, account, request, query, name, below);
}

function repositories(
  context: RestContext,
  account: Account | undefined,
  request: Seen,
  query: Query,
  project: string,
  [name, area, reference, ...below]: readonly string[],
): Reply {
  const { store } = context;
  if (name === undefined) {
    requireProject(store, account, project, 'repository:list');
    const { id } = projectOf(store, project);
    return query.page(
      [...store.repositories.values()].filter(({ projectId }) => projectId === id),
      (repository) => renderRepository(store, repository),
    );
  }
  const full = `${project}/${decodeURIComponent(name)}`;
  if (area === undefined) {
    requireProject(store, account, project, 'repository:read');
    const repository = store.repositories.get(full);
    if (!repository) throw new HarborError('NOT_FOUND', `repository ${full} not found`);
    return json(renderRepository(store, repository));
  }
  if (area !== 'artifacts') return NO_ROUTE;
  const detail: Detail = {
    tag: query.flag('with_tag', true),
    label: query.flag('with_label', false),
    scanOverview: query.flag('with_scan_overview', false),
    immutableStatus: query.flag('with_immutable_status', false),
    accessory: query.flag('with_accessory', true),
  };
  if (reference === undefined) {
    requireProject(store, account, project, 'artifact:list');
    return query.page(listed(context, full, query), (artifact) => renderArtifact(store, artifact, detail, context));
  }
  return artifact(context, account, request, query, { project, full, reference, detail, below });
}

/**
 * By push time, newest first; without accessories, and without untagged children unless `base=*` (src/pkg/artifact/dao/dao.go). Unknown
 * keys of `q` do nothing.
 */
function listed({ store, ignoresBase }: RestContext, repository: string, query: Query): StoredArtifact[] {
  const keywords = query.keywords();
  const everything = keywords.get('base') === '*' && !ignoresBase;
  const wanted = keywords.get('digest');
  const children = new Set(store.references.map(({ childId }) => childId));
  const accessories = new Set(store.accessories.map(({ artifactId }) => artifactId));
  return store
    .artifactsIn(repository)
    .filter(({ id }) => !accessories.has(id) && (everything || !children.has(id) || store.tagsOn(id).length > 0))
    .filter(({ digest }) => wanted === undefined || (typeof wanted === 'string' ? wanted === digest : wanted.includes(digest)))
    .toSorted((a, b) => b.pushTime - a.pushTime || b.id - a.id);
}

interface ArtifactCall {
  readonly project: string;
  readonly full: string;
  readonly reference: string;
  readonly detail: Detail;
  readonly below: readonly string[];
}

/** Labels of the whole Harbor may be listed by everybody who is known, those of a project by its members. */
function labels({ store }: RestContext, account: Account | undefined, query: Query): Reply {
  if (!account) throw new HarborError('UNAUTHORIZED', 'unauthorized');
  const scope = query.text('scope');
  const project = [...store.projects.values()].find(({ id }) => id === Number(query.text('project_id')));
  if (scope === 'p') {
    if (!project) throw new HarborError('BAD_REQUEST', 'project_id is required when scope is p');
    requireProject(store, account, project.name, 'label:list');
  } else if (scope !== 'g') throw new HarborError('BAD_REQUEST', `invalid scope: ${scope}`);
  const found = store.labels.filter(({ projectId }) => projectId === (scope === 'p' ? project?.id : undefined));
  return query.page(found, ({ id, name, projectId }) => ({ id, name, scope, ...(projectId !== undefined && { project_id: projectId }) }));
}

/** Puts a label on an artifact. */
function addLabel(store: HarborStore, found: StoredArtifact, body: Buffer): Reply {
  const { id } = JSON.parse(body.toString('utf8')) as { readonly id?: number };
  const label = store.labels.find((one) => one.id === id);
  if (!label) throw new HarborError('NOT_FOUND', `label ${id} not found`);
  if (label.projectId !== undefined && label.projectId !== found.projectId)
    throw new HarborError('BAD_REQUEST', `the label ${id} is not of the project of the artifact`);
  if (found.labels.includes(label.name)) throw new HarborError('CONFLICT', `label ${id} is already added to the artifact ${found.id}`);
  return done(() => found.labels.push(label.name));
}

function artifact(
  context: RestContext,
  account: Account | undefined,
  { method, body }: Seen,
  query: Query,
  { project, full, reference, detail, below }: ArtifactCall,
): Reply {
  const { store } = context;
  const [area, tag] = below;
  const permission =
    { tags: 'tag', accessories: 'accessory', labels: 'artifact-label', additions: 'artifact-addition' }[area ?? ''] ?? 'artifact';
  const action = { DELETE: 'delete', POST: 'create' }[method] ?? (area === undefined || area === 'additions' ? 'read' : 'list');
  requireProject(store, account, project, `${permission}:${action}`);
  const found = store.find(full, reference);
  if (!found) throw new HarborError('NOT_FOUND', `artifact ${full}${reference.includes(':') ? '@' : ':'}${reference} not found`);
  if (area === undefined && method === 'GET') return json(renderArtifact(store, found, detail, context));
  // A tag means the artifact that it is on, with all its other tags.
  if (area === undefined && method === 'DELETE') return done(() => deleteDeeply(store, found.id));
  if (area === 'tags' && tag === undefined && method === 'GET')
    return query.page(store.tagsOn(found.id), (one) => renderTag(store, one, detail.immutableStatus));
  if (area === 'tags' && tag === undefined && method === 'POST') return createTag(store, found, body);
  if (area === 'tags' && tag !== undefined && method === 'DELETE') {
    const own = store.tagsOn(found.id).find(({ name }) => name === tag);
    if (!own) throw new HarborError('NOT_FOUND', `tag ${tag} attached to artifact ${found.id} not found`);
    if (store.isImmutable(own)) throw new HarborError('PRECONDITION', `the tag ${tag} configured as immutable, cannot be deleted`);
    return done(() => store.tags.delete(own.id));
  }
  if (area === 'additions' && tag === 'vulnerabilities' && method === 'GET') return json(renderReport(found));
  if (area === 'labels' && method === 'POST') return addLabel(store, found, body);
  if (area === 'accessories' && method === 'GET')
    return query.page(
      store.accessories.filter(({ subjectId }) => subjectId === found.id),
      renderAccessory,
    );
  return NO_ROUTE;
}

/** A tag that is on another artifact of the repository is not moved. */
function createTag(store: HarborStore, found: StoredArtifact, body: Buffer): Reply {
  const { name = '' } = JSON.parse(body.toString('utf8')) as { readonly name?: string };
  if (store.findTag(found.repository.name, name)) throw new HarborError('CONFLICT', `tag ${name} already exists under the repository`);
  store.setTag(found, name);
  return { status: 201, body: '' };
}

function done(work: () => unknown): Reply {
  work();
  return { status: 200, body: '' };
}

function allRepositories({ store }: RestContext, account: Account | undefined, query: Query): Reply {
  const names = [...store.projects.values()]
    .filter((project) => project.public || account?.kind === 'admin' || account?.projects?.[project.name])
    .map(({ id }) => id);
  return query.page(
    [...store.repositories.values()].filter(({ projectId }) => names.includes(projectId)),
    (repository) => renderRepository(store, repository),
  );
}

/** Everything that the account may do in a project; without a scope, or with one that is none, nothing. */
function permissions({ store }: RestContext, account: Account | undefined, query: Query): Reply {
  if (!account) throw new HarborError('UNAUTHORIZED', 'unauthorized');
  const id = Number(/^\/project\/(\d+)$/.exec(query.text('scope'))?.[1]);
  const project = [...store.projects.values()].find((one) => one.id === id);
  const all = [
    'project:read',
    'repository:list',
    'repository:read',
    'repository:pull',
    'repository:push',
    'repository:delete',
    'artifact:list',
    'artifact:read',
    'artifact:delete',
    'tag:list',
    'tag:delete',
  ];
  const own = account.kind === 'admin' ? all : [...(account.projects?.[project?.name ?? ''] ?? []), ...(account.projects?.['*'] ?? [])];
  const granted = project ? all.filter((permission) => own.includes(permission)) : [];
  const prefix = query.flag('relative', false) ? '' : `/project/${id}/`;
  return json(
    granted.map((permission) => permission.split(':')).map(([resource, action]) => ({ resource: `${prefix}${resource}`, action })),
  );
}

/** It has to be known who asks, before anything else (src/server/v2.0/handler/retention.go). */
function retention({ store }: RestContext, account: Account | undefined, id: number): Reply {
  if (!account) throw new HarborError('UNAUTHORIZED', 'unauthorized');
  const project = [...store.projects.values()].find((one) => one.retention?.id === id);
  if (!project?.retention) throw new HarborError('NOT_FOUND', `no such Retention policy with id ${id}`);
  requireProject(store, account, project.name, 'tag-retention:read');
  return json(renderRetention(project, project.retention));
}

function gc({ store }: RestContext, account: Account | undefined, request: Seen, query: Query, [id, log]: readonly string[]): Reply {
  if (id === 'schedule' && request.method === 'POST') {
    requireSystem(account, 'garbage-collection:create');
    return startGc(store, request.body);
  }
  requireSystem(account, id === undefined ? 'garbage-collection:list' : 'garbage-collection:read');
  if (id === undefined) return jobPage(store, query);
  if (id === 'schedule') return renderSchedule(store);
  const job = store.gcJobs.find((one) => one.id === Number(id));
  if (!job) throw new HarborError('NOT_FOUND', `garbage collection ${id} is not found`);
  return log === 'log'
    ? { status: 200, headers: { 'content-type': 'text/plain' }, body: `The GC job actual frees up ${job.freed} B space.\n` }
    : json(renderJob(job, job.statuses.shift() ?? 'Success'));
}

function projectOf(store: HarborStore, name: string): StoredProject {
  const project = store.projects.get(name);
  if (!project) throw new HarborError('NOT_FOUND', `project ${name} not found`);
  return project;
}

/** Whether the account may ask for something of the whole system. */
export const maySeeCatalog = (account: Account | undefined): boolean => maySystem(account, 'catalog:read');
