import { createHash, randomUUID } from 'node:crypto';
import { digestOf } from '../../../src/domain/digest.ts';
import type { ManifestJson } from '../shared/manifest-json.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { json, registryError } from './reply.ts';
import type { FakeAccount, RestOptions } from './rest.ts';
import type { StoredPackage } from './store.ts';

/** Token of `/token`, with what it lets do: `team/app:pull`. */
export type Grants = Map<string, ReadonlySet<string>>;

interface RegistryOptions extends RestOptions {
  readonly grants: Grants;
  /** The server's own address. */
  readonly url: string;
}

/** Answers `/token` and `/v2/`, as far as they are used: there is no deletion and no list of what is attached. */
export function answerRegistryApi(request: Seen, options: RegistryOptions): Reply {
  const { method, headers } = request;
  const { grants, store } = options;
  const url = new URL(request.path, options.url);
  if (url.pathname === '/token') return grant(request, url.searchParams, options);
  const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
  const scope = name === '' ? 'repository:user/image:pull' : `repository:${name}:pull`;
  const challenge = `Bearer realm="${options.url}/token",service="ghcr.io",scope="${scope}"`;
  const granted = grants.get(String(headers['authorization']).replace(/^Bearer /, ''));
  if (!granted) throw registryError(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
  if (url.pathname === '/v2/') return json(200, {});
  if (method === 'DELETE') throw registryError(405, 'UNSUPPORTED', 'The operation is unsupported.');
  const stored = store.packages.get(name);
  if (!stored || !granted.has(`${name}:${method === 'PUT' ? 'push' : 'pull'}`))
    throw registryError(403, 'DENIED', 'requested access to the resource is denied');
  if (kind === 'blobs') {
    const body = stored.blobs.get(reference);
    if (!body) throw registryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return { status: 200, headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference }, body };
  }
  if (method === 'PUT') return putManifest(request, stored, reference, options);
  const version = store.find(stored, reference);
  if (!version || version.broken === true) throw registryError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  if (method === 'GET') version.downloads += 1;
  return { status: 200, headers: { 'content-type': version.mediaType, 'docker-content-digest': version.digest }, body: version.bytes };
}

function grant({ headers }: Seen, query: URLSearchParams, { accounts, store, grants }: RegistryOptions): Reply {
  const account = login(headers['authorization'], accounts);
  const allowed = new Set<string>();
  for (const scope of query.getAll('scope').flatMap((one) => one.split(' '))) {
    const [, name = '', actions = ''] = /^repository:([^:]+):([\w,*]+)$/.exec(scope) ?? [];
    const stored = store.packages.get(name);
    const has = (right: string): boolean => account !== undefined && (account.scopes === undefined || account.scopes.includes(right));
    const reads = stored?.visibility === 'public' || has('read:packages') || has('write:packages');
    if (!stored || !reads) throw registryError(403, 'DENIED', 'requested access to the resource is denied');
    for (const action of actions.replace('*', 'pull,push').split(','))
      if (action === 'pull' || has('write:packages')) allowed.add(`${name}:${action}`);
  }
  const token = randomUUID();
  grants.set(token, allowed);
  return json(200, { token });
}

function login(authorization: string | string[] | undefined, accounts: readonly FakeAccount[]): FakeAccount | undefined {
  if (authorization === undefined) return undefined;
  const [, password] = /^[^:]+:(.*)$/.exec(Buffer.from(String(authorization).replace(/^Basic /, ''), 'base64').toString('utf8')) ?? [];
  const found = accounts.find(({ token }) => token === password);
  if (!found) throw registryError(401, 'UNAUTHORIZED', 'authentication required');
  return found;
}

function putManifest({ headers, body }: Seen, stored: StoredPackage, reference: string, { store }: RegistryOptions): Reply {
  const digest = digestOf(`sha256:${createHash('sha256').update(body).digest('hex')}`);
  if (reference.startsWith('sha256:') && reference !== digest)
    throw registryError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const content = JSON.parse(body.toString('utf8')) as ManifestJson;
  for (const blob of [...(content.config ? [content.config] : []), ...(content.layers ?? [])])
    if (!stored.blobs.has(blob.digest)) throw registryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  for (const child of content.manifests ?? [])
    if (!store.find(stored, child.digest)) throw registryError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  store.put(stored, { digest, mediaType: String(headers['content-type']), bytes: body }, reference === digest ? [] : [reference]);
  return { status: 201, headers: { 'docker-content-digest': digest } };
}
