import { randomUUID } from 'node:crypto';
import type { Digest } from '../../../src/domain/digest.ts';
import { OCI_INDEX } from '../../../src/domain/media-types.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { json, registryError } from './reply.ts';
import type { FakeAccount, RestOptions } from './rest.ts';
import type { StoredRepository } from './store.ts';

/** Token of `/v2/auth`, with what it lets do: `team/app:pull`. */
export type Grants = Map<string, ReadonlySet<string>>;

interface RegistryOptions extends RestOptions {
  readonly grants: Grants;
  /** The server's own address. */
  readonly url: string;
}

/** Answers `/v2/`, as far as it is read: what writes and lists there is refused. */
export function answerRegistryApi(request: Seen, options: RegistryOptions): Reply {
  const { method, headers } = request;
  const url = new URL(request.path, options.url);
  if (url.pathname === '/v2/auth') return grant(request, url.searchParams, options);
  const { host } = new URL(options.url);
  const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(url.pathname) ?? [];
  const challenge = `Bearer realm="${options.url}/v2/auth",service="${host}"${name === '' ? '' : `,scope="repository:${name}:pull"`}`;
  const granted = options.grants.get(String(headers['authorization']).replace(/^Bearer /, ''));
  if (!granted)
    throw registryError(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized', { 'www-authenticate': challenge });
  if (url.pathname === '/v2/') return json(200, true);
  const repository = options.store.repositories.get(name);
  if (!repository || !granted.has(`${name}:pull`))
    throw registryError(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized', { 'www-authenticate': challenge });
  if (method !== 'GET' && method !== 'HEAD') throw registryError(405, 'UNSUPPORTED', 'The operation is unsupported.');
  if (kind === 'blobs') {
    const body = options.store.blobs.get(reference);
    if (!body) throw registryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return { status: 200, headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference }, body };
  }
  return kind === 'referrers' ? referrers(repository, reference as Digest, options) : pullManifest(repository, reference, options);
}

/** Only `pull`, `push` and `*` are known, each scope in a parameter of its own. Whoever may push makes a repository by asking. */
function grant({ method, headers }: Seen, query: URLSearchParams, { accounts, store, grants, url }: RegistryOptions): Reply {
  if (method !== 'GET') return json(405, { message: 'The method is not allowed for the requested URL.' });
  const account = login(headers['authorization'], accounts);
  const allowed = new Set<string>();
  for (const scope of query.getAll('scope')) {
    const [, name = '', actions = ''] = /^repository:([^:\s]+):((?:pull|push|\*)(?:,(?:pull|push|\*))*)$/.exec(scope) ?? [];
    if (name === '') throw registryError(400, 'INVALID_REQUEST', `Unable to decode repository and actions: ${scope}`);
    const writes = account?.scopes.some((one) => one === 'repo:write' || one === 'repo:admin') === true;
    if (actions.includes('push') && writes) store.repository(name);
    const repository = store.repositories.get(name);
    const reads = repository?.isPublic === true || writes || account?.scopes.includes('repo:read') === true;
    if (repository && reads) for (const action of actions.split(',')) if (action === 'pull' || writes) allowed.add(`${name}:${action}`);
  }
  if (query.get('service') !== new URL(url).host) return json(200, { token: 'of another audience' });
  const token = randomUUID();
  grants.set(token, allowed);
  return json(200, { token });
}

function login(authorization: string | string[] | undefined, accounts: readonly FakeAccount[]): FakeAccount | undefined {
  if (authorization === undefined) return undefined;
  const text = Buffer.from(String(authorization).replace(/^Basic /, ''), 'base64').toString('utf8');
  const found = accounts.find(({ token }) => text === `$oauthtoken:${token}`);
  if (!found) throw registryError(401, 'UNAUTHORIZED', 'Could not validate the credentials');
  return found;
}

/** Still lists what was deleted, until that is collected. */
function referrers(repository: StoredRepository, subject: Digest, { store }: RegistryOptions): Reply {
  if (!store.reachable(repository, () => true).has(subject)) throw registryError(400, 'MANIFEST_INVALID', 'manifest invalid');
  const manifests = [...repository.manifests.values()]
    .filter(({ json: content }) => content.subject?.digest === subject)
    .map(({ digest, mediaType, bytes, json: { artifactType, config } }) => {
      const type = artifactType ?? config?.mediaType;
      return { mediaType, digest, size: bytes.length, ...(type !== undefined && { artifactType: type }) };
    });
  return {
    status: 200,
    headers: { 'content-type': OCI_INDEX },
    body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }),
  };
}

/** Counts as a pull, a HEAD too. */
function pullManifest(repository: StoredRepository, reference: string, { store }: RegistryOptions): Reply {
  const digest = reference.startsWith('sha256:') ? (reference as Digest) : store.tag(repository, reference)?.digest;
  const manifest = digest && store.reachable(repository, () => true).has(digest) ? repository.manifests.get(digest) : undefined;
  if (!manifest) {
    if (!repository.rows.some(({ name }) => name === reference)) throw registryError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    throw registryError(404, 'TAG_EXPIRED', `Tag ${reference} was deleted or has expired. To pull, revive via time machine`);
  }
  store.pull(repository, manifest.digest, store.now());
  return { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest }, body: manifest.bytes };
}
