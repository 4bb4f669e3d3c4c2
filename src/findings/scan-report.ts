import { type Finding, groupFindings } from '../domain/finding-groups.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import type { FindingGroup } from '../domain/inventory.ts';
import { asList, asObject, type JsonObject } from '../domain/json.ts';
import { utcTime } from '../domain/time.ts';

/** What one scan of one image has found. */
export interface ScanReport {
  /** The digests by which the report names the image: those of its manifest or config, or of an index that lists it. */
  readonly digests: readonly Digest[];
  /** The one of these that tells the image from others of the same index. */
  readonly image: Digest;
  /** ISO 8601 UTC; undefined where the report does not say. */
  readonly scannedAt?: string;
  readonly findings: readonly FindingGroup[];
}

/** Reads the reports of one document; answers with a clause where it is not such a report, or names no image by its digest. */
export type ReportReader = (document: JsonObject) => readonly ScanReport[] | string;

/**
 * Makes the report of an image. `named` are texts that name it, most precisely first: digests, or references with one. A finding
 * that does not tell since when it is known counts as known since the scan. Undefined where no text has a digest.
 */
export function scanReport(named: readonly unknown[], scannedAt: unknown, findings: readonly Finding[]): ScanReport | undefined {
  const digests = [...new Set(named.flatMap((text) => digestIn(text) ?? []))];
  const [image] = digests;
  if (image === undefined) return undefined;
  const time = utcTime(scannedAt);
  return {
    digests,
    image,
    ...(time !== undefined && { scannedAt: time }),
    findings: groupFindings(findings.map((finding) => ({ ...finding, since: finding.since ?? time }))),
  };
}

/** The digest that a text is, or that stands in it after an `@`. */
function digestIn(text: unknown): Digest | undefined {
  if (typeof text !== 'string') return undefined;
  const digest = text.slice(text.lastIndexOf('@') + 1);
  return isDigest(digest) ? digest : undefined;
}

/** The objects of a list; what is neither is passed over. */
export function objectsOf(value: unknown): JsonObject[] {
  return (asList(value) ?? []).map(asObject).filter((entry) => entry !== undefined);
}
