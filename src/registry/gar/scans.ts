import type { LimitFunction } from 'p-limit';
import { type Finding, groupFindings, severityOf } from '../../domain/finding-groups.ts';
import type { Digest } from '../../domain/digest.ts';
import { nameText } from '../../domain/image-name.ts';
import type { ScanState } from '../../domain/inventory.ts';
import { asObject, asText, type JsonObject } from '../../domain/json.ts';
import type { Scan, Scans } from '../registry.ts';
import { garAliases } from './aliases.ts';
import type { GarClient } from './client.ts';
import { pages } from './pages.ts';

/** So many images are asked about in one request: each takes some 150 characters of its address. */
const BATCH = 20;

/** What Artifact Analysis calls the states of a scan without a result (grafeas.v1.DiscoveryOccurrence, `AnalysisStatus`). */
const STATES: Readonly<Record<string, ScanState>> = {
  PENDING: 'pending',
  SCANNING: 'pending',
  FINISHED_FAILED: 'failed',
  FINISHED_UNSUPPORTED: 'unsupported',
};
const FINISHED: readonly (string | undefined)[] = ['FINISHED_SUCCESS', 'COMPLETE'];

/**
 * What Artifact Analysis has found in single images, with one request for each 20 of them and each further 1000 of its occurrences (REST
 * reference of the Container Analysis API, `projects.occurrences.list`). A finding is known since it was first reported of the image.
 */
export function createScans(client: GarClient, hosts: readonly string[], limit: LimitFunction): Scans {
  return {
    capabilities: async () => ({ vulnerability: true, fixable: true, findingTimes: true }),
    areListed: false,
    async read(repository, digests, signal) {
      const batches = Array.from({ length: Math.ceil(digests.length / BATCH) }, (_, index) =>
        digests.slice(index * BATCH, (index + 1) * BATCH),
      );
      const found = await limit.map(batches, (batch) => readBatch(client, hosts, repository, batch, signal));
      return new Map(found.flat());
    },
  };
}

async function readBatch(
  client: GarClient,
  hosts: readonly string[],
  repository: string,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<(readonly [Digest, Scan])[]> {
  const names = hosts.map((host) => ({ host, path: repository })).flatMap((name) => [name, ...garAliases(name)]);
  const urls = new Map<string, Digest>(
    digests.flatMap((digest) => names.map((name) => [`https://${nameText(name)}@${digest}`, digest] as const)),
  );
  const wanted = [...urls.keys()].map((url) => `resourceUrl="${url}"`).join(' OR ');
  const call = {
    doing: `read what scans have found in ${client.label(repository)}`,
    permission: 'containeranalysis.occurrences.list',
    path: `projects/${client.whole(repository).project}/occurrences`,
    query: { filter: `(kind="VULNERABILITY" OR kind="DISCOVERY") AND (${wanted})` },
    analysis: true,
    signal,
  } as const;
  const occurrences = new Map<Digest, JsonObject[]>(digests.map((digest) => [digest, []]));
  for await (const page of pages(client, call, 'occurrences')) {
    for (const occurrence of page) {
      const digest = urls.get(asText(occurrence['resourceUri']) ?? '');
      if (digest !== undefined) occurrences.get(digest)?.push(occurrence);
    }
  }
  return [...occurrences].map(([digest, own]) => [digest, scanIn(own)] as const);
}

function scanIn(occurrences: readonly JsonObject[]): Scan {
  const findings = occurrences.flatMap(findingIn);
  const states = occurrences.flatMap((occurrence) => asText(asObject(occurrence['discovery'])?.['analysisStatus']) ?? []);
  if (findings.length > 0 || states.some((state) => FINISHED.includes(state))) return { findings: groupFindings(findings) };
  const [scan] = states.map((state) => STATES[state] ?? 'pending');
  return scan ? { scan } : {};
}

/** What does not affect the image by a VEX statement, or is mended, does not count as a finding. */
function findingIn(occurrence: JsonObject): Finding[] {
  const vulnerability = asObject(occurrence['vulnerability']);
  if (!vulnerability || ['NOT_AFFECTED', 'FIXED'].includes(asText(asObject(vulnerability['vexAssessment'])?.['state']) ?? '')) return [];
  const severity = [vulnerability['effectiveSeverity'], vulnerability['severity']].find((word) => word && word !== 'SEVERITY_UNSPECIFIED');
  return [
    {
      severity: severityOf(severity),
      // Protocol buffers leave out what is false.
      fixable: vulnerability['fixAvailable'] === true,
      since: asText(occurrence['createTime']),
      id: asText(vulnerability['shortDescription']) ?? asText(occurrence['noteName'])?.split('/').at(-1),
    },
  ];
}
