import { createHash } from 'node:crypto';
import type { Descriptor, ManifestJson } from '../shared/manifest-json.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { HarborError } from './reply.ts';
import type { HarborStore, StoredArtifact, StoredRepository } from './store.ts';

/**
 * Takes a manifest in: the registry behind wants its blobs, then Harbor notes what it says (src/controller/artifact/abstractor.go), its
 * tag, and what it is attached to.
 */
export function pushManifest(store: HarborStore, repository: string, reference: string, { headers, body }: Seen): Reply {
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const byTag = !reference.startsWith('sha256:');
  if (!byTag && reference !== digest) throw new HarborError('DIGEST_INVALID', 'provided digest did not match uploaded content');
  const known = byTag ? store.findTag(repository, reference) : undefined;
  if (known && store.isImmutable(known))
    throw new HarborError('PRECONDITION', `Failed to process request due to '${repository}:${reference}' configured as immutable.`);
  const manifest = JSON.parse(body.toString('utf8')) as ManifestJson;
  const artifact =
    store.artifactsIn(repository).find((one) => one.digest === digest) ??
    create(store, repository, digest, manifest, { type: String(headers['content-type']), body });
  if (byTag) store.setTag(artifact, reference);
  attach(store, artifact, manifest, byTag ? reference : '');
  for (const accessory of store.accessories) {
    if (accessory.subjectDigest === digest && accessory.subjectRepository === repository) accessory.subjectId = artifact.id;
  }
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(manifest.subject && { 'oci-subject': manifest.subject.digest }),
    },
    body: '',
  };
}

function create(
  store: HarborStore,
  repository: string,
  digest: string,
  manifest: ManifestJson,
  { type, body }: { readonly type: string; readonly body: Buffer },
): StoredArtifact {
  const parts = [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? [])];
  for (const part of parts)
    if (!store.blobs.has(part.digest)) throw new HarborError('MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${part.digest}`);
  const children = (manifest.manifests ?? []).map((entry) => ({ entry, child: store.find(repository, entry.digest) }));
  for (const { entry, child } of children)
    if (!child) throw new HarborError('NOT_FOUND', `artifact ${repository}@${entry.digest} not found`);
  const stored: StoredRepository = store.ensureRepository(repository);
  const configType = manifest.config?.mediaType ?? type;
  const extraAttrs = attributes(store, manifest.config);
  const artifact: StoredArtifact = {
    id: store.nextId(),
    projectId: stored.projectId,
    repository: stored,
    digest,
    manifestType: type,
    configType,
    artifactType: manifest.artifactType ?? (manifest.config ? configType : ''),
    size: body.length + parts.reduce((sum, { size }) => sum + size, 0) + children.reduce((sum, { child }) => sum + (child?.size ?? 0), 0),
    bytes: body,
    blobs: parts.map((part) => part.digest),
    pushTime: store.now(),
    pullTime: 0,
    ...(extraAttrs && { extraAttrs }),
    ...(manifest.annotations && { annotations: manifest.annotations }),
    labels: [],
  };
  store.artifacts.set(artifact.id, artifact);
  store.blobs.set(digest, body);
  for (const { entry, child } of children) {
    const { platform, annotations } = entry;
    store.references.push({
      parentId: artifact.id,
      childId: child?.id ?? 0,
      childDigest: entry.digest,
      ...(platform && { platform }),
      ...(annotations && { annotations }),
    });
  }
  return artifact;
}

/** What Harbor keeps of an image's config (src/controller/artifact/processor/image/manifest_v2.go). */
function attributes(store: HarborStore, config: Descriptor | undefined): Record<string, unknown> | undefined {
  if (!config || !/^application\/vnd\.(?:oci\.image\.config\.v1|docker\.container\.image\.v1)\+json$/.test(config.mediaType))
    return undefined;
  const image = JSON.parse(store.blobs.get(config.digest)?.toString('utf8') ?? '{}') as Record<string, unknown>;
  return {
    architecture: image['architecture'] ?? '',
    author: image['author'] ?? '',
    config: image['config'] ?? {},
    created: image['created'] ?? null,
    os: image['os'] ?? '',
  };
}

/** Types by artifact type or config (src/server/middleware/subject); the bundle of cosign 3 is known as a signature since 2.15. */
const TYPES: Readonly<Record<string, string>> = {
  'application/vnd.cncf.notary.signature': 'signature.notation',
  'application/vnd.dev.cosign.artifact.sig.v1+json': 'signature.cosign',
  'application/vnd.goharbor.harbor.sbom.v1': 'sbom.harbor',
};

function attach(store: HarborStore, artifact: StoredArtifact, { subject, artifactType, config, layers }: ManifestJson, tag: string): void {
  const add = (subjectDigest: string, type: string): void => {
    if (store.accessories.some(({ artifactId }) => artifactId === artifact.id)) return;
    const subjectRepository = artifact.repository.name;
    const subjectId = store.find(subjectRepository, subjectDigest)?.id ?? 0;
    const { digest, size, id: artifactId } = artifact;
    store.accessories.push({
      id: store.nextId(),
      artifactId,
      subjectId,
      subjectRepository,
      subjectDigest,
      digest,
      size,
      type,
      createdAt: store.now(),
    });
  };
  if (subject) add(subject.digest, TYPES[artifactType ?? config?.mediaType ?? ''] ?? 'subject.accessory');
  const [, signed] = /^sha256-([0-9a-f]{64})\.sig$/.exec(tag) ?? [];
  const hasSignature = (layers ?? []).some(({ mediaType }) => mediaType === 'application/vnd.dev.cosign.simplesigning.v1+json');
  if (signed !== undefined && hasSignature) add(`sha256:${signed}`, 'signature.cosign');
}
