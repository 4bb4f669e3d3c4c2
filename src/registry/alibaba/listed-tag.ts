import { quoted } from '../../diagnostics/redact.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { asText, type JsonObject } from '../../domain/json.ts';
import { isTag } from '../../domain/tag.ts';
import type { ListedTag } from '../../distribution/image-tags.ts';

/** The fields of a tag, which both editions have by other names. */
export interface TagFields {
  readonly tag: unknown;
  readonly digest: unknown;
  /** Milliseconds since the epoch, as a number or as text. */
  readonly created: unknown;
  readonly updated: unknown;
  readonly status: unknown;
}

/** A tag of a list; undefined for one that is being deleted. */
export function listedTag({ tag, digest, created, updated, status }: TagFields, doing: string): ListedTag | undefined {
  if (typeof tag !== 'string' || !isTag(tag)) throw badAnswer(doing, `it lists ${quoted(String(tag))}, which is not a tag`);
  if (asText(status)?.toUpperCase() === 'DELETING') return undefined;
  const whole = digestOf(digest);
  if (!whole) throw badAnswer(doing, `it does not tell the digest of the tag ${tag}`);
  // The time of the newer of both: which of them a push sets is not published.
  const times = [created, updated].map(timeOf).filter((time) => time !== undefined);
  // The list does not tell which tags are indexes.
  return { tag, digest: whole, isIndex: true, setAt: times.toSorted().at(-1) };
}

/** The fields of the Enterprise Edition. */
export function enterpriseFields(json: JsonObject): TagFields {
  const { Tag: tag, Digest: digest, ImageCreate: created, ImageUpdate: updated, Status: status } = json;
  return { tag, digest, created, updated, status };
}

/** The fields of the Personal Edition. */
export function personalFields(json: JsonObject): TagFields {
  const { tag, digest, imageCreate: created, imageUpdate: updated, status } = json;
  return { tag, digest, created, updated, status };
}

/** With or without `sha256:`. */
function digestOf(value: unknown): Digest | undefined {
  const text = asText(value)?.toLowerCase() ?? '';
  const whole = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
  return isDigest(whole) ? whole : undefined;
}

function timeOf(value: unknown): string | undefined {
  const time = typeof value === 'string' && /^\d{12,14}$/.test(value) ? Number(value) : value;
  return typeof time === 'number' && time > 0 && time < 8.64e15 ? new Date(time).toISOString() : undefined;
}
