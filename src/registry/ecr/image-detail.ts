import { type Digest, isDigest } from '../../domain/digest.ts';
import { type ScanState, type Severity, SEVERITIES } from '../../domain/inventory.ts';
import { DOCKER_MANIFEST, isIndexType, MANIFEST_TYPES, OCI_MANIFEST, SCHEMA1, SIGNED_SCHEMA1 } from '../../domain/media-types.ts';
import { isTag } from '../../domain/tag.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { isImageConfigType } from '../../distribution/image-config.ts';

/** An image as DescribeImages tells it (`ImageDetail`). Times are ISO 8601 UTC. */
export interface ImageDetail {
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly mediaType?: string;
  /** The manifest's artifact type, or else its config's media type. */
  readonly artifactType?: string;
  /** Bytes of its layers and config; of an index that of its largest image. */
  readonly size: number;
  readonly pushedAt?: string;
  /** Right to the day alone: ECR need not write down more than one pull in 24 hours. */
  readonly pulledAt?: string;
  /** When it was last taken out of the archive. */
  readonly unarchivedAt?: string;
  /** What it is attached to. */
  readonly subject?: Digest;
  /** In the archive, or on its way back: it cannot be pulled. */
  readonly archived: boolean;
  readonly vulnerability?: Severity;
  readonly scan?: ScanState;
}

/** Reads one. Throws `BAD_RESPONSE` for one that leaves open what it is or which tags it has. */
export function readImageDetail(value: unknown, doing: string): ImageDetail {
  const json = asObject(value) ?? {};
  const digest = digestIn(json['imageDigest'], doing);
  const tags = asList(json['imageTags']);
  const size = json['imageSizeInBytes'] ?? 0;
  if (!tags?.every((tag): tag is string => typeof tag === 'string' && isTag(tag)))
    throw badAnswer(doing, `the tags of ${digest} are not all tags`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw badAnswer(doing, `the size of ${digest} is ${JSON.stringify(size).slice(0, 100)}`);
  const mediaType = asText(json['imageManifestMediaType']);
  const artifactType = asText(json['artifactMediaType']);
  const pushedAt = timeIn(json, 'imagePushedAt', doing);
  const pulledAt = timeIn(json, 'lastRecordedPullTime', doing);
  const unarchivedAt = timeIn(json, 'lastActivatedAt', doing);
  const subject = json['subjectManifestDigest'] === undefined ? undefined : digestIn(json['subjectManifestDigest'], doing);
  const status = json['imageStatus'] ?? 'ACTIVE';
  const vulnerability = worstFinding(json);
  const scan = vulnerability ? undefined : scanStateOf(json['imageScanStatus']);
  return {
    digest,
    tags,
    ...(mediaType !== undefined && { mediaType }),
    ...(artifactType !== undefined && { artifactType }),
    size,
    ...(pushedAt !== undefined && { pushedAt }),
    ...(pulledAt !== undefined && { pulledAt }),
    ...(unarchivedAt !== undefined && { unarchivedAt }),
    ...(subject !== undefined && { subject }),
    archived: status !== 'ACTIVE',
    ...(vulnerability && { vulnerability }),
    ...(scan && { scan }),
  };
}

function digestIn(value: unknown, doing: string): Digest {
  if (isDigest(value)) return value;
  throw badAnswer(doing, `it names ${JSON.stringify(value ?? null).slice(0, 200)}, which is not a digest`);
}

function timeIn(json: JsonObject, field: string, doing: string): string | undefined {
  const time = json[field];
  if (time === undefined || time === null) return undefined;
  if (time instanceof Date && !Number.isNaN(time.getTime())) return time.toISOString();
  throw badAnswer(doing, `its field "${field}" is not a time`);
}

/**
 * ECR's severities. A finding that is only informational counts as none; one of the severity UNDEFINED says nothing (API reference,
 * `ImageScanFindingsSummary`).
 */
const FINDINGS: Readonly<Record<string, Severity>> = {
  INFORMATIONAL: 'none',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
  CRITICAL: 'critical',
};
/** Basic and enhanced scanning, each where it has an answer. */
const SCANNED = ['COMPLETE', 'ACTIVE'];

/** The states of a scan without a result, and what they mean (API reference, `ImageScanStatus`). */
const SCAN_STATES: Readonly<Record<string, ScanState>> = {
  IN_PROGRESS: 'pending',
  PENDING: 'pending',
  FAILED: 'failed',
  LIMIT_EXCEEDED: 'failed',
  FINDINGS_UNAVAILABLE: 'failed',
  SCAN_ELIGIBILITY_EXPIRED: 'failed',
  UNSUPPORTED_IMAGE: 'unsupported',
  IMAGE_ARCHIVED: 'unsupported',
};

/** Why there is no result of a scan; undefined where there is one, and where nobody has asked for a scan. */
export function scanStateOf(status: unknown): ScanState | undefined {
  const state = asText(asObject(status)?.['status']) ?? '';
  return Object.hasOwn(SCAN_STATES, state) ? SCAN_STATES[state] : undefined;
}

/** The worst finding of the last scan that was finished; undefined where nothing was scanned, or no finding says how bad it is. */
function worstFinding(json: JsonObject): Severity | undefined {
  const summary = asObject(json['imageScanFindingsSummary']);
  if (!summary) return undefined;
  const counts = Object.entries(asObject(summary['findingSeverityCounts']) ?? {}).filter(
    ([, count]) => typeof count === 'number' && count > 0,
  );
  if (counts.length === 0) return SCANNED.includes(asText(asObject(json['imageScanStatus'])?.['status']) ?? '') ? 'none' : undefined;
  return SEVERITIES[Math.max(-1, ...counts.map(([name]) => SEVERITIES.indexOf(FINDINGS[name] ?? ('' as Severity))))];
}

/**
 * True if the manifest of an image must be read: of an index, for its children; of a type that is not known here; of an image in the
 * archive, to see whether it can be read at all; and of an untagged artifact for which ECR names no subject, since nearly all such
 * artifacts have one.
 */
export function mustRead(image: ImageDetail): boolean {
  const { mediaType, artifactType, archived, subject, tags } = image;
  if (holdsOthers(mediaType) || archived) return true;
  const artifact = mediaType === OCI_MANIFEST && artifactType !== undefined && !isImageConfigType(artifactType);
  return artifact && tags.length === 0 && subject === undefined;
}

/** The same on ECR Public, which names no subjects: true of everything that can have one. Docker's manifests cannot. */
export function mustReadPublic({ mediaType }: ImageDetail): boolean {
  return holdsOthers(mediaType) || mediaType === OCI_MANIFEST || !SUBJECTLESS.includes(mediaType ?? '');
}

const SUBJECTLESS: readonly string[] = [DOCKER_MANIFEST, SIGNED_SCHEMA1, SCHEMA1];

function holdsOthers(mediaType: string | undefined): boolean {
  return mediaType === undefined || isIndexType(mediaType) || !MANIFEST_TYPES.includes(mediaType);
}
