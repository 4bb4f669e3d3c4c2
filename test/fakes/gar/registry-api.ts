import type { IncomingMessage, ServerResponse } from 'node:http';
import { deleteImage, ServiceError, type Store, tagsOf } from './store.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

export interface RegistryCall {
  readonly store: Store;
  readonly location: string;
  /** Of a host of Container Registry's names: the one repository behind it. */
  readonly gcr: string | undefined;
  readonly body: Buffer;
  readonly may: (permission: string) => boolean;
}

/** `/v2/`, with Google's own errors and its additions to the list of tags. */
export function answerRegistryApi(
  request: IncomingMessage,
  response: ServerResponse,
  { store, location, gcr, body, may }: RegistryCall,
): void {
  const { method = '', url = '' } = request;
  const refuse = (status: number, code: string, message: string): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ code, message }] }));
  };
  const [, name = '', what, reference = ''] = /^\/v2\/(.+)\/(manifests|tags|blobs)\/([^/?]+)/.exec(url) ?? [];
  const parts = name.split('/');
  const [project, id, image] =
    gcr === undefined ? [parts[0], parts[1], parts.slice(2).join('/')] : [parts[0], gcr, parts.slice(1).join('/')];
  const repository = store.repositories.get(`projects/${project}/locations/${location}/repositories/${id}`);
  if (!repository) return refuse(404, 'NAME_UNKNOWN', `Repository "${id}" not found`);
  if (!may(`artifactregistry.repositories.${method === 'PUT' ? 'uploadArtifacts' : 'downloadArtifacts'}`))
    return refuse(403, 'DENIED', 'Permission denied');
  const stored = repository.packages.get(image as string);
  if (what === 'tags') {
    const manifest = Object.fromEntries(
      [...(stored?.images.values() ?? [])].map((one) => [
        one.digest,
        { imageSizeBytes: String(one.size), mediaType: one.mediaType, tag: stored ? tagsOf(stored, one.digest) : [] },
      ]),
    );
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ child: [], manifest, name, tags: [...(stored?.tags.keys() ?? [])] }));
    return;
  }
  if (what === 'blobs') {
    response.writeHead(method === 'HEAD' && store.blobs.has(asDigest(reference)) ? 200 : 404).end();
    return;
  }
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
        return refuse(400, 'MANIFEST_BLOB_UNKNOWN', 'Blob unknown');
      if (manifests.some((child) => !stored?.images.has(child.digest))) return refuse(400, 'MANIFEST_UNKNOWN', 'Child unknown');
      const put = store.put(repository, image as string, {
        bytes: body,
        mediaType: String(request.headers['content-type']),
        ...(!reference.startsWith('sha256:') && { tag: reference }),
      });
      response.writeHead(201, { 'docker-content-digest': put.digest }).end();
      return;
    }
    const found = stored?.images.get(digest);
    if (!found) return refuse(404, 'MANIFEST_UNKNOWN', `Failed to fetch "${reference}"`);
    if (method === 'DELETE') {
      deleteImage(repository, image as string, digest, false);
      response.writeHead(202).end();
      return;
    }
    response.writeHead(200, {
      'content-type': found.mediaType,
      'docker-content-digest': found.digest,
      'content-length': found.bytes.length,
    });
    response.end(method === 'HEAD' ? undefined : found.bytes);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    refuse(400, error.message.split(':')[0] as string, error.message);
  }
}
