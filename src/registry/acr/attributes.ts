import { type Digest, isDigest } from '../../domain/digest.ts';
import { isTag } from '../../domain/tag.ts';
import { utcTime } from '../../domain/time.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { platformText } from '../../distribution/image-config.ts';
import { asList, asObject, asText, type JsonObject, parseJsonObject } from '../../domain/json.ts';

/** What ACR says of a repository. */
export interface RepositoryAttributes {
  readonly manifestCount: number;
  readonly tagCount: number;
  /** None of its images may be deleted or changed. */
  readonly locked: boolean;
}

/** What ACR says of a manifest; what it lacks, it does not say. */
export interface ManifestAttributes {
  readonly digest: Digest;
  readonly mediaType: string;
  /** `os/architecture` of an image. */
  readonly platform?: string;
  /** When it was first pushed, ISO 8601 UTC. */
  readonly createdTime?: string;
  /** The same, or when its tags or attributes were last changed. */
  readonly lastUpdateTime?: string;
  /** Some of its tags: not more than a few (Azure/acr#529). */
  readonly tags: readonly string[];
  readonly locked: boolean;
}

/** What ACR says of a tag. */
export interface TagAttributes {
  readonly name: string;
  readonly digest: Digest;
  /** When it was last set, ISO 8601 UTC. */
  readonly lastUpdateTime?: string;
  readonly locked: boolean;
}

/**
 * Reads an answer about one repository, tag or manifest, or a page of a list. Throws `BAD_RESPONSE` for an answer about something else,
 * since ACR itself never sends one.
 */
export function openAnswer(response: HttpResponse, repository: string, doing: string): JsonObject {
  const json = parseJsonObject(response.body);
  if (json?.['imageName'] === repository) return json;
  throw badAnswer(doing, `the answer is not about the repository ${repository}`);
}

/** A field of a page that is a list; absent where it is empty. */
export function entriesOf(page: JsonObject, field: string, doing: string): readonly unknown[] {
  const list = asList(page[field]);
  if (!list) throw badAnswer(doing, `its field "${field}" is not a list`);
  return list;
}

/** Throws `BAD_RESPONSE` for one that lacks counts or locks. */
export function repositoryAttributes(json: JsonObject, doing: string): RepositoryAttributes {
  const count = (field: string): number => {
    const value = json[field];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw badAnswer(doing, `its field "${field}" is not a number`);
    return value;
  };
  const attributes = asObject(json['changeableAttributes']);
  if (typeof attributes?.['writeEnabled'] !== 'boolean') throw badAnswer(doing, 'it does not say whether it is locked');
  // `deleteEnabled` of a repository keeps it from being deleted as a whole, and its images not (container-registry-image-lock.md).
  return { manifestCount: count('manifestCount'), tagCount: count('tagCount'), locked: !attributes['writeEnabled'] };
}

/** Throws `BAD_RESPONSE` for one without a digest, or with something among its tags that is not a tag. */
export function manifestAttributes(value: unknown, doing: string): ManifestAttributes {
  const json = asObject(value);
  const digest = digestOf(json, doing);
  const platform = platformText(json);
  const createdTime = utcTime(json?.['createdTime']);
  const lastUpdateTime = utcTime(json?.['lastUpdateTime']);
  return {
    digest,
    mediaType: asText(json?.['mediaType']) ?? '',
    ...(platform !== undefined && { platform }),
    ...(createdTime !== undefined && { createdTime }),
    ...(lastUpdateTime !== undefined && { lastUpdateTime }),
    tags: entriesOf(json ?? {}, 'tags', doing).map((tag) => tagName(tag, doing)),
    locked: isLocked(json),
  };
}

/** Throws `BAD_RESPONSE` for one without a name or a digest. */
export function tagAttributes(value: unknown, doing: string): TagAttributes {
  const json = asObject(value);
  const lastUpdateTime = utcTime(json?.['lastUpdateTime']);
  return {
    name: tagName(json?.['name'], doing),
    digest: digestOf(json, doing),
    ...(lastUpdateTime !== undefined && { lastUpdateTime }),
    locked: isLocked(json),
  };
}

/** Either of the two forbids deletion (container-registry-image-lock.md). What does not say that both are allowed is taken for locked. */
function isLocked(json: JsonObject | undefined): boolean {
  const attributes = asObject(json?.['changeableAttributes']);
  return attributes?.['deleteEnabled'] !== true || attributes['writeEnabled'] !== true;
}

function digestOf(json: JsonObject | undefined, doing: string): Digest {
  const digest = json?.['digest'];
  if (isDigest(digest)) return digest;
  throw badAnswer(doing, 'it names something without a valid digest');
}

function tagName(value: unknown, doing: string): string {
  if (typeof value === 'string' && isTag(value)) return value;
  throw badAnswer(doing, `it names ${JSON.stringify(value)?.slice(0, 200)}, which is not a tag`);
}
