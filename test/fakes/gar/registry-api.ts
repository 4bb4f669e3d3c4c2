import type { Reply, Seen } from '../shared/messages.ts';
import { deleteImage, ServiceError, type Store, tagsOf } from './store.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

export interface RegistryCall {
  readonly store: Store;
  readonly location: string;
  /** Of a host of Container Registry's names: the one repository behind it. */
  readonly gcr: string | undefined;
  readonly may: (permission: string) => boolean;
}

/** `/v2/`, with Google's own errors and its additions to the list of tags. */
export function answerRegistryApi({ method, path, headers, body }: Seen, { store, location, gcr, may }: RegistryCall): Reply {
  const [, name = '', what, reference = ''] = /^\/v2\/(.+)\/(manifests|tags|blobs)\/([^/?]+)/.exec(path) ?? [];
  const parts = name.split('/');
  const [project, id, image] =
    gcr === undefined ? [parts[0], parts[1], parts.slice(2).join('/')] : [parts[0], gcr, parts.slice(1).join('/')];
  const repository = store.repositories.get(`projects/${project}/locations/${location}/repositories/${id}`);
  if (!repository) return refusal(404, 'NAME_UNKNOWN', `Repository "${id}" not found`);
  if (!may(`artifactregistry.repositories.${method === 'PUT' ? 'uploadArtifacts' : 'downloadArtifacts'}`))
    return refusal(403, 'DENIED', 'Permission denied');
  const stored = repository.packages.get(image as string);
  if (what === 'tags') {
    const manifest = Object.fromEntries(
      [...(stored?.images.values() ?? [])].map((one) => [
        one.digest,
        { imageSizeBytes: String(one.size), mediaType: one.mediaType, tag: stored ? tagsOf(stored, one.digest) : [] },
      ]),
    );
    return json(200, { child: [], manifest, name, tags: [...(stored?.tags.keys() ?? [])] });
  }
  if (what === 'blobs') return { status: method === 'HEAD' && store.blobs.has(asDigest(reference)) ? 200 : 404 };
  const digest = reference.startsWith('sha256:') ? asDigest(reference) : (stored?.tags.get(reference) ?? asDigest(''));
  try {
    if (method === 'PUT') {
      const {
        config,
        layers = [],
        manifests = [],
      } = JSON.parse(body.toString('utf8')) as {
        config?: { digest: Digest };
        layers?: { digest: Digest }[];
        manifests?: { digest: Digest }[];
      };
      if ([...(config ? [config] : []), ...layers].some((part) => !store.blobs.has(part.digest)))
        return refusal(400, 'MANIFEST_BLOB_UNKNOWN', 'Blob unknown');
      if (manifests.some((child) => !stored?.images.has(child.digest))) return refusal(400, 'MANIFEST_UNKNOWN', 'Child unknown');
      const put = store.put(repository, image as string, {
        bytes: body,
        mediaType: String(headers['content-type']),
        ...(!reference.startsWith('sha256:') && { tag: reference }),
      });
      return { status: 201, headers: { 'docker-content-digest': put.digest } };
    }
    const found = stored?.images.get(digest);
    if (!found) return refusal(404, 'MANIFEST_UNKNOWN', `Failed to fetch "${reference}"`);
    if (method === 'DELETE') {
      deleteImage(repository, image as string, digest, false);
      return { status: 202 };
    }
    return { status: 200, headers: { 'content-type': found.mediaType, 'docker-content-digest': found.digest }, body: found.bytes };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return refusal(400, error.message.split(':')[0] as string, error.message);
  }
}

/** An error of the distribution-spec. */
export function refusal(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return json(status, { errors: [{ code, message }] }, headers);
}

function json(status: number, document: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(document) };
}
