import { createHash, randomUUID } from 'node:crypto';
import { type Digest, digestOf, isDigest } from '../../domain/digest.ts';
import { errorReply, type Reply } from '../reply.ts';
import type { Call } from './call.ts';

/** POST: begins an upload, mounts a blob of another repository (`mount`, `from`), or takes a whole blob at once (`digest`). */
export function answerUploads(call: Call): Reply {
  const { query, storage, request } = call;
  const mount = query.get('mount');
  if (mount !== null) {
    if (!isDigest(mount)) return errorReply('DIGEST_INVALID', [{ digest: mount }]);
    const source = storage.repositories.get(query.get('from') ?? '');
    if (source?.blobs.has(mount)) {
      storage.repository(call.repository).blobs.add(mount);
      return created(call, mount);
    }
  }
  if (query.has('digest')) return finish(call, request.body);
  const id = randomUUID();
  storage.repository(call.repository).uploads.set(id, Buffer.alloc(0));
  return { status: 202, headers: progress(call, id, 0) };
}

/** One upload under way: GET tells how far it is, PATCH adds a chunk, PUT adds the last one and closes, DELETE cancels. */
export function answerUpload(call: Call): Reply {
  const { reference: id, request, storage } = call;
  const uploads = storage.repositories.get(call.repository)?.uploads;
  const had = uploads?.get(id);
  if (!uploads || !had) return errorReply('BLOB_UPLOAD_UNKNOWN', [{ id }]);
  if (request.method === 'DELETE') {
    uploads.delete(id);
    return { status: 204 };
  }
  if (request.method === 'GET') return { status: 204, headers: progress(call, id, had.length) };
  const range = request.headers['content-range'];
  if (range !== undefined && range !== `${had.length}-${had.length + request.body.length - 1}`) {
    return errorReply('RANGE_INVALID', [{ range, received: had.length }], progress(call, id, had.length));
  }
  const now = request.body.length > 0 ? Buffer.concat([had, request.body]) : had;
  if (request.method === 'PATCH') {
    uploads.set(id, now);
    return { status: 202, headers: progress(call, id, now.length) };
  }
  uploads.delete(id);
  return finish(call, now);
}

function finish(call: Call, bytes: Buffer): Reply {
  const digest = call.query.get('digest') ?? '';
  if (!isDigest(digest) || digestLike(digest, bytes) !== digest) return errorReply('DIGEST_INVALID', [{ digest }]);
  call.storage.blobs.set(digest, bytes);
  call.storage.repository(call.repository).blobs.add(digest);
  return created(call, digest);
}

/** The digest of `bytes` by the algorithm of the digest `like`. */
export function digestLike(like: Digest, bytes: Uint8Array): Digest {
  const algorithm = like.slice(0, like.indexOf(':'));
  return digestOf(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
}

function created(call: Call, digest: string): Reply {
  return { status: 201, headers: { location: `/v2/${call.repository}/blobs/${digest}`, 'docker-content-digest': digest } };
}

/** Headers that say where to go on; an empty upload has the range `0-0`, as in distribution. */
function progress(call: Call, id: string, received: number): Record<string, string> {
  return {
    location: `/v2/${call.repository}/blobs/uploads/${id}?_state=${received}`,
    range: `0-${Math.max(0, received - 1)}`,
    'docker-upload-uuid': id,
  };
}
