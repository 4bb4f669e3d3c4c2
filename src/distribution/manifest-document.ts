import { quoted } from '../diagnostics/redact.ts';
import type { Digest } from '../domain/digest.ts';
import type { Blob } from '../domain/inventory.ts';
import { digestIn, linksOf, MalformedManifest } from '../domain/manifest-links.ts';
import { isBlobType, isIndexType, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST, SCHEMA1, SIGNED_SCHEMA1 } from '../domain/media-types.ts';
import { predicatesIn } from '../domain/predicates.ts';
import { type ImageConfig, isImageConfigType, isUnknownPlatform, platformText, readImageConfig } from './image-config.ts';
import { asList, asObject, asText, asTextMap, type JsonObject, parseJsonObject } from '../domain/json.ts';

/** A descriptor (OCI image-spec, descriptor.md); `mediaType` is empty where it names none. */
interface Descriptor extends Blob {
  readonly mediaType: string;
}

/** One entry of an index. */
export interface ChildDescriptor extends Descriptor {
  /** `os/architecture[/variant]`, where the entry says so. */
  readonly platform?: string;
  /** An attestation and no image (moby/buildkit, docs/attestations/attestation-storage.md). */
  readonly attestation: boolean;
}

/** A manifest, read. */
export interface ManifestDocument {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Its own length. */
  readonly bytes: number;
  /** Entries of an index, in order. */
  readonly children: readonly ChildDescriptor[];
  readonly config?: Descriptor | undefined;
  /**
   * Config and layers, each once; undefined where the manifest does not tell their sizes (schema 1). Of an index the blobs that it lists,
   * where there are any.
   */
  readonly parts?: readonly Blob[] | undefined;
  readonly subject?: Digest | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** The predicate types of the in-toto statements in it; undefined where its annotations do not tell all of them. */
  readonly predicates?: readonly string[] | undefined;
  /** The image's config, where the manifest itself holds it (schema 1). */
  readonly image?: ImageConfig | undefined;
}

/** Content types that say nothing about what a manifest is. */
const VAGUE_TYPES = ['', 'application/json', 'application/octet-stream', 'text/plain'];

/**
 * Reads a manifest of any of the {@link MANIFEST_TYPES}. `contentType` is what the registry or a descriptor says it is. Throws
 * {@link MalformedManifest} for anything that leaves open what the manifest holds: what is not understood must not be judged.
 */
export function readManifestDocument(bytes: Uint8Array, digest: Digest, contentType: string): ManifestDocument {
  const json = parseJsonObject(bytes);
  if (!json) throw new MalformedManifest('it is not a JSON object');
  const mediaType = manifestType(json, contentType);
  const index = isIndexType(mediaType);
  const { children, subject } = linksOf(json);
  if (index && !('manifests' in json)) throw new MalformedManifest('it is an index without a list of manifests');
  if (!index && children.length > 0) throw new MalformedManifest('it lists manifests although it is not an index');
  if (mediaType === SIGNED_SCHEMA1 || mediaType === SCHEMA1)
    return { digest, mediaType, bytes: bytes.length, children: [], image: embeddedImage(json) };
  const config = isGiven(json['config']) ? descriptor(json['config'], 'config') : undefined;
  if (index && config) throw new MalformedManifest('it is an index and has a config');
  const parts = [...(config ? [config] : []), ...descriptors(json['layers'], 'layers'), ...descriptors(json['blobs'], 'blobs')];
  const artifactType =
    asText(json['artifactType']) ?? (config && !isImageConfigType(config.mediaType) ? asText(config.mediaType) : undefined);
  const annotations = asTextMap(json['annotations']);
  const predicates = predicatesOf(annotations, asList(json['layers']) ?? []);
  const entries = (asList(json['manifests']) ?? []).map(child);
  const listed = entries.filter((entry) => isBlobType(entry.mediaType));
  // Every field each time, so that all documents are alike and cost the engine little.
  return {
    digest,
    mediaType,
    bytes: bytes.length,
    children: entries,
    config,
    parts: index && listed.length === 0 ? undefined : blobsOf([...parts, ...listed]),
    subject,
    artifactType,
    annotations,
    predicates,
  };
}

/** The entries of an index that are to be had as manifests: a cache of BuildKit lists layers. */
export function listedManifests({ children }: ManifestDocument): readonly ChildDescriptor[] {
  return children.filter(({ mediaType }) => !isBlobType(mediaType));
}

/** Each once. */
function blobsOf(parts: readonly Descriptor[]): Blob[] {
  const blobs = new Map<Digest, Blob>();
  for (const { digest, size } of parts) blobs.set(digest, { digest, size });
  return [...blobs.values()];
}

/** Told by the manifest, or by each of its layers. */
function predicatesOf(annotations: ManifestDocument['annotations'], layers: readonly unknown[]): readonly string[] | undefined {
  const own = predicatesIn(annotations);
  if (own.length > 0) return own;
  const told = layers.map((layer) => predicatesIn(asTextMap(asObject(layer)?.['annotations'])));
  return told.length > 0 && told.every((one) => one.length > 0) ? [...new Set(told.flat())] : undefined;
}

/** The media type without parameters of a Content-Type header. */
export function bareType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]!.trim().toLowerCase();
}

/**
 * The type of a manifest: what it says itself, else what the registry says, else, where that says nothing, what it looks like (the
 * field `mediaType` is optional in OCI manifests).
 */
function manifestType(json: JsonObject, contentType: string): string {
  const own = asText(json['mediaType']);
  if (own !== undefined && MANIFEST_TYPES.includes(own)) return own;
  const told = bareType(contentType);
  if (MANIFEST_TYPES.includes(told)) return told;
  if (own === undefined && VAGUE_TYPES.includes(told)) {
    if (json['manifests'] !== undefined) return OCI_INDEX;
    if (json['config'] !== undefined && json['layers'] !== undefined) return OCI_MANIFEST;
  }
  throw new MalformedManifest(`its type ${quoted(own ?? contentType)} is not a type of manifests`);
}

function descriptors(value: unknown, field: string): Descriptor[] {
  const list = asList(value);
  if (!list) throw new MalformedManifest(`its field "${field}" is not a list`);
  return list.map((entry) => descriptor(entry, field));
}

function descriptor(value: unknown, field: string): Descriptor {
  const json = asObject(value);
  const digest = digestIn(value, field);
  const size = json?.['size'];
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new MalformedManifest(`its field "${field}" has no valid size`);
  return { digest, size, mediaType: asText(json?.['mediaType']) ?? '' };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function child(value: unknown): ChildDescriptor {
  const json = asObject(value);
  const platform = asObject(json?.['platform']);
  const text = platformText(platform);
  const attestation =
    isUnknownPlatform(platform) || asTextMap(json?.['annotations'])?.['vnd.docker.reference.type'] === 'attestation-manifest';
  return { ...descriptor(value, 'manifests'), attestation, ...(text !== undefined && { platform: text }) };
}

/**
 * The config of the newest layer, which schema 1 keeps as a text within the manifest (docker/docs, image manifest version 2 schema
 * 1, "history").
 */
function embeddedImage(json: JsonObject): ImageConfig | undefined {
  const [newest] = asList(json['history']) ?? [];
  const config = parseJsonObject(Buffer.from(asText(asObject(newest)?.['v1Compatibility']) ?? ''));
  return config && readImageConfig(config);
}
