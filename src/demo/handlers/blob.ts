import { isDigest } from '../../domain/digest.ts';
import { errorReply, type Reply } from '../reply.ts';
import type { Call } from './call.ts';

/** GET, HEAD and DELETE of one blob. */
export function answerBlob(call: Call): Reply {
  const { reference: digest, storage, options, request } = call;
  if (!isDigest(digest)) return errorReply('DIGEST_INVALID', [{ digest }]);
  if (request.method === 'DELETE' && options.deleteEnabled === false) return errorReply('UNSUPPORTED');
  const repository = storage.repositories.get(call.repository);
  const bytes = repository?.blobs.has(digest) ? storage.blobs.get(digest) : undefined;
  if (!repository || !bytes) return errorReply('BLOB_UNKNOWN', [{ digest }]);
  if (request.method === 'DELETE') {
    repository.blobs.delete(digest);
    return { status: 202 };
  }
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
  };
  const range = request.headers.range;
  if (range === undefined) return { status: 200, headers, body: bytes };
  const cut = cutRange(range, bytes.length);
  if (!cut) return errorReply('RANGE_INVALID', [{ range }], { 'content-range': `bytes */${bytes.length}` });
  const [from, to] = cut;
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${from}-${to}/${bytes.length}` },
    body: bytes.subarray(from, to + 1),
  };
}

/** First and last byte of a `Range` header with one range (RFC 9110, 14.1.2); undefined if nothing of it can be given. */
function cutRange(header: string, length: number): [from: number, to: number] | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const from = match[1] === '' ? Math.max(0, length - Number(match[2])) : Number(match[1]);
  const to = match[1] === '' || match[2] === '' ? length - 1 : Math.min(Number(match[2]), length - 1);
  return from <= to ? [from, to] : undefined;
}
