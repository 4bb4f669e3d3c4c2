import type { LimitFunction } from 'p-limit';
import { type Finding, groupFindings, severityOf } from '../../domain/finding-groups.ts';
import type { Digest } from '../../domain/digest.ts';
import type { ScanState } from '../../domain/inventory.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import type { Scan, Scans } from '../registry.ts';
import { type QuayClient, repositoryPath } from './client.ts';
import type { Features } from './features.ts';

/** What Quay calls the states of a scan without a result (quay/quay, endpoints/api/secscan.py). */
const STATES: Readonly<Record<string, ScanState>> = {
  queued: 'pending',
  failed: 'failed',
  unsupported: 'unsupported',
  manifest_layer_too_large: 'unsupported',
};

/**
 * The scans of single images, each with one request, where the scanner is switched on. They tell which findings have a fix, and not since
 * when any is known.
 */
export function createScans(client: QuayClient, features: () => Promise<Features>, limit: LimitFunction): Scans {
  return {
    capabilities: async () => ((await features()).securityScanner ? { vulnerability: true, fixable: true } : {}),
    areListed: false,
    async read(repository, digests, signal) {
      const scans = await limit.map(digests, async (digest) => [digest, await readScan(client, repository, digest, signal)] as const);
      return new Map(scans);
    },
  };
}

async function readScan(client: QuayClient, repository: string, digest: Digest, signal: AbortSignal): Promise<Scan> {
  const doing = `read what a scan has found in ${client.label(repository, digest)}`;
  const path = `${repositoryPath(client, repository)}/manifest/${digest}/security`;
  const { status, data } = await client.get({ doing, path, query: { vulnerabilities: 'true' }, repository, signal });
  const state = asText(status) ?? '';
  if (Object.hasOwn(STATES, state)) return { scan: STATES[state] as ScanState };
  const features = asList(asObject(asObject(data)?.['Layer'])?.['Features'] ?? undefined);
  if (state !== 'scanned' || !features || data === null) throw badAnswer(doing, `its status is ${JSON.stringify(status)?.slice(0, 100)}`);
  return { findings: groupFindings(features.flatMap((feature) => findingsIn(asObject(feature) ?? {}))) };
}

function findingsIn(feature: JsonObject): Finding[] {
  return (asList(feature['Vulnerabilities']) ?? []).map((entry) => {
    const vulnerability = asObject(entry) ?? {};
    return {
      severity: severityOf(vulnerability['Severity']),
      fixable: asText(vulnerability['FixedBy']) !== undefined,
      id: asText(vulnerability['Name']),
    };
  });
}
