import { isCosignTag } from '../../domain/attachment.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { utcTime } from '../../domain/time.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { isIndexType, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST } from '../../domain/media-types.ts';
import { isTag } from '../../domain/tag.ts';
import { isImageConfigType, isUnknownPlatform, platformText } from '../../distribution/image-config.ts';
import { lastPart } from './image-name.ts';

/** An image as `dockerImages.list` tells it. Times are ISO 8601 UTC. */
export interface DockerImage {
  /** The path of its package, slashes as they are. */
  readonly package: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly mediaType?: string;
  /** The manifest's own; its media type where that has none and a subject (API reference, `DockerImage.artifactType`). */
  readonly artifactType?: string;
  /** Bytes of its layers and config. */
  readonly size: number;
  /** `uploadTime`. Tagging it again changes only `updateTime`. */
  readonly pushedAt?: string;
  /** `buildTime`: what its config says. */
  readonly createdAt?: string;
  /** What an index lists; empty for anything else, and where the API does not say. */
  readonly children: readonly ListedChild[];
}

interface ListedChild {
  readonly digest: Digest;
  /** The list tells a platform of it: it is an image, or an attestation. */
  readonly hasPlatform: boolean;
  /** Of the platform `unknown/unknown`. */
  readonly attestation: boolean;
}

/** Reads one. Throws `BAD_RESPONSE` for one that leaves open what it is, which tags it has or what it lists. */
export function readDockerImage(json: JsonObject, doing: string): DockerImage {
  const [image, digest] = idIn(json, doing);
  const tags = asList(json['tags']);
  if (!tags?.every((tag): tag is string => typeof tag === 'string' && isTag(tag)))
    throw badAnswer(doing, `the tags of ${image}@${digest} are not all tags`);
  const children = asList(json['imageManifests'])?.map((child) => readChild(asObject(child) ?? {}, doing));
  if (!children) throw badAnswer(doing, `what the index ${image}@${digest} lists is not a list`);
  const mediaType = asText(json['mediaType']);
  const artifactType = asText(json['artifactType']);
  const pushedAt = timeIn(json, 'uploadTime', doing);
  const createdAt = timeIn(json, 'buildTime', doing);
  return {
    package: image,
    digest,
    tags,
    ...(mediaType !== undefined && { mediaType }),
    ...(artifactType !== undefined && { artifactType }),
    size: sizeIn(json, doing),
    ...(pushedAt !== undefined && { pushedAt }),
    ...(createdAt !== undefined && { createdAt }),
    children,
  };
}

/** Its package and digest, by its name: `…/dockerImages/team%2Fapp@sha256:…`. */
function idIn(json: JsonObject, doing: string): readonly [image: string, digest: Digest] {
  const name = asText(json['name']) ?? '';
  const [image = '', digest = '', ...more] = (lastPart(name, 'dockerImages') ?? '').split('@');
  if (image !== '' && isDigest(digest) && more.length === 0) return [image, digest];
  throw badAnswer(doing, `it lists ${JSON.stringify(name).slice(0, 300)}, which is not an image`);
}

function readChild(json: JsonObject, doing: string): ListedChild {
  const digest = json['digest'];
  if (!isDigest(digest)) throw badAnswer(doing, `an index lists ${JSON.stringify(digest ?? null).slice(0, 200)}, which is not a digest`);
  const attestation = isUnknownPlatform(json);
  return { digest, attestation, hasPlatform: attestation || platformText(json) !== undefined };
}

/** An int64, which JSON has as text. */
function sizeIn(json: JsonObject, doing: string): number {
  const text = json['imageSizeBytes'] ?? '0';
  const size = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw badAnswer(doing, `it lists an image with the size ${JSON.stringify(text).slice(0, 100)}`);
}

function timeIn(json: JsonObject, field: string, doing: string): string | undefined {
  const text = json[field];
  if (text === undefined || text === null) return undefined;
  const time = utcTime(text);
  if (time !== undefined) return time;
  throw badAnswer(doing, `its field "${field}" is ${JSON.stringify(text).slice(0, 100)}, which is not a time`);
}

/**
 * The images whose manifest must be read because the list does not tell enough: what an index lists, where the list leaves that out, and
 * what an artifact is attached to. A manifest with a subject also has an artifact type (API reference, `DockerImage.artifactType`), and
 * Docker's own manifests have neither. Artifacts without an artifact type, such as charts, are told from images by two things: only images
 * have a build time, or are listed by an index with a platform. Cosign's artifacts are known by their tags.
 */
export function imagesToRead(images: readonly DockerImage[]): DockerImage[] {
  const listed = new Map<Digest, ListedChild>();
  for (const { children } of images) for (const child of children) listed.set(child.digest, child);
  return images.filter((image) => mustRead(image, listed.get(image.digest)));
}

function mustRead({ digest, mediaType, artifactType, tags, createdAt, children }: DockerImage, listed: ListedChild | undefined): boolean {
  if (mediaType === undefined || !MANIFEST_TYPES.includes(mediaType)) return true;
  if (isIndexType(mediaType) && children.length === 0) return true;
  if (mediaType !== OCI_MANIFEST && mediaType !== OCI_INDEX) return mediaType.includes('.oci.');
  if (artifactType !== undefined) return isImageConfigType(artifactType) ? tags.length === 0 && !listed : true;
  if (mediaType === OCI_INDEX || createdAt !== undefined || listed?.hasPlatform === true) return false;
  return tags.length === 0 || tags.some((tag) => !isCosignTag(tag, digest));
}
