import { ToolError } from '../diagnostics/tool-error.ts';
import { digestKey, namesAnotherDigest, parseDigestTag } from '../domain/attachment.ts';
import { createHash } from 'node:crypto';
import { type Digest, digestOf, isDigest } from '../domain/digest.ts';
import { asList, asObject, asText, type JsonObject, parseJsonObject } from '../domain/json.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import { isIndexType, OCI_INDEX } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { CopyPlace } from './copy-place.ts';

/** True of the tag under which an index lists what is attached to another digest (distribution-spec, "Referrers Tag Schema"). */
export function isFallbackTag(tag: string, { digest, mediaType }: RawManifest): boolean {
  return parseDigestTag(tag)?.suffix === '' && namesAnotherDigest(tag, digest) && isIndexType(mediaType);
}

/** Puts an index under a fallback tag. Where there is one already, what that does not list is added to it. */
export async function mergeIndex(to: CopyPlace, tag: string, index: RawManifest): Promise<void> {
  const wanted = asList(parseJsonObject(index.bytes)?.['manifests']) ?? [];
  const listed = await to.store.readIndex(to.repository, tag);
  if (!listed) await to.store.putManifest(to.repository, index, tag);
  else await addTo(to, tag, listed, wanted);
}

/**
 * Sees to it that what was copied with a `subject` is found by that subject: where the registry does not list it, it is added to the
 * index under the fallback tag, as the distribution-spec asks of whoever pushes it ("Pushing Manifests with Subject").
 */
export async function listAttachments(to: CopyPlace, copied: readonly RawManifest[]): Promise<void> {
  const bySubject = new Map<Digest, RawManifest[]>();
  for (const manifest of copied) {
    const subject = readManifestLinks(manifest.bytes)?.subject;
    if (subject !== undefined) bySubject.set(subject, [...(bySubject.get(subject) ?? []), manifest]);
  }
  for (const [subject, attached] of bySubject) {
    if (!copied.some(({ digest }) => digest === subject)) continue;
    const known = await to.store.referrersOf(to.repository, subject);
    const unknown = attached.filter(({ digest }) => !known.has(digest));
    if (unknown.length === 0) continue;
    const tag = digestKey(subject).replace(':', '-');
    await addTo(to, tag, (await to.store.readIndex(to.repository, tag)) ?? [], unknown.map(descriptorOf));
  }
}

async function addTo({ store, repository }: CopyPlace, tag: string, listed: readonly unknown[], wanted: readonly unknown[]): Promise<void> {
  const digests = new Set(listed.map(digestIn));
  const missing = wanted.filter((entry) => !digests.has(digestIn(entry)));
  if (missing.length === 0) return;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...listed, ...missing] }));
  const digest = digestOf(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  await store.putManifest(repository, { digest, mediaType: OCI_INDEX, bytes }, tag);
}

function digestIn(entry: unknown): Digest {
  const digest = asObject(entry)?.['digest'];
  if (isDigest(digest)) return digest;
  throw new ToolError('BAD_RESPONSE', 'An index of attachments lists something without a valid digest.', { hint: 'Look at that index.' });
}

/** How a list of referrers describes a manifest (distribution-spec, "Listing Referrers"). */
function descriptorOf({ digest, mediaType, bytes }: RawManifest): JsonObject {
  const manifest = parseJsonObject(bytes) ?? {};
  const artifactType = asText(manifest['artifactType']) ?? asText(asObject(manifest['config'])?.['mediaType']);
  const annotations = asObject(manifest['annotations']);
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
}
