import { createHash, randomUUID } from 'node:crypto';
import { type Digest, digestOf } from '../../../src/domain/digest.ts';
import { OCI_INDEX } from '../../../src/domain/media-types.ts';
import { asDigest } from '../../digest.ts';
import type { ManifestJson } from '../shared/manifest-json.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { json, registryError } from './reply.ts';
import type { FakeAccount, RestOptions } from './rest.ts';
import type { StoredRepository } from './store.ts';

/** Token of `/token`, with what it lets do: `team/app:pull`. */
export type Grants = Map<string, ReadonlySet<string>>;

interface RegistryOptions extends RestOptions {
  readonly grants: Grants;
  /** The server's own address. */
  readonly url: string;
  /** Pulls that are left: GET of a manifest counts, HEAD does not. */
  readonly pulls: { left: number };
}

/** Answers `/token` and `/v2/`, as far as they are used. */
export function answerRegistryApi(request: Seen, options: RegistryOptions): Reply {
  const { method, headers } = request;
  const { grants, store } = options;
  const url = new URL(request.path, options.url);
  if (url.pathname === '/token') return grant(request, url.searchParams, options);
  const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(url.pathname) ?? [];
  const scope = name === '' ? '' : `,scope="repository:${name}:pull"`;
  const challenge = `Bearer realm="${options.url}/token",service="registry.docker.io"${scope}`;
  const granted = grants.get(String(headers['authorization']).replace(/^Bearer /, ''));
  if (!granted) throw registryError(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
  if (url.pathname === '/v2/') return json(200, {});
  if (method === 'DELETE') throw registryError(405, 'UNSUPPORTED', 'The operation is unsupported.');
  const stored = store.repositories.get(name);
  if (!stored || !granted.has(`${name}:${method === 'PUT' ? 'push' : 'pull'}`))
    throw registryError(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
  if (kind === 'blobs') {
    const body = stored.blobs.get(reference);
    if (!body) throw registryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return { status: 200, headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference }, body };
  }
  if (kind === 'referrers') return referrers(stored, asDigest(reference), options);
  if (method === 'PUT') return putManifest(request, stored, reference, options);
  const manifest = stored.manifests.get((stored.tags.get(reference)?.digest ?? reference) as Digest);
  if (!manifest) throw registryError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  const limit = { 'ratelimit-limit': '200;w=21600', 'ratelimit-remaining': `${options.pulls.left};w=21600` };
  if (method === 'GET') {
    if (options.pulls.left <= 0) throw registryError(429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit.', limit);
    options.pulls.left -= 1;
    manifest.lastPulled = store.now();
  }
  return {
    status: 200,
    headers: { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest, ...limit },
    body: manifest.bytes,
  };
}

function grant({ headers }: Seen, query: URLSearchParams, { accounts, store, grants }: RegistryOptions): Reply {
  const account = login(headers['authorization'], accounts);
  const allowed = new Set<string>();
  for (const scope of query.getAll('scope').flatMap((one) => one.split(' '))) {
    const [, name = '', actions = ''] = /^repository:([^:]+):([\w,*]+)$/.exec(scope) ?? [];
    const stored = store.repositories.get(name);
    for (const action of actions.replace('*', 'pull,push').split(','))
      if (stored && (action === 'pull' ? account || !stored.isPrivate : account?.may === 'write')) allowed.add(`${name}:${action}`);
  }
  const token = randomUUID();
  grants.set(token, allowed);
  return json(200, { token });
}

function login(authorization: string | string[] | undefined, accounts: readonly FakeAccount[]): FakeAccount | undefined {
  if (authorization === undefined) return undefined;
  const text = Buffer.from(String(authorization).replace(/^Basic /, ''), 'base64').toString('utf8');
  const found = accounts.find(({ name, token }) => text === `${name}:${token}`);
  if (!found) throw registryError(401, 'UNAUTHORIZED', 'incorrect username or password');
  return found;
}

function referrers(stored: StoredRepository, subject: Digest, { store }: RegistryOptions): Reply {
  if (!store.referrersApi) return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' };
  const manifests = [...stored.manifests.values()]
    .filter(({ json: content }) => content.subject?.digest === subject)
    .map(({ digest, mediaType, bytes, json: { artifactType, config } }) => {
      const type = artifactType ?? config?.mediaType;
      return { mediaType, digest, size: bytes.length, ...(type !== undefined && { artifactType: type }) };
    });
  return { ...json(200, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }), headers: { 'content-type': OCI_INDEX } };
}

function putManifest({ headers, body }: Seen, stored: StoredRepository, reference: string, { store }: RegistryOptions): Reply {
  const digest = digestOf(`sha256:${createHash('sha256').update(body).digest('hex')}`);
  const content = JSON.parse(body.toString('utf8')) as ManifestJson;
  for (const blob of [...(content.config ? [content.config] : []), ...(content.layers ?? [])])
    if (!stored.blobs.has(blob.digest)) throw registryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  const tags = reference.startsWith('sha256:') ? [] : [reference];
  store.put(stored, { digest, mediaType: String(headers['content-type']), bytes: body }, tags);
  return { status: 201, headers: { 'docker-content-digest': digest } };
}
