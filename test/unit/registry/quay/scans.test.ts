import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/domain/digest.ts';
import type { Scan } from '../../../../src/registry/registry.ts';
import type { StoredManifest } from '../../../fakes/quay/store.ts';
import { APP, build, connect, fakeQuay } from './quay-fixture.ts';

const { signal } = new AbortController();

async function scanOf(scan: StoredManifest['scan']): Promise<Scan | undefined> {
  const quay = await fakeQuay({ securityScanner: true });
  const thing = build('one');
  quay.store.push(APP, thing, ['v1']);
  if (scan) quay.store.repository(APP).manifests.get(thing.digest)!.scan = scan;
  return (await connect(quay).scans!.read(APP, [thing.digest as Digest], signal)).get(thing.digest as Digest);
}

describe('the scan of one image', () => {
  it('tells findings and which have a fix', async () => {
    const found = [
      { Name: 'CVE-1', Severity: 'High', FixedBy: '1.1' },
      { Name: 'CVE-2', Severity: 'Critical', FixedBy: '' },
      { Name: 'CVE-3', Severity: 'Unknown', FixedBy: null },
    ];
    expect(await scanOf({ status: 'scanned', found })).toEqual({
      findings: [
        { severity: 'critical', fixable: false, count: 1, id: 'CVE-2' },
        { severity: 'high', fixable: true, count: 1, id: 'CVE-1' },
        { severity: 'none', fixable: false, count: 1, id: 'CVE-3' },
      ],
    });
  });

  it.each([
    ['queued', { scan: 'pending' }],
    ['failed', { scan: 'failed' }],
    ['unsupported', { scan: 'unsupported' }],
    ['manifest_layer_too_large', { scan: 'unsupported' }],
    ['scanned', { findings: [] }],
  ])('that is %s', async (status, scan) => {
    expect(await scanOf({ status })).toEqual(scan);
  });

  it.each(['unreachable', 'new_state'])('that is %s is an error, and not an image without findings', async (status) => {
    await expect(scanOf({ status })).rejects.toMatchObject({ name: 'ToolError' });
  });
});

it('is told of where the scanner is switched on', async () => {
  expect(await connect(await fakeQuay()).scans!.capabilities(signal)).toEqual({});
  expect(await connect(await fakeQuay({ securityScanner: true })).scans!.capabilities(signal)).toEqual({
    vulnerability: true,
    fixable: true,
  });
});
