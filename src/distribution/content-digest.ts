import { hash } from 'node:crypto';
import { type Digest, digestOf } from '../domain/digest.ts';
import { SIGNED_SCHEMA1 } from '../domain/media-types.ts';
import { parseJsonObject, asList, asObject, asText } from '../domain/json.ts';

/** The digest of bytes; by the algorithm of `like` where that is given, else sha256, which every registry uses by default. */
export function contentDigest(bytes: Uint8Array, like?: Digest): Digest {
  const algorithm = like === undefined ? 'sha256' : algorithmOf(like);
  return digestOf(`${algorithm}:${hash(algorithm, bytes)}`);
}

/** True of bytes that have this digest. */
export function hasDigest(bytes: Uint8Array, digest: Digest): boolean {
  const algorithm = algorithmOf(digest);
  return digest.slice(algorithm.length + 1) === hash(algorithm, bytes);
}

function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'));
}

/**
 * The bytes that the digest of a manifest is made from: all of them, but for a signed schema 1 manifest the payload that was
 * signed, which the signature describes as a length and a tail (docker/libtrust, jsonsign.go). Undefined where such a manifest has
 * no signature that describes it.
 */
export function digestedBytes(bytes: Uint8Array, mediaType: string): Uint8Array | undefined {
  if (mediaType !== SIGNED_SCHEMA1) return bytes;
  const [signature] = asList(parseJsonObject(bytes)?.['signatures']) ?? [];
  const described = parseJsonObject(Buffer.from(asText(asObject(signature)?.['protected']) ?? '', 'base64url'));
  const length = described?.['formatLength'];
  const tail = asText(described?.['formatTail']);
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || length > bytes.length || tail === undefined)
    return undefined;
  return Buffer.concat([bytes.subarray(0, length), Buffer.from(tail, 'base64url')]);
}
