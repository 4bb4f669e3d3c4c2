import { type Digest, isDigest } from '../domain/digest.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, isIndexType, OCI_INDEX, OCI_MANIFEST } from '../domain/media-types.ts';

/** A descriptor (OCI image-spec, descriptor.md), as far as the registry looks at it. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** What the registry reads out of a manifest. */
export interface ManifestFields {
  /** Config and layers, of an image. */
  readonly blobs: readonly Descriptor[];
  /** Of an index. */
  readonly children: readonly Descriptor[];
  readonly subject?: Digest;
  /** Its own, or the media type of its config (distribution-spec, "Listing Referrers"). */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const TAKEN = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST];

/** Reads a manifest. Answers a sentence with the reason if a registry would not accept it. */
export function readManifestFields(mediaType: string, bytes: Buffer): ManifestFields | string {
  if (!TAKEN.includes(mediaType)) return `unsupported manifest media type "${mediaType}"`;
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch (error) {
    return `the manifest is not JSON: ${(error as Error).message}`;
  }
  if (json === null || typeof json !== 'object' || json['schemaVersion'] !== 2) return 'the manifest has no schemaVersion 2';
  if (json['mediaType'] !== undefined && json['mediaType'] !== mediaType) {
    return `mediaType "${String(json['mediaType'])}" in the manifest is not the content type "${mediaType}"`;
  }
  const index = isIndexType(mediaType);
  const blobs = index ? [] : [json['config'], ...list(json['layers'])];
  const children = index ? list(json['manifests']) : [];
  const subject = json['subject'];
  const descriptors = [...blobs, ...children, ...(subject === undefined ? [] : [subject])];
  if (!descriptors.every(isDescriptor)) return 'a descriptor has no mediaType, digest or size';
  const config = index ? undefined : (json['config'] as Descriptor);
  const artifactType = (json['artifactType'] as string | undefined) ?? config?.mediaType;
  return {
    blobs: blobs as Descriptor[],
    children: children as Descriptor[],
    ...(subject !== undefined && { subject: (subject as Descriptor).digest }),
    ...(artifactType !== undefined && { artifactType }),
    ...(json['annotations'] !== undefined && { annotations: json['annotations'] as Record<string, string> }),
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isDescriptor(value: unknown): value is Descriptor {
  if (value === null || typeof value !== 'object') return false;
  const { mediaType, digest, size } = value as Partial<Descriptor>;
  return typeof mediaType === 'string' && isDigest(digest) && Number.isInteger(size);
}
