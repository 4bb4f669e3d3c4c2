import { createHash, randomUUID } from 'node:crypto';
import { type Account, mayProject } from './accounts.ts';
import { deleteDeeply } from './delete-deeply.ts';
import { pushManifest } from './push-manifest.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { HarborError, json } from './reply.ts';
import { maySeeCatalog } from './rest.ts';
import type { HarborStore, StoredArtifact } from './store.ts';
import type { Tokens } from './tokens.ts';

/** Harbor's own services, whose pulls do not count. */
const OWN_USER_AGENT = 'harbor-registry-client';

export interface RegistryContext {
  readonly store: HarborStore;
  readonly tokens: Tokens;
  readonly url: string;
}

/** Answers a request below `/v2` (src/server/registry). */
export function answerRegistry(context: RegistryContext, account: Account | undefined, request: Seen): Reply {
  const url = new URL(request.path, context.url);
  const path = decodeURIComponent(url.pathname);
  if (path === '/v2/') {
    if (!account && !context.tokens.isValid(request)) throw context.tokens.challenge(request, undefined);
    return json({});
  }
  if (path === '/v2/_catalog') {
    if (!maySeeCatalog(account))
      throw new HarborError('UNAUTHORIZED', 'unauthorized to list catalog', { 'www-authenticate': 'Basic realm="harbor"' });
    const names = [...context.store.repositories.keys()].filter((name) => context.store.artifactsIn(name).length > 0);
    return json({ repositories: names.toSorted() });
  }
  const [, repository = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/(.+?)\/?$/.exec(path) ?? [];
  if (kind === '' || !repository.includes('/'))
    return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' };
  authorize(context, account, request, repository);
  if (kind === 'tags') return tags(context.store, repository, url);
  if (kind === 'referrers') return referrers(context.store, repository, reference);
  if (kind === 'blobs') return blobs(context.store, repository, reference, request, url);
  return manifests(context.store, repository, reference, request);
}

const ACTIONS: Readonly<Record<string, string>> = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' };

/**
 * A project that is not there is 401 with an empty challenge; reading takes a token even where anybody may (src/server/middleware/v2auth).
 */
function authorize({ store, tokens }: RegistryContext, account: Account | undefined, request: Seen, repository: string): void {
  const project = repository.split('/')[0] ?? '';
  const action = ACTIONS[request.method] ?? 'push';
  const scope = `repository:${repository}:${action === 'push' ? 'pull,push' : action}`;
  if (action === 'pull' && request.headers.authorization === undefined) throw tokens.challenge(request, scope);
  if (!store.projects.has(project)) throw new HarborError('UNAUTHORIZED', `project ${project} not found`, { 'www-authenticate': '' });
  const granted = tokens.isBearer(request)
    ? tokens.grants(request, repository, action)
    : mayProject(store, account, project, `repository:${action}`);
  if (!granted) throw tokens.challenge(request, scope);
  // src/server/middleware/repoproxy, `DisableBlobAndManifestUploadMiddleware`
  if (action === 'push' && store.project(project).registryId !== undefined)
    throw new HarborError('DENIED', `can not push artifact to a proxy project: ${project}`);
  if (store.readOnly && request.method !== 'GET' && request.method !== 'HEAD') {
    throw new HarborError('DENIED', 'The system is in read only mode. Any modification is prohibited.');
  }
}

/** All of them, those of accessories too; cut into pages only where `n` asks for it. */
function tags(store: HarborStore, repository: string, url: URL): Reply {
  const known = store.repositories.get(repository);
  if (!known) throw new HarborError('NOT_FOUND', `repository ${repository} not found`);
  const all = [...store.tags.values()]
    .filter(({ repositoryId }) => repositoryId === known.id)
    .map(({ name }) => name)
    .toSorted();
  const rest = all.filter((tag) => tag > (url.searchParams.get('last') ?? ''));
  const n = url.searchParams.get('n');
  if (n === null) return json({ name: repository, tags: rest });
  if (!/^\d+$/.test(n)) throw new HarborError('BAD_REQUEST', 'the N must be a positive int type');
  const page = rest.slice(0, Number(n));
  const last = page.at(-1);
  const more = last !== undefined && rest.length > page.length;
  return json({ name: repository, tags: page }, more ? { link: `<${url.pathname}?last=${last}&n=${n}>; rel="next"` } : {});
}

function referrers(store: HarborStore, repository: string, subject: string): Reply {
  const attached = store.accessories.filter((one) => one.subjectRepository === repository && one.subjectDigest === subject);
  const manifests = attached
    .map(({ digest }) => store.artifact(repository, digest))
    .map(({ digest, manifestType, bytes, annotations, artifactType }) => ({
      mediaType: manifestType,
      digest,
      size: bytes.length,
      ...(annotations && { annotations }),
      artifactType,
    }));
  const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json', 'x-total-count': String(attached.length) };
  return json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }, headers);
}

function manifests(store: HarborStore, repository: string, reference: string, request: Seen): Reply {
  if (request.method === 'PUT') return pushManifest(store, repository, reference, request);
  if (request.method === 'DELETE') {
    if (!reference.startsWith('sha256:'))
      throw new HarborError('UNSUPPORTED', `unsupported digest ${reference}: invalid checksum digest format`);
    deleteDeeply(store, found(store, repository, reference).id);
    return { status: 202, body: '' };
  }
  const artifact = found(store, repository, reference);
  if (store.isUnpullable(artifact)) {
    throw new HarborError(
      'PROJECTPOLICYVIOLATION',
      'current image with 2 vulnerabilities cannot be pulled due to configured policy in ' +
        `'Prevent images with vulnerability severity of "Low" or higher from running.'`,
    );
  }
  if (request.method === 'GET' && request.headers['user-agent'] !== OWN_USER_AGENT) {
    artifact.pullTime = store.now();
    const tag = store.findTag(repository, reference);
    if (tag) tag.pullTime = store.now();
  }
  return {
    status: 200,
    headers: { 'content-type': artifact.manifestType, 'docker-content-digest': artifact.digest, etag: `"${artifact.digest}"` },
    body: artifact.bytes,
  };
}

function found(store: HarborStore, repository: string, reference: string): StoredArtifact {
  const artifact = store.find(repository, reference);
  if (!artifact)
    throw new HarborError('NOT_FOUND', `artifact ${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference} not found`);
  return artifact;
}

function blobs(store: HarborStore, repository: string, reference: string, request: Seen, url: URL): Reply {
  if (request.method === 'POST') return { status: 202, headers: { location: `/v2/${repository}/blobs/uploads/${randomUUID()}` }, body: '' };
  if (request.method === 'PUT') {
    const digest = `sha256:${createHash('sha256').update(request.body).digest('hex')}`;
    if (url.searchParams.get('digest') !== digest)
      throw new HarborError('DIGEST_INVALID', 'provided digest did not match uploaded content');
    store.blobs.set(digest, request.body);
    return { status: 201, headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest }, body: '' };
  }
  const bytes = store.blobs.get(reference);
  if (!bytes) throw new HarborError('NOT_FOUND', `blob ${reference} not found`);
  return { status: 200, headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference }, body: bytes };
}
