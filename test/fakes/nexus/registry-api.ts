import { createHash, randomUUID } from 'node:crypto';
import type { Digest } from '../../../src/domain/digest.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { accountOf, type FakeAccount, may, type Privilege } from './accounts.ts';
import { json, registryError } from './reply.ts';
import type { NexusOptions } from './rest.ts';
import { Forbidden, type StoredManifest, type StoredRepository } from './store.ts';

export interface RegistryOptions extends NexusOptions {
  /** The server's own address. */
  readonly url: string;
  /** The repository of a port; undefined where names begin with that of one. */
  readonly only: string | undefined;
  readonly tokens: boolean;
  /** Tokens, with whose they are. */
  readonly granted: Map<string, FakeAccount>;
}

const PRIVILEGE: Readonly<Record<string, Privilege>> = { GET: 'read', HEAD: 'read', DELETE: 'delete', PUT: 'edit', POST: 'add' };

/** Answers `/v2`. */
export function answerRegistryApi(request: Seen, options: RegistryOptions): Reply {
  const { store } = options;
  const url = new URL(request.path, options.url);
  if (url.pathname === '/v2/token') return giveToken(request, options);
  const account = accountFor(request, options);
  if (url.pathname === '/v2/') return json(200, {});
  const [, whole = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+?)\/?$/.exec(url.pathname) ?? [];
  const [first = '', ...rest] = whole.split('/');
  const repository = store.repositories.get(options.only ?? first);
  const image = options.only === undefined ? rest.join('/') : whole;
  if (kind === '' || image === '') throw registryError(404, 'UNKNOWN', 'unknown path');
  if (!may(account, PRIVILEGE[request.method]!, image)) throw registryError(403, 'DENIED', 'requested access to the resource is denied');
  if (store.readOnly && !['GET', 'HEAD'].includes(request.method)) return { status: 503, body: 'Database is frozen' };
  if (!repository?.manifests.has(image)) throw registryError(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  if (kind === 'tags') return json(200, { name: image, tags: store.tagsOf(repository, image).map(({ tag }) => tag) });
  return kind === 'blobs' ? blobs(request, reference, options) : manifests(request, repository, image, reference, options);
}

function accountFor({ headers }: Seen, { accounts, url, tokens, granted }: RegistryOptions): FakeAccount {
  const challenge = tokens ? `Bearer realm="${url}/v2/token",service="${url}/v2/token"` : 'BASIC realm="Sonatype Nexus Repository Manager"';
  const sent = headers['authorization'];
  const account = tokens ? granted.get(String(sent).replace(/^Bearer /, '')) : accountOf(sent, accounts);
  if (account && account !== 'wrong') return account;
  throw registryError(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized', { 'www-authenticate': challenge });
}

/** Tokens of the Docker Bearer Token Realm know no scopes: the privileges of the user count. */
function giveToken({ headers }: Seen, { accounts, granted }: RegistryOptions): Reply {
  const account = accountOf(headers['authorization'], accounts);
  if (!account || account === 'wrong') throw registryError(401, 'UNAUTHORIZED', 'authentication required');
  const token = `DockerToken.${randomUUID()}`;
  granted.set(token, account);
  return json(200, { token });
}

/** A GET and a HEAD by tag are pulls of it; by digest they are not recorded (NEXUS-25991). */
function manifests(
  request: Seen,
  repository: StoredRepository,
  image: string,
  reference: string,
  { store, version }: RegistryOptions,
): Reply {
  const known = repository.manifests.get(image)!;
  const unknown = registryError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  const tag = store.tag(repository, image, reference);
  const digest = tag?.digest ?? (reference as Digest);
  if (request.method === 'PUT') {
    const mediaType = String(request.headers['content-type']);
    try {
      const own = store.put(repository, image, mediaType, request.body, reference);
      return { status: 201, headers: { 'docker-content-digest': own, location: `/v2/${image}/manifests/${own}` } };
    } catch (error) {
      if (error instanceof Forbidden) throw registryError(400, 'BAD_REQUEST', error.message);
      throw error;
    }
  }
  const manifest: StoredManifest | undefined = known.get(digest);
  if (!manifest) throw unknown;
  if (request.method === 'DELETE') {
    known.delete(digest);
    // Up to 3.81 its tags went too; later versions leave them, and they point to nothing (sonatype/nexus-public#925).
    if (Number(version.split('.')[1]) <= 81)
      for (const one of store.tagsOf(repository, image)) if (one.digest === digest) repository.tags.delete(`${image}:${one.tag}`);
    return { status: 202 };
  }
  if (tag) store.pulled(tag);
  return { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': digest }, body: manifest.bytes };
}

function blobs({ method, body }: Seen, reference: string, { store }: RegistryOptions): Reply {
  if (method === 'PUT') {
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    store.blobs.set(digest, body);
    return { status: 201, headers: { 'docker-content-digest': digest } };
  }
  const found = store.blobs.get(reference);
  if (!found) throw registryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  return { status: 200, headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference }, body: found };
}
