import { type Digest, isDigest } from './digest.ts';
import { asList, asObject, asText, type JsonObject, parseJsonObject } from './json.ts';
import { isBlobType } from './media-types.ts';

/** What else of its repository a manifest needs. */
export interface ManifestLinks {
  /** What an index lists, in order. */
  readonly children: readonly Digest[];
  /** Of these, what is a blob by its type, and not to be had as a manifest. Absent where there is none. */
  readonly blobs?: readonly Digest[];
  /** The manifest that it is attached to. */
  readonly subject?: Digest;
}

/** What an index lists that is to be had as a manifest. */
export function listedManifests({ children, blobs = [] }: ManifestLinks): readonly Digest[] {
  return children.filter((child) => !blobs.includes(child));
}

/** A manifest is not one that this program understands. The message says why, as the end of a sentence. */
export class MalformedManifest extends Error {}

/**
 * The links of a manifest, by field and whatever its type says: a link too many keeps something, a link too few loses it. Throws
 * {@link MalformedManifest} where they cannot be told.
 */
export function linksOf(manifest: JsonObject): ManifestLinks {
  const listed = asList(manifest['manifests']);
  if (!listed) throw new MalformedManifest('its field "manifests" is not a list');
  const children = listed.map((entry) => digestIn(entry, 'manifests'));
  const blobs = children.filter((_, place) => isBlobType(asText(asObject(listed[place])?.['mediaType']) ?? ''));
  const links = blobs.length === 0 ? { children } : { children, blobs };
  const { subject } = manifest;
  return subject === undefined || subject === null ? links : { ...links, subject: digestIn(subject, 'subject') };
}

/** The links of a manifest from its bytes; undefined where they cannot be told. */
export function readManifestLinks(bytes: Uint8Array): ManifestLinks | undefined {
  const manifest = parseJsonObject(bytes);
  try {
    return manifest && linksOf(manifest);
  } catch (error) {
    if (error instanceof MalformedManifest) return undefined;
    throw error;
  }
}

/** The digest of a descriptor in this field. Throws {@link MalformedManifest} where it has none. */
export function digestIn(descriptor: unknown, field: string): Digest {
  const digest = asObject(descriptor)?.['digest'];
  if (!isDigest(digest)) throw new MalformedManifest(`its field "${field}" has no valid digest`);
  return digest;
}
