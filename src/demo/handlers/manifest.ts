import { createHash } from 'node:crypto';
import { digestOf, isDigest } from '../../domain/digest.ts';
import { DOCKER_LIST, OCI_INDEX, OCI_MANIFEST } from '../../domain/media-types.ts';
import { isTag } from '../../domain/tag.ts';
import { type Descriptor, readManifestFields } from '../manifest-fields.ts';
import type { StoredManifest, StoredRepository } from '../registry-storage.ts';
import { errorReply, type Reply } from '../reply.ts';
import type { Call } from './call.ts';
import { digestLike } from './uploads.ts';

/** The least that the distribution-spec lets clients count on ("Pushing Manifests"), and what distribution takes. */
const MAX_MANIFEST = 4 * 1024 * 1024;

/** GET, HEAD, PUT and DELETE of one manifest by tag or digest. */
export function answerManifest(call: Call): Reply {
  const { reference } = call;
  if (reference.includes(':') ? !isDigest(reference) : !isTag(reference)) {
    return errorReply(reference.includes(':') ? 'DIGEST_INVALID' : 'TAG_INVALID', [{ reference }]);
  }
  if (call.request.method === 'PUT') return putManifest(call);
  if (call.request.method === 'DELETE') return deleteManifest(call);
  return getManifest(call);
}

function getManifest(call: Call): Reply {
  const { reference, request, options } = call;
  const repository = call.storage.repositories.get(call.repository);
  let digest = isDigest(reference) ? reference : repository?.tags.get(reference);
  let manifest = digest && repository?.manifests.get(digest);
  if (!digest || !manifest)
    return errorReply('MANIFEST_UNKNOWN', [
      isDigest(reference) ? { digest } : digest === undefined ? { tag: reference } : { Name: call.repository, Revision: digest },
    ]);
  if (!options.ignoreAccept && !accepts(request.headers.accept, manifest.mediaType)) {
    if (manifest.mediaType === OCI_INDEX) return hidden('OCI index found, but accept header does not support OCI indexes');
    if (manifest.mediaType === OCI_MANIFEST) return hidden('OCI manifest found, but accept header does not support OCI manifests');
    if (manifest.mediaType === DOCKER_LIST && !isDigest(reference)) {
      digest = manifest.fields.children.find(isDefaultPlatform)?.digest;
      manifest = digest && repository?.manifests.get(digest);
      if (!digest || !manifest) return errorReply('MANIFEST_UNKNOWN', [{ digest: digest ?? '' }]);
    }
  }
  const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': digest, etag: `"${digest}"` };
  const known = request.headers['if-none-match'];
  if (known === `"${digest}"` || known === digest) return { status: 304 };
  return { status: 200, headers, body: manifest.bytes };
}

/**
 * The answer of distribution to an Accept header without the OCI type: a 404 that is easily mistaken for "not there"
 * (handlers/manifests.go). Version 2.8 hides indexes too, version 3 only images.
 */
function hidden(message: string): Reply {
  return errorReply('MANIFEST_UNKNOWN', [{ message }]);
}

/** By exact type, as distribution does: a wildcard accepts nothing. */
function accepts(header: string | undefined, mediaType: string): boolean {
  return (header ?? '').split(',').some((entry) => entry.split(';')[0]!.trim() === mediaType);
}

/** What distribution hands out of a Docker list to a client that does not accept lists. */
function isDefaultPlatform(child: Descriptor): boolean {
  return child.platform?.os === 'linux' && child.platform.architecture === 'amd64';
}

function putManifest(call: Call): Reply {
  const { reference, request, storage } = call;
  const bytes = request.body;
  if (bytes.length > MAX_MANIFEST) return errorReply('SIZE_INVALID', [{ size: bytes.length, limit: MAX_MANIFEST }]);
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]!.trim();
  const fields = readManifestFields(mediaType, bytes);
  if (typeof fields === 'string') return errorReply('MANIFEST_INVALID', [fields]);
  const byDigest = isDigest(reference);
  const digest = byDigest ? digestLike(reference, bytes) : digestOf(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (byDigest && digest !== reference) return errorReply('DIGEST_INVALID', [{ digest: reference }]);
  const repository = storage.repository(call.repository);
  const manifest = { mediaType, bytes, fields };
  const missing = missingParts(call, repository, manifest);
  if (missing.length > 0)
    return errorReply(
      'MANIFEST_BLOB_UNKNOWN',
      missing.map((part) => ({ digest: part })),
    );
  storage.blobs.set(digest, bytes);
  repository.manifests.set(digest, manifest);
  repository.listed = true;
  if (!byDigest) {
    const former = repository.tags.get(reference);
    repository.tags.set(reference, digest);
    repository.tagged = true;
    if (call.options.dropsOverwritten && former && ![...repository.tags.values()].includes(former)) repository.manifests.delete(former);
  }
  const subject = call.options.referrersApi !== false && fields.subject;
  return {
    status: 201,
    headers: {
      location: `/v2/${call.repository}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(subject && { 'oci-subject': subject }),
    },
  };
}

/** Blobs and children that are not in the repository. Layers with `urls` are fetched elsewhere and need not be; nor need the subject. */
function missingParts(call: Call, repository: StoredRepository, { fields }: StoredManifest): string[] {
  const blobs = fields.blobs.filter(
    (blob) => !blob.urls?.length && !(repository.blobs.has(blob.digest) && call.storage.blobs.has(blob.digest)),
  );
  const children = fields.children.filter((child) => !repository.manifests.has(child.digest));
  return [...blobs, ...children].map((part) => part.digest);
}

/** By tag: that tag alone. By digest: the manifest with every tag on it, whatever index holds it, as distribution does. */
function deleteManifest(call: Call): Reply {
  const { reference, options } = call;
  const repository = call.storage.repositories.get(call.repository);
  const byDigest = isDigest(reference);
  if (options.deleteEnabled === false && (byDigest || options.tagDelete !== 'always')) return errorReply('UNSUPPORTED');
  if (!byDigest && options.tagDelete === 'unsupported') return errorReply('DIGEST_INVALID');
  if (byDigest) {
    if (!repository?.manifests.delete(reference)) return errorReply('MANIFEST_UNKNOWN', [{ digest: reference }]);
    for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag);
  } else if (!repository?.tags.delete(reference)) {
    return errorReply('MANIFEST_UNKNOWN', [{ tag: reference }]);
  }
  return { status: 202 };
}
