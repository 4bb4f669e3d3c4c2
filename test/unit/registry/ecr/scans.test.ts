import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/domain/digest.ts';
import type { Scan } from '../../../../src/registry/registry.ts';
import type { StoredScan } from '../../../fakes/ecr/store.ts';
import { app, REPOSITORY, startEcr } from './ecr-fixture.ts';

const PUSHED = '2026-11-01T00:00:00.000Z';

async function scanOf(scan: StoredScan | undefined, options: Parameters<typeof startEcr>[0] = {}): Promise<{ scan: Scan; calls: number }> {
  const { fake, registry, calls } = await startEcr(options);
  const thing = app('one');
  fake.push(REPOSITORY, thing, ['v1'], { pushedAt: PUSHED });
  if (scan) fake.store.repository(REPOSITORY).images.get(thing.digest)!.scan = scan;
  const found = await registry.scans!.read(REPOSITORY, [thing.digest as Digest], new AbortController().signal);
  return { scan: found.get(thing.digest as Digest)!, calls: calls('DescribeImageScanFindings').length };
}

function enhanced(id: string, severity: string, more: object = {}): object {
  return {
    severity,
    status: 'ACTIVE',
    firstObservedAt: Date.parse('2026-11-02T00:00:00Z') / 1000,
    packageVulnerabilityDetails: { vulnerabilityId: id },
    ...more,
  };
}

describe('the findings of one image', () => {
  it('of enhanced scanning tell fixes and times, page by page, and leave out what is closed or suppressed', async () => {
    const vendorCreatedAt = Date.parse('2026-05-01T00:00:00Z') / 1000;
    const enhancedFindings = [
      enhanced('CVE-1', 'CRITICAL', { fixAvailable: 'YES', packageVulnerabilityDetails: { vulnerabilityId: 'CVE-1', vendorCreatedAt } }),
      enhanced('CVE-2', 'CRITICAL', { fixAvailable: 'PARTIAL' }),
      enhanced('CVE-3', 'UNTRIAGED'),
      enhanced('CVE-4', 'CRITICAL', { fixAvailable: 'YES', status: 'SUPPRESSED' }),
    ];
    expect(await scanOf({ status: 'ACTIVE', enhancedFindings }, { maxPage: 2 })).toEqual({
      calls: 2,
      scan: {
        findings: [
          { severity: 'critical', fixable: true, count: 1, since: '2026-05-01T00:00:00.000Z', id: 'CVE-1' },
          { severity: 'critical', fixable: false, count: 1, since: '2026-11-02T00:00:00.000Z', id: 'CVE-2' },
          { severity: 'none', count: 1, since: '2026-11-02T00:00:00.000Z', id: 'CVE-3' },
        ],
      },
    });
  });

  it('of basic scanning tell no fix, and no time but that of the scan', async () => {
    const findings = [
      { name: 'CVE-1', severity: 'HIGH' },
      { name: 'CVE-2', severity: 'UNDEFINED' },
    ];
    expect((await scanOf({ status: 'COMPLETE', findings })).scan).toEqual({
      findings: [
        { severity: 'high', count: 1, since: PUSHED, id: 'CVE-1' },
        { severity: 'none', count: 1, since: PUSHED, id: 'CVE-2' },
      ],
    });
  });

  it.each([
    ['PENDING', { scan: 'pending' }],
    ['FAILED', { scan: 'failed' }],
    ['UNSUPPORTED_IMAGE', { scan: 'unsupported' }],
    ['COMPLETE', { findings: [] }],
  ])('of a scan that is %s', async (status, scan) => {
    expect((await scanOf({ status })).scan).toEqual(scan);
  });

  it('are none of an image that was not scanned, and an error of one that may not be asked about', async () => {
    expect((await scanOf(undefined)).scan).toEqual({});
    await expect(
      scanOf(undefined, { registry: { credentials: { accessKeyId: 'AKIDWRONG', secretAccessKey: 'wrong' } } }),
    ).rejects.toMatchObject({
      code: 'AUTH',
    });
  });
});
