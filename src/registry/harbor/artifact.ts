import { type Digest, isDigest } from '../../domain/digest.ts';
import type { FindingGroup, ScanState, Severity } from '../../domain/inventory.ts';
import { isTag } from '../../domain/tag.ts';
import { utcTime } from '../../domain/time.ts';
import { readScanOverview } from './scan-overview.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { isUnknownPlatform, platformText } from '../../distribution/image-config.ts';
import { asList, asObject, asText, asTextMap, type JsonObject } from '../../domain/json.ts';

/** An artifact as the API tells it (swagger, `Artifact`). Times are ISO 8601 UTC; one that Harbor does not have is missing. */
export interface Artifact {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Media type of the config; of an index its own. */
  readonly configType: string;
  /** Empty before Harbor 2.11, and where there is none. */
  readonly artifactType: string;
  /** Bytes; an index counts its children too. */
  readonly size: number;
  readonly pushedAt?: string;
  readonly pulledAt?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** From the image's config, as written there. */
  readonly created?: string;
  readonly imageLabels?: Readonly<Record<string, string>>;
  readonly platform?: string;
  /** Names of the labels that users of Harbor have put on it. */
  readonly labels: readonly string[];
  readonly children: readonly Child[];
  readonly tags: readonly ArtifactTag[];
  readonly accessories: readonly Accessory[];
  readonly vulnerability?: Severity;
  readonly findings?: readonly FindingGroup[];
  readonly scan?: ScanState;
}

/** An entry of an index. */
interface Child {
  readonly digest: Digest;
  readonly platform?: string;
  /** An attestation and no image. */
  readonly attestation: boolean;
}

export interface ArtifactTag {
  readonly name: string;
  readonly pushedAt?: string;
  /** False also where the status was not asked for. */
  readonly immutable: boolean;
}

/** What is attached to an artifact. It is an artifact itself, that lists leave out. */
export interface Accessory {
  readonly digest: Digest;
  /** `signature.cosign`, `signature.notation`, `sbom.harbor`, `accelerator.nydus`, or `subject.accessory` for any other referrer. */
  readonly type: string;
  readonly size: number;
  readonly createdAt?: string;
}

/** Everything that the inventory needs of an artifact. */
export const IN_FULL = 'with_tag=true&with_label=true&with_scan_overview=true&with_immutable_status=true&with_accessory=true';

/** Reads an artifact. Throws `BAD_RESPONSE` for one that leaves open what it is, or what belongs to it. */
export function readArtifact(json: JsonObject, doing: string): Artifact {
  const digest = digestIn(json, 'digest', doing);
  const mediaType = asText(json['manifest_media_type']);
  if (mediaType === undefined) throw badAnswer(doing, `the artifact ${digest} has no media type`);
  const extra = asObject(json['extra_attrs']);
  const pushedAt = time(json['push_time']);
  const tags = listIn(json, 'tags', doing).map((tag) => readTag(tag, doing));
  const pulledAt = newest([time(json['pull_time']), ...listIn(json, 'tags', doing).map((tag) => time(tag['pull_time']))]);
  const annotations = asTextMap(json['annotations']);
  const created = asText(extra?.['created']);
  const imageLabels = asTextMap(asObject(extra?.['config'])?.['Labels']);
  const platform = extra && platformText(extra);
  return {
    digest,
    mediaType,
    configType: asText(json['media_type']) ?? '',
    artifactType: asText(json['artifact_type']) ?? '',
    size: sizeIn(json, doing),
    ...(pushedAt !== undefined && { pushedAt }),
    ...(pulledAt !== undefined && { pulledAt }),
    ...(annotations && { annotations }),
    ...(created !== undefined && { created }),
    ...(imageLabels && { imageLabels }),
    ...(platform !== undefined && { platform }),
    labels: listIn(json, 'labels', doing).flatMap((label) => asText(label['name']) ?? []),
    children: listIn(json, 'references', doing).map((reference) => readChild(reference, doing)),
    tags,
    accessories: listIn(json, 'accessories', doing).map((accessory) => readAccessory(accessory, doing)),
    ...readScanOverview(asObject(json['scan_overview'])),
  };
}

function readTag(json: JsonObject, doing: string): ArtifactTag {
  const name = json['name'];
  if (typeof name !== 'string' || !isTag(name))
    throw badAnswer(doing, `it lists ${JSON.stringify(name ?? null).slice(0, 200)}, which is not a tag`);
  const pushedAt = time(json['push_time']);
  return { name, immutable: json['immutable'] === true, ...(pushedAt !== undefined && { pushedAt }) };
}

function readChild(json: JsonObject, doing: string): Child {
  const fields = asObject(json['platform']);
  const platform = platformText(fields);
  const attestation = isUnknownPlatform(fields) || asTextMap(json['annotations'])?.['vnd.docker.reference.type'] === 'attestation-manifest';
  return { digest: digestIn(json, 'child_digest', doing), attestation, ...(platform !== undefined && { platform }) };
}

function readAccessory(json: JsonObject, doing: string): Accessory {
  const createdAt = time(json['creation_time']);
  return {
    digest: digestIn(json, 'digest', doing),
    type: asText(json['type']) ?? '',
    size: sizeIn(json, doing),
    ...(createdAt !== undefined && { createdAt }),
  };
}

function listIn(json: JsonObject, field: string, doing: string): readonly JsonObject[] {
  const list = asList(json[field]);
  if (!list) throw badAnswer(doing, `its field "${field}" is not a list`);
  return list.map((entry) => asObject(entry) ?? {});
}

function digestIn(json: JsonObject, field: string, doing: string): Digest {
  const digest = json[field];
  if (isDigest(digest)) return digest;
  throw badAnswer(doing, `it lists something with the ${field} ${JSON.stringify(digest ?? null).slice(0, 200)}, which is not a digest`);
}

function sizeIn(json: JsonObject, doing: string): number {
  const size = json['size'] ?? 0;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw badAnswer(doing, `it lists something with the size ${JSON.stringify(size).slice(0, 100)}`);
}

/** A time; undefined for Go's zero time, which means "never", and for a text that is not a time. */
function time(value: unknown): string | undefined {
  const text = utcTime(value);
  return text === undefined || text < '0002' ? undefined : text;
}

/** The newest of some times, all of one form; undefined where there are none. */
export function newest(times: readonly (string | undefined)[]): string | undefined {
  return times.reduce<string | undefined>(
    (latest, at) => (at !== undefined && (latest === undefined || at > latest) ? at : latest),
    undefined,
  );
}
