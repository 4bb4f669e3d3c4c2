import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/domain/digest.ts';
import type { FakeGar, FakeGarOptions } from '../../../fakes/gar/fake-gar.ts';
import type { Scan } from '../../../../src/registry/registry.ts';
import { APP, connect, failure, fakeGar } from './gar-fixture.ts';

const { signal } = new AbortController();
const FOUND = '2026-10-01T08:00:00.123456Z';
const SINCE = '2026-10-01T08:00:00.123Z';

const digest = (number: number): Digest => `sha256:${String(number).padStart(64, '0')}` as Digest;
const addressOf = (number: number): string => `https://europe-west1-docker.pkg.dev/${APP}@${digest(number)}`;

let serial = 0;
function occurrence(number: number, details: object): object {
  const kind = 'vulnerability' in details ? 'VULNERABILITY' : 'DISCOVERY';
  return { name: `projects/my-project/occurrences/${serial++}`, resourceUri: addressOf(number), kind, createTime: FOUND, ...details };
}
const vulnerability = (number: number, details: object): object => occurrence(number, { vulnerability: details });
const discovery = (number: number, analysisStatus: string): object => occurrence(number, { discovery: { analysisStatus } });

async function scansOf(
  occurrences: readonly object[],
  count: number,
  options: FakeGarOptions = {},
): Promise<{ fake: FakeGar; scans: Scan[] }> {
  const fake = await fakeGar(options);
  fake.occurrences.push(...occurrences);
  const digests = Array.from({ length: count }, (_, index) => digest(index + 1));
  const found = await connect(fake).scans!.read(APP, digests, signal);
  return { fake, scans: digests.map((one) => found.get(one)!) };
}

describe('what Artifact Analysis tells of images', () => {
  it('is each finding with its fix, since it was first reported; not what VEX says does not matter', async () => {
    const occurrences = [
      discovery(1, 'FINISHED_SUCCESS'),
      vulnerability(1, { severity: 'HIGH', effectiveSeverity: 'CRITICAL', fixAvailable: true, shortDescription: 'CVE-1' }),
      vulnerability(1, { severity: 'HIGH', effectiveSeverity: 'SEVERITY_UNSPECIFIED', shortDescription: 'CVE-2' }),
      vulnerability(1, { severity: 'MINIMAL', shortDescription: 'CVE-3' }),
      vulnerability(1, { severity: 'CRITICAL', fixAvailable: true, vexAssessment: { state: 'NOT_AFFECTED' } }),
    ];
    expect((await scansOf(occurrences, 1)).scans).toEqual([
      {
        findings: [
          { severity: 'critical', fixable: true, count: 1, since: SINCE, id: 'CVE-1' },
          { severity: 'high', fixable: false, count: 1, since: SINCE, id: 'CVE-2' },
          { severity: 'none', fixable: false, count: 1, since: SINCE, id: 'CVE-3' },
        ],
      },
    ]);
  });

  it('is the state of a scan without a result, and nothing of an image that was not scanned', async () => {
    const states = ['FINISHED_SUCCESS', 'PENDING', 'SCANNING', 'FINISHED_FAILED', 'FINISHED_UNSUPPORTED', 'ANALYSIS_STATUS_UNSPECIFIED'];
    const { scans } = await scansOf(
      states.map((state, index) => discovery(index + 1, state)),
      states.length + 1,
    );
    expect(scans).toEqual([
      { findings: [] },
      { scan: 'pending' },
      { scan: 'pending' },
      { scan: 'failed' },
      { scan: 'unsupported' },
      { scan: 'pending' },
      {},
    ]);
  });

  it('takes a request for each 20 images, and one for each further page', async () => {
    const { fake, scans } = await scansOf(
      Array.from({ length: 50 }, (_, index) => vulnerability((index % 25) + 1, { severity: 'LOW' })),
      25,
      { maxPage: 15 },
    );
    expect(scans.map(({ findings }) => findings?.[0]?.count)).toEqual(Array.from({ length: 25 }, () => 2));
    expect(fake.calls).toHaveLength(3 + 1);
  });

  it('is an error that names the right, and not an image without findings', async () => {
    const fake = await fakeGar({ accounts: [{ token: 'ya29.owner-token-0815-does-it-all', may: () => false }] });
    const error = await failure(connect(fake).scans!.read(APP, [digest(1)], signal));
    expect([error.code, error.message, error.hint]).toEqual([
      'AUTH',
      expect.stringContaining('Cannot read what scans have found in prod/my-project/images/team/app: Artifact Analysis answered'),
      expect.stringContaining('containeranalysis.occurrences.list on the repository, which roles/containeranalysis.occurrences.viewer has'),
    ]);
  });
});
