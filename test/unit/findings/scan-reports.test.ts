import { expect, test } from 'vitest';
import type { FindingGroup } from '../../../src/domain/inventory.ts';
import { ScanReports } from '../../../src/findings/scan-reports.ts';
import { capabilities, digest, manifest } from '../plan/fixture.ts';

const BAD: FindingGroup = { severity: 'critical', count: 1 };
const MILD: FindingGroup = { severity: 'low', count: 2 };

test('a report is about the manifest of its digest, and about every one with a config of its digest', () => {
  const reports = new ScanReports([
    { digests: [digest('1'), digest('c')], image: digest('1'), findings: [BAD] },
    { digests: [digest('c')], image: digest('c'), findings: [MILD] },
    { digests: [digest('4')], image: digest('4'), findings: [] },
  ]);
  expect(reports.countForNone).toBe(true);
  const inventory = reports.added({
    registry: 'prod',
    type: 'oci',
    repository: 'team/app',
    complete: true,
    capabilities: capabilities({ vulnerability: false }),
    manifests: [manifest('1', { config: 'c' }), manifest('2', { config: 'c' }), manifest('3', { findings: [MILD] }), manifest('4')],
  });
  expect(inventory.manifests.map(({ findings }) => findings)).toEqual([[BAD, MILD], [BAD, MILD], [MILD], []]);
  expect(reports.countForNone).toBe(false);
  expect(inventory.capabilities).toMatchObject({ vulnerability: true, fixable: true, findingTimes: true });
});
