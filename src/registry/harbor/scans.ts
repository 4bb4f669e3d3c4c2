import type { LimitFunction } from 'p-limit';
import { type Finding, groupFindings, severityOf } from '../../domain/finding-groups.ts';
import type { Digest } from '../../domain/digest.ts';
import { asObject, asText, type JsonObject } from '../../domain/json.ts';
import { badAnswer, jsonObjectOf } from '../../distribution/answer-errors.ts';
import type { Scan, Scans } from '../registry.ts';
import { artifactPath, type HarborClient } from './client.ts';

/**
 * The reports of single images, each with one request (swagger, `getVulnerabilitiesAddition`). They tell which findings have a fix; of
 * times they tell no more than the list of artifacts, which is when the scan ended.
 */
export function createScans(client: HarborClient, limit: LimitFunction): Scans {
  return {
    capabilities: async () => ({ fixable: true, findingTimes: true }),
    areListed: true,
    async read(repository, digests, signal) {
      const scans = await limit.map(digests, async (digest) => [digest, await readScan(client, repository, digest, signal)] as const);
      return new Map(scans);
    },
  };
}

async function readScan(client: HarborClient, repository: string, digest: Digest, signal: AbortSignal): Promise<Scan> {
  const doing = `read what a scan has found in ${client.label(repository, digest)}`;
  const path = `${artifactPath(repository, digest)}/additions/vulnerabilities`;
  const answer = jsonObjectOf(await client.get({ doing, needs: 'artifact-addition:read', path, repository, signal }), doing);
  const reports = Object.values(answer).map(asObject);
  if (reports.length === 0 || !reports.every((report) => report !== undefined && Array.isArray(report['vulnerabilities'])))
    throw badAnswer(doing, 'the answer is not a report, although the image was scanned');
  return { findings: groupFindings(reports.flatMap((report) => findingsIn(report as JsonObject))) };
}

/** As the scanner adapters of Harbor write it (goharbor/pluggable-scanner-spec, `HarborVulnerabilityReport`). */
function findingsIn(report: JsonObject): Finding[] {
  return (report['vulnerabilities'] as readonly unknown[]).map((entry) => {
    const vulnerability = asObject(entry) ?? {};
    return {
      severity: severityOf(vulnerability['severity']),
      fixable: asText(vulnerability['fix_version']) !== undefined,
      since: asText(report['generated_at']),
      id: asText(vulnerability['id']),
    };
  });
}
