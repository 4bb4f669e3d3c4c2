import { listPage } from './list-page.ts';
import type { ApiContext } from './oci-api.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { AcrError, json } from './reply.ts';
import type { Locks, StoredManifest, StoredRepository, StoredTag } from './store.ts';

/** So many of its tags a manifest names, and no more (Azure/acr#529, Azure/azure-cli#7438). */
const TAGS_OF_A_MANIFEST = 10;

/** Answers a request below `/acr/v1/` (Azure/acr-cli, docs/swagger.yaml). */
export function answerOwn(context: ApiContext, host: string, request: Seen, url: URL): Reply {
  const { store, authorize, maxPage, sorts } = context;
  // Clients write the slashes of a name as they are or as %2F.
  const path = decodeURIComponent(url.pathname);
  if (path === '/acr/v1/_catalog') {
    authorize('', '*');
    const { items, headers } = listPage(store.repositories, url, { maxPage, key: (repository) => repository.name });
    return json({ repositories: items.map((repository) => repository.name) }, headers);
  }
  const [, name = '', kind = '', reference = ''] = /^\/acr\/v1\/(.+?)(?:\/(_tags|_manifests)(?:\/(.+?))?)?\/?$/.exec(path) ?? [];
  const { method } = request;
  authorize(name, method === 'GET' ? 'metadata_read' : method === 'PATCH' ? 'metadata_write' : 'delete');
  if (kind === '') return answerRepository(context, host, name, request);
  const repository = store.repository(name);
  const named = { registry: host, imageName: name };
  if (reference === '') {
    if (method !== 'GET') throw new AcrError('UNSUPPORTED', 'The operation is unsupported.');
    if (kind === '_tags') {
      const digest = url.searchParams.get('digest') ?? '';
      const { items, headers } = listPage(repository.tags, url, {
        maxPage,
        key: (tag) => tag.name,
        wanted: (tag) => digest === '' || tag.digest === digest,
      });
      return json({ ...named, tags: items.map(tagBody) }, headers);
    }
    const { items, headers } = listPage(repository.manifests, url, { maxPage, sorts, key: (manifest) => manifest.digest });
    const tags = tagsByDigest(repository, items);
    return json({ ...named, manifests: items.map((manifest) => manifestBody(tags.get(manifest.digest) ?? [], manifest)) }, headers);
  }
  if (kind === '_tags') {
    if (method === 'DELETE') {
      store.deleteTag(name, reference);
      return { status: 202 };
    }
    const tag = store.tag(name, reference);
    if (method === 'PATCH') change(tag.locks, request);
    return json({ ...named, tag: tagBody(tag) });
  }
  // There is no deletion of a manifest here.
  if (method === 'DELETE') throw new AcrError('UNSUPPORTED', 'The operation is unsupported.');
  const manifest = store.manifest(name, reference);
  if (method === 'PATCH') {
    change(manifest.locks, request);
    manifest.lastUpdateTime = store.now();
  }
  return json({ ...named, manifest: manifestBody(tagsByDigest(repository, [manifest]).get(manifest.digest) ?? [], manifest) });
}

function answerRepository({ store }: ApiContext, host: string, name: string, request: Seen): Reply {
  if (request.method === 'DELETE') return json(store.deleteRepository(name), {}, 202);
  const { createdTime, lastUpdateTime, manifests, tags, locks } = store.repository(name);
  if (request.method === 'PATCH') change(locks, request);
  return json({
    registry: host,
    imageName: name,
    createdTime: timeText(createdTime),
    lastUpdateTime: timeText(lastUpdateTime),
    manifestCount: manifests.size,
    tagCount: tags.size,
    changeableAttributes: locks,
  });
}

function change(locks: Locks, { body }: Seen): void {
  for (const [name, value] of Object.entries(JSON.parse(body.toString('utf8')) as object))
    if (name in locks && typeof value === 'boolean') locks[name as keyof Locks] = value;
}

function tagBody({ name, digest, createdTime, lastUpdateTime, locks }: StoredTag): object {
  return {
    name,
    digest,
    createdTime: timeText(createdTime),
    lastUpdateTime: timeText(lastUpdateTime),
    signed: false,
    changeableAttributes: locks,
  };
}

function tagsByDigest({ tags }: StoredRepository, manifests: readonly StoredManifest[]): Map<string, string[]> {
  const byDigest = new Map(manifests.map(({ digest }): [string, string[]] => [digest, []]));
  for (const { name, digest } of tags.values()) byDigest.get(digest)?.push(name);
  return byDigest;
}

/** What is not known is left out: the tags of an untagged one, the platform of an index. */
function manifestBody(
  tags: readonly string[],
  { digest, imageSize, createdTime, lastUpdateTime, architecture, os, mediaType, configMediaType, locks }: StoredManifest,
): object {
  return {
    digest,
    imageSize,
    createdTime: timeText(createdTime),
    lastUpdateTime: timeText(lastUpdateTime),
    architecture,
    os,
    mediaType,
    configMediaType,
    ...(tags.length > 0 && { tags: tags.toSorted().slice(0, TAGS_OF_A_MANIFEST) }),
    changeableAttributes: locks,
  };
}

/** With seven digits of a fraction, as .NET writes it. */
function timeText(time: number): string {
  return new Date(time).toISOString().replace(/Z$/, '3915Z');
}
