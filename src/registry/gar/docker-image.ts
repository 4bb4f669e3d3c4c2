import { type Digest, isDigest } from '../../domain/digest.ts';
import { isTag } from '../../domain/tag.ts';
import { utcTime } from '../../domain/time.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { isUnknownPlatform, platformText } from '../../distribution/image-config.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
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

export interface ListedChild {
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
    throw badAnswer(doing, `the tags of ${image}@${digest} are no list of tags`);
  const children = asList(json['imageManifests'])?.map((child) => readChild(asObject(child) ?? {}, doing));
  if (!children) throw badAnswer(doing, `what the index ${image}@${digest} lists is no list`);
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
  throw badAnswer(doing, `it lists ${JSON.stringify(name).slice(0, 300)}, which is no image`);
}

function readChild(json: JsonObject, doing: string): ListedChild {
  const digest = json['digest'];
  if (!isDigest(digest)) throw badAnswer(doing, `an index lists ${JSON.stringify(digest ?? null).slice(0, 200)}, which is no digest`);
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
