import { createHash, randomUUID } from 'node:crypto';
import { listPage } from './list-page.ts';
import { pushManifest } from './push-manifest.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { AcrError, json } from './reply.ts';
import { type AcrStore, disallowed } from './store.ts';

export interface ApiContext {
  readonly store: AcrStore;
  readonly maxPage: number;
  /** False: what asks for an order gets any. */
  readonly sorts: boolean;
  /** False: as on a registry that is encrypted with a customer's key. */
  readonly referrersApi: boolean;
  /** Throws where the request may not do that; '' for the catalogue. */
  readonly authorize: (repository: string, action: string) => void;
}

/** Answers a request below `/v2/`. */
export function answerOci(context: ApiContext, request: Seen, url: URL): Reply {
  const { store, authorize, maxPage } = context;
  const path = decodeURIComponent(url.pathname);
  const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/(.+?)\/?$/.exec(path) ?? [];
  if (kind === '') return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' };
  authorize(name, { GET: 'pull', HEAD: 'pull', DELETE: 'delete' }[request.method] ?? 'push');
  if (kind === 'blobs') return blobs(store, name, reference, request, url);
  if (kind === 'tags') {
    const { items, headers } = listPage(store.repository(name).tags, url, { maxPage, key: (tag) => tag.name });
    return json({ name, tags: items.map((tag) => tag.name) }, headers);
  }
  if (kind === 'referrers') return referrers(context, name, reference);
  if (request.method === 'PUT') return pushManifest(store, name, reference, request);
  if (request.method === 'DELETE') {
    if (!reference.startsWith('sha256:')) throw new AcrError('UNSUPPORTED', 'The operation is unsupported.');
    store.deleteManifest(name, reference);
    return { status: 202 };
  }
  const { locks, mediaType, digest, bytes } = store.manifest(name, reference);
  if (!locks.readEnabled || !store.repository(name).locks.readEnabled) throw disallowed();
  return { status: 200, headers: { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` }, body: bytes };
}

function referrers({ store, referrersApi }: ApiContext, name: string, subject: string): Reply {
  if (!referrersApi) return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' };
  const manifests = store.referrers(store.repository(name), subject).map(({ mediaType, digest, bytes, artifactType, annotations }) => ({
    mediaType,
    digest,
    size: bytes.length,
    artifactType,
    annotations,
  }));
  const type = 'application/vnd.oci.image.index.v1+json';
  return json({ schemaVersion: 2, mediaType: type, manifests }, { 'content-type': type });
}

function blobs(store: AcrStore, name: string, reference: string, request: Seen, url: URL): Reply {
  if (request.method === 'POST')
    return { status: 202, headers: { location: `/v2/${name}/blobs/uploads/${randomUUID()}?_nouploadcache=false` } };
  if (request.method === 'PUT') {
    const digest = `sha256:${createHash('sha256').update(request.body).digest('hex')}`;
    if (url.searchParams.get('digest') !== digest) throw new AcrError('DIGEST_INVALID', 'provided digest did not match uploaded content');
    store.blobs.set(digest, request.body);
    return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } };
  }
  const bytes = store.blobs.get(reference);
  if (!bytes) throw new AcrError('BLOB_UNKNOWN', 'blob unknown to registry');
  return { status: 200, headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference }, body: bytes };
}
