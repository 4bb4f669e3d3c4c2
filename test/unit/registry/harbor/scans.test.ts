import { describe, expect, it } from 'vitest';
import { image, layer } from '../../../../src/demo/image.ts';
import { asked, fill, find, withHarbor } from './harbor-fixture.ts';

const signal = new AbortController().signal;

describe('scans', () => {
  it('are told by the list, with the fix where all findings have one or none has', async () => {
    const { harbor, registry } = await withHarbor();
    for (const tag of ['none', 'all', 'some', 'running', 'stopped', 'never'])
      await fill(harbor, [[image({ layers: [layer(tag, 9)] }), tag]]);
    const set = (tag: string, scan: object): void => void Object.assign(harbor.store.artifact('team/app', tag), scan);
    set('none', { scan: { High: 2, Negligible: 1 } });
    set('all', { scan: { High: 1 }, fixed: { High: 1 } });
    set('some', { scan: { Critical: 2, Low: 1 }, fixed: { Critical: 1 } });
    set('running', { scan: null, scanState: 'Running' });
    set('stopped', { scan: null, scanState: 'Stopped' });
    const inventory = await registry.inventory('team/app');
    const since = find(inventory, 'none').findings![0]!.since;
    expect(since).toMatch(/^20/);
    expect(find(inventory, 'none').findings).toEqual([
      { severity: 'high', fixable: false, count: 2, since },
      { severity: 'none', fixable: false, count: 1, since },
    ]);
    expect(find(inventory, 'all').findings).toEqual([{ severity: 'high', fixable: true, count: 1, since }]);
    expect(find(inventory, 'some').findings).toEqual([
      { severity: 'critical', count: 2, since },
      { severity: 'low', count: 1, since },
    ]);
    expect(['running', 'stopped', 'never'].map((tag) => find(inventory, tag).scan)).toEqual(['pending', 'failed', undefined]);

    harbor.requests.length = 0;
    const digest = find(inventory, 'some').digest;
    expect((await registry.scans!.read('team/app', [digest], signal)).get(digest)).toEqual({
      findings: [
        { severity: 'critical', fixable: true, count: 1, since, id: 'CVE-2025-Critical-1' },
        { severity: 'critical', fixable: false, count: 1, since, id: 'CVE-2025-Critical-2' },
        { severity: 'low', fixable: false, count: 1, since, id: 'CVE-2025-Low-1' },
      ],
    });
    expect(asked(harbor)).toEqual([`GET @/projects/team/repositories/app/artifacts/${digest}/additions/vulnerabilities`]);
  });

  it('that cannot be read are an error, and so is an empty answer about an image that was scanned', async () => {
    const { harbor, registry } = await withHarbor();
    await fill(harbor, [[image({ layers: [layer('one', 9)] }), 'v1']]);
    const { digest } = find(await registry.inventory('team/app'), 'v1');
    await expect(registry.scans!.read('team/app', [digest], signal)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });
});
