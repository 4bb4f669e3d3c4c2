import { describe, expect, it } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../../src/demo/attachments.ts';
import { index } from '../../../../src/demo/image.ts';
import { AcrError } from '../../../fakes/acr/reply.ts';
import { testClient, testClock } from '../../http/test-client.ts';
import { adapter, app, asked, failure, fill, withAcr } from './acr-fixture.ts';

const one = app('one');
const two = app('two');

describe('a tag', () => {
  it('is taken off by the API that leaves the manifest, after a look at where it is', async () => {
    const acr = await withAcr();
    await fill(acr, [[one, 'v1', 'v2']]);
    expect(await adapter(acr).deleteTag('team/app', 'v1', one.digest)).toEqual({ outcome: 'deleted' });
    expect(asked(acr)).toEqual(['GET /acr/v1/team/app/_tags/v1', 'DELETE /acr/v1/team/app/_tags/v1']);
    expect([...acr.store.repository('team/app').tags.keys()]).toEqual(['v2']);
  });

  it('that is the last leaves its manifest untagged', async () => {
    const acr = await withAcr();
    await fill(acr, [[one, 'v1']]);
    expect(await adapter(acr).deleteTag('team/app', 'v1', one.digest)).toEqual({ outcome: 'deleted' });
    expect([...acr.store.repository('team/app').manifests.keys()]).toEqual([one.digest]);
  });

  it('that was moved, or locked, is left alone, and the registry is not even asked', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [one, 'v1'],
      [two, 'v2'],
    ]);
    acr.store.tag('team/app', 'v2').locks.deleteEnabled = false;
    const registry = adapter(acr);
    expect(await registry.deleteTag('team/app', 'v1', two.digest)).toMatchObject({
      outcome: 'drifted',
      message: expect.stringContaining(one.digest) as string,
    });
    expect(await registry.deleteTag('team/app', 'v2', two.digest)).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('prod/team/app:v2') as string,
    });
    expect(asked(acr).filter((request) => request.startsWith('DELETE'))).toEqual([]);
  });

  it('that is moved while the registry puts the deletion off is left alone', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [one, 'v1'],
      [two, 'v2'],
    ]);
    let refused = false;
    acr.onRequest(({ method }) => {
      if (method !== 'DELETE' || refused) return undefined;
      refused = true;
      acr.store.setTag(acr.store.repository('team/app'), 'v1', two.digest);
      return new AcrError('TOOMANYREQUESTS', 'too many requests', { headers: { 'retry-after': '30' } }).reply;
    });
    const clock = testClock();
    expect(await adapter(acr, undefined, { http: testClient({ clock }) }).deleteTag('team/app', 'v1', one.digest)).toMatchObject({
      outcome: 'drifted',
    });
    expect(acr.store.tag('team/app', 'v1').digest).toBe(two.digest);
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(30_000);
  });
});

describe('a manifest', () => {
  it('goes with its tags, but not while one of them is locked, which ACR itself would not heed', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [one, 'v1', 'v2'],
      [two, 'keep'],
    ]);
    const { locks } = acr.store.tag('team/app', 'v2');
    const registry = adapter(acr);
    locks.writeEnabled = false;
    expect(await registry.deleteManifest('team/app', one.digest)).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('v2') as string,
    });
    expect(acr.store.repository('team/app').manifests.size).toBe(2);
    locks.writeEnabled = true;
    expect(await registry.deleteManifest('team/app', one.digest)).toEqual({ outcome: 'deleted' });
    expect([...acr.store.repository('team/app').tags.keys()]).toEqual(['keep']);
  });

  it.each([['manifest'], ['repository']] as const)('whose %s is locked is locked by the registry', async (level) => {
    const acr = await withAcr();
    await fill(acr, [[one, 'v1']]);
    const repository = acr.store.repository('team/app');
    (level === 'manifest' ? acr.store.manifest('team/app', 'v1') : repository).locks.writeEnabled = false;
    expect(await adapter(acr).deleteManifest('team/app', one.digest)).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('disallowed') as string,
    });
    expect(repository.manifests.size).toBe(1);
    expect(asked(acr).filter((request) => request.startsWith('PATCH'))).toEqual([]);
  });

  it('that gets a tag while the registry puts the deletion off is left alone', async () => {
    const acr = await withAcr();
    await fill(acr, [[one, 'v1']]);
    let refused = false;
    acr.onRequest(({ method }) => {
      if (method !== 'DELETE' || refused) return undefined;
      refused = true;
      acr.store.setTag(acr.store.repository('team/app'), 'fresh', one.digest);
      return { status: 503 };
    });
    expect(await adapter(acr).deleteManifest('team/app', one.digest)).toMatchObject({
      outcome: 'drifted',
      message: expect.stringContaining('fresh') as string,
    });
    expect(acr.store.tag('team/app', 'fresh').digest).toBe(one.digest);
  });

  it('is not waited for without end', async () => {
    const acr = await withAcr();
    await fill(acr, [[one, 'v1']]);
    acr.onRequest(({ method }) => (method === 'DELETE' ? { status: 500 } : undefined));
    expect(await failure(adapter(acr).deleteManifest('team/app', one.digest))).toMatchObject({ code: 'REGISTRY_ERROR' });
    expect(asked(acr).filter((request) => request.startsWith('DELETE'))).toHaveLength(6);
  });

  it('and others go two at a time, however many are asked for', async () => {
    const acr = await withAcr();
    const apps = Array.from({ length: 12 }, (_, n) => app(`number ${n}`));
    await fill(acr, [...apps.map((each, n) => [each, `v${n}`] as const), [one, 'keep']]);
    let most = 0;
    let running = 0;
    const http = testClient();
    const counting = {
      close: () => http.close(),
      async request(request: Parameters<typeof http.request>[0]) {
        const counts = request.method === 'DELETE';
        if (counts) most = Math.max(most, ++running);
        return http.request(request).finally(() => (counts ? running-- : 0));
      },
    };
    const registry = adapter(acr, undefined, { http: counting });
    await Promise.all(apps.map(({ digest }) => registry.deleteManifest('team/app', digest)));
    expect(most).toBe(2);
    expect(acr.store.repository('team/app').manifests.size).toBe(1);
  });
});

describe('what the registry takes along', () => {
  const release = index([one]);
  const bill = sbom(release, '2025-01-01T00:00:00Z');
  const bills = sbom(bill, '2025-01-01T00:00:00Z');

  it('is all that is attached by its subject, to any depth, and neither children nor what cosign tags', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [release, 'v1'],
      [bill, 'bill'],
      [bills],
      [cosignSignature(release), attachmentTag(release.digest, 'sig')],
      [two, 'keep'],
    ]);
    expect(await adapter(acr).takenAlong!('team/app', release.digest)).toEqual([
      { digest: bill.digest, tags: ['bill'], heldBy: [] },
      { digest: bills.digest, tags: [], heldBy: [] },
    ]);
    await adapter(acr).deleteManifest('team/app', release.digest);
    expect([...acr.store.repository('team/app').manifests.keys()].toSorted()).toEqual(
      [one.digest, cosignSignature(release).digest, two.digest].toSorted(),
    );
  });

  it('is known without the referrers API, which some registries lack and others ration', async () => {
    const acr = await withAcr({ referrersApi: false });
    await fill(acr, [[release, 'v1'], [bill]]);
    expect(await adapter(acr).takenAlong!('team/app', release.digest)).toEqual([{ digest: bill.digest, tags: [], heldBy: [] }]);
  });

  it('is known from the inventory, and one request tells what came since for all that are asked about at a time', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [release, 'v1'],
      [two, 'v2'],
    ]);
    const registry = adapter(acr);
    await registry.inventory('team/app');
    await fill(acr, [[bill]]);
    const along = await Promise.all([release, two, one].map(({ digest }) => registry.takenAlong!('team/app', digest)));
    expect(along).toEqual([[{ digest: bill.digest, tags: [], heldBy: [] }], [], []]);
    expect(asked(acr)).toEqual([
      'GET /acr/v1/team/app/_manifests?n=100&orderby=timedesc',
      `GET /v2/team/app/manifests/${bill.digest}`,
      `GET /acr/v1/team/app/_tags?n=1000&digest=${encodeURIComponent(bill.digest)}`,
    ]);
  });

  it('is found on whatever page it stands where the list does not come in the order that was asked for', async () => {
    const acr = await withAcr({ sorts: false, maxPage: 3 });
    const early = Date.now() - 3_600_000;
    acr.store.now = () => early;
    await fill(acr, [[release, 'v1'], ...Array.from({ length: 9 }, (_, n) => [app(`number ${n}`), `n${n}`] as const)]);
    const registry = adapter(acr);
    await registry.inventory('team/app');
    acr.store.now = Date.now;
    await fill(acr, [[bill]]);
    // The older ones in between, in no order.
    acr.store.manifest('team/app', 'n3').lastUpdateTime = early + 60_000;
    expect(await registry.takenAlong!('team/app', release.digest)).toEqual([{ digest: bill.digest, tags: [], heldBy: [] }]);
  });

  it('is asked of the referrers API where too much would have to be read', async () => {
    const acr = await withAcr();
    const many = Array.from({ length: 250 }, (_, n) => [app(`number ${n}`), `v${n}`] as const);
    await fill(acr, [...many, [release, 'v1'], [bill]]);
    expect(await adapter(acr).takenAlong!('team/app', release.digest)).toEqual([{ digest: bill.digest, tags: [], heldBy: [] }]);
    expect(asked(acr).filter((request) => request.includes('/v2/team/app/manifests/'))).toEqual([]);
    expect(asked(acr)).toContain(`GET /v2/team/app/referrers/${release.digest}`);
  });

  it('is not deleted a second time: one request finds out that it is gone', async () => {
    const acr = await withAcr();
    await fill(acr, [[release, 'v1'], [bill], [two, 'keep']]);
    const registry = adapter(acr);
    await registry.inventory('team/app');
    await registry.deleteManifest('team/app', release.digest);
    acr.requests.length = 0;
    expect(await registry.deleteManifest('team/app', bill.digest)).toEqual({ outcome: 'gone' });
    expect(asked(acr)).toEqual([`GET /v2/team/app/manifests/${bill.digest}`]);
  });
});

describe('a repository that loses its last image', () => {
  it('is dropped by ACR, and then has no tags and no manifests', async () => {
    const acr = await withAcr();
    await fill(acr, [[one, 'v1']]);
    const registry = adapter(acr);
    expect(await registry.deleteManifest('team/app', one.digest)).toEqual({ outcome: 'deleted' });
    expect(acr.store.repositories.has('team/app')).toBe(false);
    expect(await registry.listTags('team/app')).toEqual([]);
    expect(await registry.readManifest('team/app', one.digest)).toBeUndefined();
    expect(await registry.resolveTag('team/app', 'v1')).toBeUndefined();
    expect(await registry.deleteManifest('team/app', two.digest)).toEqual({ outcome: 'gone' });
  });

  it('is not taken for dropped where nothing was deleted, or where it is still there', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [one, 'v1'],
      [two, 'v2'],
    ]);
    expect(await failure(adapter(acr).listTags('team/none'))).toMatchObject({ code: 'NOT_FOUND' });
    const registry = adapter(acr);
    await registry.deleteManifest('team/app', one.digest);
    acr.onRequest(({ path }) =>
      path.includes('_tags') ? new AcrError('NAME_UNKNOWN', 'repository name not known to registry').reply : undefined,
    );
    expect(await failure(registry.listTags('team/app'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});
