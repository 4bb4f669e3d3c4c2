import { type Reply, ReplyError, type Seen } from '../shared/messages.ts';
import { accountOf, type FakeAccount, may, type Privilege } from './accounts.ts';
import { bare, json } from './reply.ts';
import { Forbidden, type NexusStore, type StoredRepository, type StoredTag, type StoredTask } from './store.ts';

export interface NexusOptions {
  readonly store: NexusStore;
  readonly accounts: readonly FakeAccount[];
  /** Components and tasks a page. */
  readonly pageSize: number;
  /** Asks for a token over `/v2`, and not for Basic. */
  readonly tokens: boolean;
  /** `3.94.0-12` */
  readonly version: string;
}

const CHALLENGE = { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' };

/** Answers `/service/rest`. */
export function answerRest(request: Seen, options: NexusOptions): Reply {
  const { store } = options;
  const { method } = request;
  const url = new URL(request.path, 'http://nexus');
  const path = url.pathname.slice('/service/rest'.length);
  if (path === '/v1/status/writable' && method === 'GET') return { status: store.readOnly ? 503 : 200 };
  const account = accountOf(request.headers['authorization'], options.accounts);
  if (account === 'wrong') throw bare(401, CHALLENGE);
  const need = (privilege: Privilege, image?: string): void => {
    if (!may(account, privilege, image)) throw account ? bare(403) : bare(401, CHALLENGE);
  };
  if (path === '/v1/repositories' && method === 'GET')
    return json(200, may(account, 'browse') || may(account, 'read') ? [...store.repositories.values()].map(describeRepository) : []);
  const [, format, type, name = ''] = /^\/v1\/repositories\/(docker|oci)\/(hosted|group)\/([^/]+)$/.exec(path) ?? [];
  if (name !== '' && method === 'GET') {
    need('admin-read');
    const repository = store.repositories.get(decodeURIComponent(name));
    if (!repository || repository.type !== type || repository.format !== format) throw bare(404);
    return json(200, describeSettings(repository));
  }
  if (path === '/v1/components' && method === 'GET') return listComponents(url.searchParams, account, options);
  const [, id = ''] = /^\/v1\/components\/([^/]+)$/.exec(path) ?? [];
  if (id !== '') return answerComponent(method, decodeURIComponent(id), need, options);
  const [, policy = ''] = /^\/internal\/cleanup-policies\/([^/]+)$/.exec(path) ?? [];
  if (policy !== '' && method === 'GET') {
    need('admin-read');
    const found = store.cleanupPolicies.get(decodeURIComponent(policy));
    return found ? json(200, found) : json(404, {});
  }
  return answerTasks(method, path, url.searchParams, need, options);
}

function answerComponent(method: string, id: string, need: (privilege: Privilege, image?: string) => void, { store }: NexusOptions): Reply {
  if (!/^[^:]+:[0-9a-f]{32}$/.test(Buffer.from(id, 'base64').toString('utf8'))) throw bare(422);
  for (const repository of store.repositories.values()) {
    const tag = [...repository.tags.values()].find((one) => one.id === id);
    if (!tag) continue;
    if (method === 'GET') {
      need('browse', tag.image);
      return json(200, describeComponent(repository, tag));
    }
    if (method !== 'DELETE') throw bare(405);
    need('delete', tag.image);
    if (store.readOnly) throw new ReplyError('frozen', { status: 503, body: 'Database is frozen' });
    try {
      store.deleteTag(repository, tag);
    } catch (error) {
      if (error instanceof Forbidden) throw new ReplyError(error.message, { status: 400, body: error.message });
      throw error;
    }
    return { status: 204 };
  }
  throw bare(404);
}

/** Leaves out what the account may not browse, without a word. A token is the number of the last component that was told. */
function listComponents(query: URLSearchParams, account: FakeAccount | undefined, { store, pageSize }: NexusOptions): Reply {
  const name = query.get('repository');
  if (name === null) throw bare(422);
  const repository = store.repositories.get(name);
  if (!repository) throw bare(404);
  if (!may(account, 'browse')) throw account ? bare(403) : bare(401, CHALLENGE);
  const tags = [...repository.tags.values()].filter(({ image }) => may(account, 'browse', image));
  const after = Number.parseInt(query.get('continuationToken') ?? '0', 16);
  const rest = tags.filter(({ number }) => number > after).toSorted((a, b) => a.number - b.number);
  const page = rest.slice(0, pageSize);
  const continuationToken = rest.length > page.length ? page.at(-1)!.number.toString(16).padStart(32, '0') : null;
  return json(200, { items: page.map((tag) => describeComponent(repository, tag)), continuationToken });
}

function answerTasks(
  method: string,
  path: string,
  query: URLSearchParams,
  need: (privilege: Privilege) => void,
  { store }: NexusOptions,
): Reply {
  if (path === '/v1/tasks' && method === 'GET') {
    need('tasks-read');
    const items = store.tasks.filter(({ type }) => query.get('type') === null || type === query.get('type'));
    return json(200, { items: items.map(describeTask), continuationToken: null });
  }
  const [, id = '', run] = /^\/v1\/tasks\/([^/]+)(\/run)?$/.exec(path) ?? [];
  const task = store.tasks.find((one) => one.id === id);
  if (id === '') throw bare(404);
  need(run === undefined ? 'tasks-read' : 'tasks-run');
  if (!task) throw bare(404);
  if (run === undefined && method === 'GET') return json(200, describeTask(task));
  if (run === undefined || method !== 'POST' || !task.enabled) throw bare(405);
  store.run(task);
  return { status: 204 };
}

function describeRepository({ name, format, type }: StoredRepository): object {
  return { name, format, type, url: `http://nexus/repository/${name}`, size: null, attributes: {} };
}

function describeSettings({ name, format, type, writePolicy, cleanup, members, httpPort }: StoredRepository): object {
  const docker = {
    v1Enabled: false,
    forceBasicAuth: true,
    httpPort: httpPort ?? null,
    httpsPort: null,
    subdomain: null,
    pathEnabled: true,
  };
  const storage = { blobStoreName: 'default', strictContentTypeValidation: true, ...(type === 'hosted' && { writePolicy }) };
  const common = { name, format, type, url: `http://nexus/repository/${name}`, online: true, storage, docker };
  if (type === 'group') return { ...common, group: { memberNames: members, writableMember: null } };
  return { ...common, cleanup: cleanup.length === 0 ? null : { policyNames: cleanup }, component: { proprietaryComponents: false } };
}

/** Times are those of the server's time zone. */
function describeComponent(repository: StoredRepository, stored: StoredTag): object {
  const { id, image, tag, digest, blobCreated, lastModified, lastDownloaded } = stored;
  const { mediaType, bytes } = repository.manifests.get(image)!.get(digest)!;
  const path = `v2/${image}/manifests/${tag}`;
  const asset = {
    downloadUrl: `http://nexus/repository/${repository.name}/${path}`,
    path,
    id: Buffer.from(`asset ${id}`).toString('base64'),
    repository: repository.name,
    format: repository.format,
    checksum: { sha1: digest.slice(7, 47), sha256: digest.slice(7) },
    contentType: mediaType,
    lastModified: local(lastModified),
    lastDownloaded: lastDownloaded === undefined ? null : local(lastDownloaded),
    uploader: 'ci',
    uploaderIp: '10.0.0.7',
    fileSize: bytes.length,
    blobCreated: local(blobCreated),
    blobStoreName: 'default',
  };
  return { id, repository: repository.name, format: repository.format, group: null, name: image, version: tag, assets: [asset], tags: [] };
}

/** `2025-01-20T13:00:00.000+01:00` */
function local(time: number): string {
  return new Date(time + 3_600_000).toISOString().replace('Z', '+01:00');
}

function describeTask({ id, name, type, properties, nextRun, lastRun, lastRunResult, state, enabled }: StoredTask): object {
  return {
    id,
    name,
    type,
    message: name,
    currentState: state,
    lastRunResult: lastRunResult ?? null,
    nextRun: nextRun ?? null,
    lastRun: lastRun ?? null,
    enabled,
    ...(properties && { properties }),
  };
}
