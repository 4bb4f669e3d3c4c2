import type { LimitFunction } from 'p-limit';
import { type Finding, groupFindings, severityOf } from '../../domain/finding-groups.ts';
import type { Digest } from '../../domain/digest.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import type { Scan, Scans } from '../registry.ts';
import type { EcrClient } from './client.ts';
import { scanStateOf } from './image-detail.ts';

/** Longest page (API reference, DescribeImageScanFindings, `maxResults`). */
const PAGE = 1000;

/**
 * The findings of single images, with one call for each 1000 of an image. Basic scanning tells no fix, and no time but that of the scan;
 * enhanced scanning (Amazon Inspector) tells both. The list of images leaves out the scans of the newer basic scanning, so an image
 * may have a scan although the list tells none.
 */
export function createScans(client: EcrClient, limit: LimitFunction): Scans {
  return {
    capabilities: async () => ({ fixable: true, findingTimes: true }),
    areListed: false,
    async read(repository, digests, signal) {
      const scans = await limit.map(digests, async (digest) => [digest, await readScan(client, repository, digest, signal)] as const);
      return new Map(scans);
    },
  };
}

async function readScan(client: EcrClient, repository: string, digest: Digest, signal: AbortSignal): Promise<Scan> {
  const doing = `read what a scan has found in ${client.label(repository, digest)}`;
  const bounds = new ListBounds(doing);
  const findings: Finding[] = [];
  let nextToken: string | undefined;
  do {
    const input = { imageId: { imageDigest: digest }, maxResults: PAGE, ...(nextToken !== undefined && { nextToken }) };
    const call = { operation: 'DescribeImageScanFindings', doing, repository, input, signal } as const;
    const answer = await client.callUnless(call, 'ScanNotFoundException');
    if (!answer) return {};
    const scan = scanStateOf(answer['imageScanStatus']);
    if (scan) return { scan };
    const found = asObject(answer['imageScanFindings']);
    const basic = found && asList(found['findings']);
    const enhanced = found && asList(found['enhancedFindings']);
    if (!basic || !enhanced) throw badAnswer(doing, 'the answer has no findings, although the scan is complete');
    const scannedAt = timeOf(found['imageScanCompletedAt']);
    for (const entry of basic) findings.push(basicFinding(asObject(entry) ?? {}, scannedAt));
    for (const entry of enhanced) findings.push(...enhancedFinding(asObject(entry) ?? {}, scannedAt));
    bounds.check(findings.length);
    nextToken = asText(answer['nextToken']);
    if (nextToken !== undefined) bounds.next(nextToken);
  } while (nextToken !== undefined);
  return { findings: groupFindings(findings) };
}

function basicFinding(json: JsonObject, scannedAt: string | undefined): Finding {
  return { severity: severityOf(json['severity']), since: scannedAt, id: asText(json['name']) };
}

/** What Inspector has closed, because it is mended or suppressed, does not count as a finding any more. */
function enhancedFinding(json: JsonObject, scannedAt: string | undefined): Finding[] {
  if ((asText(json['status']) ?? 'ACTIVE') !== 'ACTIVE') return [];
  const details = asObject(json['packageVulnerabilityDetails']);
  const fix = asText(json['fixAvailable']);
  return [
    {
      severity: severityOf(json['severity']),
      fixable: fix === undefined ? undefined : fix === 'YES',
      since: timeOf(details?.['vendorCreatedAt']) ?? timeOf(json['firstObservedAt']) ?? scannedAt,
      id: asText(details?.['vulnerabilityId']),
    },
  ];
}

/** The SDK reads times as dates. */
function timeOf(value: unknown): string | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;
}
