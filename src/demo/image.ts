import { createHash } from 'node:crypto';
import { type Digest, digestOf } from '../domain/digest.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../domain/media-types.ts';

/** Bytes that a manifest points to, with their descriptor. */
export interface Content {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
  readonly annotations?: Annotations;
}

/** A manifest with everything that it needs: what a push sends. Made by the functions below, the same bytes for the same input. */
export interface Pushable extends Content {
  /** Config and layers. */
  readonly blobs: readonly Content[];
  /** Of an index. */
  readonly children: readonly Pushable[];
  /** `os/architecture[/variant]` of an image that has one. */
  readonly platform?: string;
  readonly subject?: Digest;
  /** Its own, or its config's media type: what a referrers list says of it. */
  readonly artifactType?: string;
}

export type Annotations = Readonly<Record<string, string>>;
/** `docker`: schema 2 and manifest lists in place of the OCI types. */
export type Format = 'oci' | 'docker';

const LAYER = { oci: 'application/vnd.oci.image.layer.v1.tar+gzip', docker: 'application/vnd.docker.image.rootfs.diff.tar.gzip' };
const CONFIG = { oci: 'application/vnd.oci.image.config.v1+json', docker: 'application/vnd.docker.container.image.v1+json' };
/** The empty config of an artifact (OCI image-spec, manifest.md, "Guidance for an Empty Descriptor"). */
export const EMPTY_CONFIG = content('application/vnd.oci.empty.v1+json', '{}');

export function content(mediaType: string, bytes: string | Buffer, annotations?: Annotations): Content {
  const buffer = Buffer.from(bytes);
  const digest = digestOf(`sha256:${createHash('sha256').update(buffer).digest('hex')}`);
  return { mediaType, digest, bytes: buffer, ...(annotations && { annotations }) };
}

/**
 * A layer of `size` bytes that depend on `seed` alone (its hash, repeated), so that images with the same seed share it. It is not a tar
 * archive.
 */
export function layer(seed: string, size: number, format: Format = 'oci'): Content {
  return content(LAYER[format], Buffer.alloc(size, createHash('sha256').update(seed).digest()));
}

export interface ImageParts {
  readonly layers: readonly Content[];
  /** ISO 8601; left out of the config where undefined. */
  readonly created?: string;
  readonly labels?: Annotations;
  readonly annotations?: Annotations;
  /** `os/architecture[/variant]`; default `linux/amd64`. */
  readonly platform?: string;
  readonly format?: Format;
}

/** A container image: config and manifest. */
export function image(parts: ImageParts): Pushable {
  const { layers, created, labels, annotations, platform = 'linux/amd64', format = 'oci' } = parts;
  const config = content(
    CONFIG[format],
    JSON.stringify({
      ...(created !== undefined && { created }),
      ...platformFields(platform),
      config: { ...(labels && { Labels: labels }) },
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const mediaType = format === 'oci' ? OCI_MANIFEST : DOCKER_MANIFEST;
  return { ...manifest(mediaType, { config: config, layers }, annotations), platform };
}

export interface ArtifactParts {
  readonly artifactType?: string;
  /** Default: {@link EMPTY_CONFIG}. */
  readonly config?: Content;
  readonly layers?: readonly Content[];
  readonly subject?: Content;
  readonly annotations?: Annotations;
}

/** An OCI artifact: an image manifest whose config is not that of a container. With `subject` it is a referrer. */
export function artifact({ artifactType, config = EMPTY_CONFIG, layers = [EMPTY_CONFIG], subject, annotations }: ArtifactParts): Pushable {
  return manifest(
    OCI_MANIFEST,
    { config, layers, ...(artifactType !== undefined && { artifactType }), ...(subject && { subject }) },
    annotations,
  );
}

/** A child of an index with what its descriptor says beyond the child itself. */
export interface IndexEntry {
  readonly child: Pushable;
  /** Default: the child's own. */
  readonly platform?: string;
  readonly annotations?: Annotations;
}

export interface IndexParts {
  readonly annotations?: Annotations;
  readonly subject?: Content;
  readonly artifactType?: string;
  readonly format?: Format;
}

/** An image index, or with `format: 'docker'` a manifest list. */
export function index(entries: readonly (Pushable | IndexEntry)[], parts: IndexParts = {}): Pushable {
  const { annotations, subject, artifactType, format = 'oci' } = parts;
  const children = entries.map((entry) => ('child' in entry ? entry : { child: entry }) as IndexEntry);
  const mediaType = format === 'oci' ? OCI_INDEX : DOCKER_LIST;
  const fields = {
    schemaVersion: 2,
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    manifests: children.map(({ child, platform = child.platform, annotations: own }) => ({
      ...descriptor({ ...child, ...(own && { annotations: own }) }, own !== undefined),
      ...(platform !== undefined && { platform: platformFields(platform) }),
    })),
    ...(subject && { subject: descriptor(subject, false) }),
    ...(annotations && { annotations }),
  };
  return {
    ...content(mediaType, JSON.stringify(fields), annotations),
    blobs: [],
    children: children.map(({ child }) => child),
    ...(subject && { subject: subject.digest }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

interface ManifestParts {
  readonly config: Content;
  readonly layers: readonly Content[];
  readonly artifactType?: string;
  readonly subject?: Content;
}

function manifest(mediaType: string, { config, layers, artifactType, subject }: ManifestParts, annotations?: Annotations): Pushable {
  const fields = {
    schemaVersion: 2,
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    config: descriptor(config, true),
    layers: layers.map((one) => descriptor(one, true)),
    ...(subject && { subject: descriptor(subject, false) }),
    ...(annotations && { annotations }),
  };
  return {
    ...content(mediaType, JSON.stringify(fields), annotations),
    blobs: [config, ...layers],
    children: [],
    artifactType: artifactType ?? config.mediaType,
    ...(subject && { subject: subject.digest }),
  };
}

function descriptor({ mediaType, digest, bytes, annotations }: Content, annotated: boolean): object {
  return { mediaType, digest, size: bytes.length, ...(annotated && annotations && { annotations }) };
}

function platformFields(platform: string): object {
  const [os, architecture, variant] = platform.split('/');
  return { os, architecture, ...(variant !== undefined && { variant }) };
}
