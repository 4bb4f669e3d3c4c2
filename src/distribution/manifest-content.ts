import { quoted } from '../diagnostics/redact.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { MalformedManifest } from '../domain/manifest-links.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import { badAnswer, isManifestUnknown, refused } from './answer-errors.ts';
import { digestedBytes, contentDigest } from './content-digest.ts';
import { bareType, type ManifestDocument, readManifestDocument } from './manifest-document.ts';
import type { OciClient } from './client.ts';

/** A manifest as received, checked against its digest. */
export interface ManifestContent {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** The bytes that the digest was made from: all of them, or what was signed in a signed schema 1 manifest. */
  readonly digested: Uint8Array;
  /** The Content-Type without parameters. */
  readonly contentType: string;
}

/**
 * Checks an answer with status 200 against `expected`, or against the digest that the registry names where nothing is expected.
 * Where the registry names none either (the header is optional, distribution-spec "Pulling manifests"), the digest is computed.
 * Throws `BAD_RESPONSE` where they differ.
 */
export function openManifest(response: HttpResponse, doing: string, expected?: Digest): ManifestContent {
  const named = expected ?? response.headers['docker-content-digest'];
  const wanted = named === undefined ? undefined : headDigest(named, doing);
  const contentType = bareType(response.headers['content-type']);
  const digested = digestedBytes(response.body, contentType);
  if (!digested) throw badAnswer(doing, 'it is a signed manifest without a signature that can be read');
  const digest = contentDigest(digested, wanted);
  if (wanted !== undefined && digest !== wanted)
    throw badAnswer(doing, `what the registry sent has the digest ${digest} and not ${wanted}`);
  return { digest, bytes: response.body, digested, contentType };
}

/** The digest in a header. Throws `BAD_RESPONSE` for something else. */
export function headDigest(text: string, doing: string): Digest {
  if (isDigest(text)) return text;
  throw badAnswer(doing, `the registry calls it ${quoted(text)}, which is not a digest`);
}

/** What a manifest says, from bytes that were checked. Throws `BAD_RESPONSE` for a manifest that is not understood. */
export function understand(digested: Uint8Array, digest: Digest, contentType: string, doing: string): ManifestDocument {
  try {
    return readManifestDocument(digested, digest, contentType);
  } catch (error) {
    if (error instanceof MalformedManifest) throw badAnswer(doing, error.message);
    throw error;
  }
}

/** Whether a manifest is there. A HEAD says yes; what it does not say, the body of a GET does. */
export async function hasManifest(client: OciClient, repository: string, digest: Digest): Promise<boolean> {
  const head = await client.headManifest(repository, digest);
  if (head.status === 200 && head.headers['docker-content-digest'] === digest) return true;
  return (await readManifest(client, repository, digest)) !== undefined;
}

/** A manifest's bytes; undefined only where the registry says that this manifest is not there. */
export async function readManifest(client: OciClient, repository: string, digest: Digest): Promise<RawManifest | undefined> {
  const doing = `read the manifest ${client.label(repository, digest)}`;
  const response = await client.getManifest(repository, digest);
  if (isManifestUnknown(response)) return undefined;
  if (response.status !== 200) throw refused(doing, response);
  const { bytes, digested, contentType } = openManifest(response, doing, digest);
  return { digest, bytes, mediaType: understand(digested, digest, contentType, doing).mediaType };
}
