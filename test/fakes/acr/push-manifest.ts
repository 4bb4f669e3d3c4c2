import { createHash } from 'node:crypto';
import type { ManifestJson } from '../shared/manifest-json.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { AcrError } from './reply.ts';
import { type AcrStore, disallowed, type StoredManifest, unlocked } from './store.ts';

/** Takes a manifest in, under its digest or a tag. Its blobs and children must be there. */
export function pushManifest(store: AcrStore, name: string, reference: string, { headers, body }: Seen): Reply {
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const byTag = !reference.startsWith('sha256:');
  if (!byTag && reference !== digest) throw new AcrError('DIGEST_INVALID', 'provided digest did not match uploaded content');
  const known = store.repositories.get(name);
  if (known && (!known.locks.writeEnabled || (byTag && known.tags.get(reference)?.locks.writeEnabled === false))) throw disallowed();
  const json = JSON.parse(body.toString('utf8')) as ManifestJson;
  const parts = [...(json.config ? [json.config] : []), ...(json.layers ?? [])];
  for (const part of parts)
    if (!store.blobs.has(part.digest)) throw new AcrError('MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${part.digest}`);
  for (const child of json.manifests ?? [])
    if (!known?.manifests.has(child.digest)) throw new AcrError('MANIFEST_BLOB_UNKNOWN', `manifest unknown to registry: ${child.digest}`);
  const repository = store.ensureRepository(name);
  const there = repository.manifests.get(digest);
  if (there) there.lastUpdateTime = store.now();
  else repository.manifests.set(digest, stored(store, digest, String(headers['content-type']), body, json));
  if (byTag) store.setTag(repository, reference, digest);
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(json.subject && { 'oci-subject': json.subject.digest }),
    },
  };
}

/** What ACR notes of a manifest. Of an index, its own size alone. */
function stored(
  store: AcrStore,
  digest: string,
  mediaType: string,
  bytes: Buffer,
  { config, layers = [], subject, artifactType, annotations }: ManifestJson,
): StoredManifest {
  const { architecture, os } = config && config.mediaType.includes('image') ? imageFields(store.blobs.get(config.digest)) : {};
  const type = artifactType ?? config?.mediaType;
  return {
    digest,
    mediaType,
    bytes,
    imageSize: [...(config ? [config] : []), ...layers].reduce((sum, { size }) => sum + size, bytes.length),
    createdTime: store.now(),
    lastUpdateTime: store.now(),
    locks: unlocked(),
    ...(config && { configMediaType: config.mediaType }),
    ...(architecture !== undefined && { architecture }),
    ...(os !== undefined && { os }),
    ...(subject && { subject: subject.digest }),
    ...(type !== undefined && { artifactType: type }),
    ...(annotations && { annotations }),
  };
}

function imageFields(config: Buffer | undefined): { readonly architecture?: string; readonly os?: string } {
  return JSON.parse(config?.toString('utf8') ?? '{}') as object;
}
