import { quoted } from '../diagnostics/redact.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import { badAnswer, refused } from './answer-errors.ts';
import { digestedBytes, contentDigest } from './content-digest.ts';
import type { OciClient } from './client.ts';
import { hasManifest } from './manifest-content.ts';
import { resolveTag } from './tags.ts';

/** The digest that is there now under a tag or digest; undefined where nothing is. */
export type LookUp = (reference: string) => Promise<Digest | undefined>;

/**
 * Puts a manifest there, byte for byte, under its digest or a tag. It is done when the manifest, or the tag on it, is there afterwards, by
 * `lookUp` where HEAD is not the way to ask; a tag also if the registry answers that it was created, with the digest. Throws `BAD_RESPONSE`
 * where it is not, and where the bytes or the registry's answer have another digest.
 */
export async function putManifest(
  client: OciClient,
  repository: string,
  manifest: RawManifest,
  tag?: string,
  lookUp: LookUp = (reference) => lookUpByHead(client, repository, reference),
): Promise<void> {
  const { digest, mediaType, bytes } = manifest;
  const reference = tag ?? digest;
  const doing = `put the manifest ${client.label(repository, digest)}${tag === undefined ? '' : ` as ${tag}`}`;
  const digested = digestedBytes(bytes, mediaType);
  if (!digested || contentDigest(digested, digest) !== digest) throw badAnswer(doing, 'the bytes that were kept of it have another digest');
  const response = await client.putManifest(repository, reference, mediaType, bytes);
  if (response.status < 200 || response.status >= 300) throw refused(doing, response);
  const stored = response.headers['docker-content-digest'];
  if (stored !== undefined && stored !== digest) throw badAnswer(doing, `the registry stored it as ${quoted(stored)}`);
  // That is what is there under the tag, by the registry's own word.
  if (tag !== undefined && response.status === 201 && stored === digest) return;
  // The body says nothing: one registry answers "OK", and what answers a page may be no registry.
  if ((await lookUp(reference)) !== digest)
    throw badAnswer(
      doing,
      `the answer was ${response.status}, and ${tag === undefined ? 'the manifest' : 'the tag'} is not there afterwards`,
    );
}

async function lookUpByHead(client: OciClient, repository: string, reference: string): Promise<Digest | undefined> {
  if (!isDigest(reference)) return resolveTag(client, repository, reference);
  return (await hasManifest(client, repository, reference)) ? reference : undefined;
}
