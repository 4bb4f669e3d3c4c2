import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../../src/demo/attachments.ts';
import { image, index, layer } from '../../../../src/demo/image.ts';
import { collectGarbage } from '../../../../src/registry/harbor/garbage-collection.ts';
import { HarborClient } from '../../../../src/registry/harbor/client.ts';
import { CLEANER } from '../../../fakes/harbor/accounts.ts';
import { ADMIN } from '../../../fakes/harbor/fake-harbor.ts';
import { testClient } from '../../http/test-client.ts';
import { asked, failure, fill, withHarbor } from './harbor-fixture.ts';
import { asDigest } from '../../../digest.ts';

const app = (seed: string) => image({ layers: [layer(seed, 50)], created: '2025-01-01T00:00:00Z' });
const NOWHERE = asDigest(`sha256:${'0'.repeat(64)}`);

describe('deleting an artifact', () => {
  it('is by its digest, and takes its tags', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one');
    await fill(harbor, [[one, 'v1', 'v2']]);
    expect(await registry.deleteManifest('team/app', one.digest)).toEqual({ outcome: 'deleted' });
    expect(harbor.store.tags.size).toBe(0);
    expect(asked(harbor)).toContain(`DELETE @/projects/team/repositories/app/artifacts/${one.digest}`);
  });

  it('that an index holds, or of which a tag is immutable, is refused, and told apart', async () => {
    const { harbor, registry } = await withHarbor();
    const [child, stable, signed] = [app('child'), app('stable'), app('signed')];
    await fill(harbor, [
      [index([child]), 'v1'],
      [stable, 'stable'],
      [signed, 'v2'],
      [cosignSignature(signed), attachmentTag(signed.digest, 'sig')],
    ]);
    harbor.store.addImmutableRule('team', 'stable');
    harbor.store.addImmutableRule('team', 'sha256-*');
    const [held, immutable, attached] = await Promise.all(
      [child, stable, signed].map(({ digest }) => registry.deleteManifest('team/app', digest)),
    );
    expect(held).toMatchObject({ outcome: 'locked', message: expect.stringContaining('an index holds it') as string });
    expect(immutable).toMatchObject({ outcome: 'locked', message: expect.stringContaining('immutable') as string });
    expect(attached).toMatchObject({ outcome: 'locked', message: expect.stringContaining('of what is attached to it') as string });
    expect(harbor.store.artifacts.size).toBe(5);
  });

  it('that is not there is gone only if the project can be read', async () => {
    const account = { name: 'bot', secret: 'robot-secret', kind: 'robot' as const, projects: { team: CLEANER } };
    const { harbor, registry } = await withHarbor({ accounts: [account] }, account);
    await fill(harbor, [[app('one'), 'v1']]);
    expect(await registry.deleteManifest('team/app', NOWHERE)).toEqual({ outcome: 'gone' });
    expect(await failure(registry.deleteManifest('other/app', NOWHERE))).toMatchObject({ code: 'AUTH' });
    harbor.onRequest(({ method }) =>
      method === 'DELETE' ? { status: 404, body: '{"errors":[{"code":"NOT_FOUND","message":"path not found"}]}' } : undefined,
    );
    expect(await failure(registry.deleteManifest('team/app', app('one').digest))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('still shows it') as string,
    });
  });

  it.each(['404 page not found', '', '{"errors":[{"code":"NOT_FOUND"},{"code":"DENIED"}]}'])(
    'that is answered with 404 %j, as by a proxy, is not gone',
    async (body) => {
      const { harbor, registry } = await withHarbor();
      const one = app('one');
      await fill(harbor, [[one, 'v1']]);
      harbor.onRequest(({ path }) => (path.includes(one.digest) || path.includes('/v1') ? { status: 404, body } : undefined));
      expect(await failure(registry.deleteManifest('team/app', one.digest))).toMatchObject({ code: 'REGISTRY_ERROR' });
      expect(await failure(registry.deleteTag('team/app', 'v1', one.digest))).toMatchObject({ code: 'REGISTRY_ERROR' });
      expect(await failure(registry.tagsOf!('team/app', one.digest))).toMatchObject({ code: 'REGISTRY_ERROR' });
    },
  );

  it('is not believed to an answer that is none of Harbor', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one');
    await fill(harbor, [[one, 'v1']]);
    harbor.onRequest(({ method }) => (method === 'DELETE' ? { status: 200, body: '<html><title>Log in</title></html>' } : undefined));
    const error = { code: 'REGISTRY_ERROR', message: expect.stringContaining('Harbor answered status 200, Log in') as string };
    expect(await failure(registry.deleteManifest('team/app', one.digest))).toMatchObject(error);
    expect(await failure(registry.deleteTag('team/app', 'v1', one.digest))).toMatchObject(error);
  });

  it('is not possible while Harbor is read-only', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one');
    await fill(harbor, [[one, 'v1']]);
    harbor.store.readOnly = true;
    expect(await failure(registry.checkDelete('team/app', { tags: true }))).toMatchObject({ code: 'DELETE_DISABLED' });
    expect(await failure(registry.deleteManifest('team/app', one.digest))).toMatchObject({ code: 'DELETE_DISABLED' });
    expect(harbor.requests.every(({ method }) => method === 'GET' || method === 'DELETE')).toBe(true);
  });

  it('is asked about without changing anything', async () => {
    const { harbor, registry } = await withHarbor();
    await fill(harbor, [[app('one'), 'v1']]);
    await registry.checkDelete('team/app', { tags: true });
    expect(new Set(harbor.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(await failure(registry.checkDelete('team/none', { tags: false }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('taking off a tag', () => {
  it('leaves the artifact and its other tags', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one');
    await fill(harbor, [[one, 'v1', 'v2']]);
    expect(await registry.deleteTag('team/app', 'v1', one.digest)).toEqual({ outcome: 'deleted' });
    expect(harbor.store.artifact('team/app', 'v2').digest).toBe(one.digest);
  });

  it('that was moved, is gone or is immutable says which', async () => {
    const { harbor, registry } = await withHarbor();
    const [one, two] = [app('one'), app('two')];
    await fill(harbor, [
      [one, 'v1', 'stable'],
      [two, 'v1'],
    ]);
    harbor.store.addImmutableRule('team', 'stable');
    expect(await registry.deleteTag('team/app', 'v1', one.digest)).toEqual({
      outcome: 'drifted',
      message: `Cannot take off the tag prod/team/app:v1: it was moved to ${two.digest}.`,
    });
    expect(await registry.deleteTag('team/app', 'v9', one.digest)).toEqual({ outcome: 'gone' });
    expect(await registry.deleteTag('team/app', 'stable', one.digest)).toMatchObject({ outcome: 'locked' });
    expect(harbor.store.tags.size).toBe(2);
  });
});

describe('what goes along', () => {
  it('are untagged children that no other index holds, and all that is attached, to any depth', async () => {
    const { harbor, registry } = await withHarbor();
    const [amd, arm, tagged, shared] = [app('amd'), app('arm'), app('tagged'), app('shared')];
    const inner = index([amd, shared]);
    const outer = index([inner, arm, tagged]);
    const other = index([shared]);
    const bill = sbom(amd, '2025-01-01T00:00:00Z');
    const signature = cosignSignature(outer);
    await fill(harbor, [[outer, 'v1'], [tagged, 'tagged'], [other, 'other'], [bill], [signature, attachmentTag(outer.digest, 'sig')]]);

    const along = await registry.takenAlong?.('team/app', outer.digest);

    const expected = [
      { digest: inner.digest, tags: [], heldBy: [] },
      { digest: amd.digest, tags: [], heldBy: [] },
      { digest: bill.digest, tags: [], heldBy: [] },
      { digest: shared.digest, tags: [], heldBy: [other.digest] },
      { digest: arm.digest, tags: [], heldBy: [] },
      { digest: signature.digest, tags: [attachmentTag(outer.digest, 'sig')], heldBy: [] },
    ];
    expect(along?.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))).toEqual(expected.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)));
    const before = new Set([...harbor.store.artifacts.values()].map(({ digest }) => digest));
    await registry.deleteManifest('team/app', outer.digest);
    for (const { digest } of harbor.store.artifacts.values()) before.delete(digest);
    expect(before).toEqual(new Set([outer.digest, ...expected.filter(({ heldBy }) => heldBy.length === 0).map(({ digest }) => digest)]));
  });

  it('is spared by an index only while that is there', async () => {
    const { harbor, registry } = await withHarbor();
    const shared = app('shared');
    const [one, two] = [index([shared]), index([shared, app('more')])];
    await fill(harbor, [
      [one, 'v1'],
      [two, 'v2'],
    ]);
    expect((await registry.takenAlong?.('team/app', one.digest))?.[0]?.heldBy).toEqual([two.digest]);
    await registry.deleteManifest('team/app', two.digest);
    expect((await registry.takenAlong?.('team/app', one.digest))?.[0]?.heldBy).toEqual([]);
  });
});

describe('a manifest', () => {
  it('is read as it was pushed, and put back', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one');
    await fill(harbor, [[one, 'v1']]);
    const manifest = await registry.readManifest('team/app', one.digest);
    expect(manifest).toEqual({ digest: one.digest, mediaType: one.mediaType, bytes: one.bytes });
    await registry.deleteManifest('team/app', one.digest);
    expect(await registry.readManifest('team/app', one.digest)).toBeUndefined();
    if (manifest) await registry.putManifest('team/app', manifest, 'v1');
    expect(harbor.store.artifact('team/app', 'v1').digest).toBe(one.digest);
  });

  it('of a proxy cache is not fetched from behind it again', async () => {
    const { harbor, registry } = await withHarbor();
    const cache = harbor.store.addProject('cache');
    await fill(harbor, [[app('one'), 'v1']], 'cache/app');
    cache.registryId = 3;
    expect(await registry.readManifest('cache/app', NOWHERE)).toBeUndefined();
    expect(asked(harbor).filter((line) => line.includes('/manifests/'))).toEqual([]);
  });

  it('that the project lets nobody pull is told so before it is read; the reading itself says who is told', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one');
    await fill(harbor, [[one, 'v1']]);
    harbor.store.project('team').preventPulls = 'findings';
    expect(await registry.standing?.('team/app', one.digest)).toMatchObject({ unreadable: { deletable: false } });
    const error = await failure(registry.readManifest('team/app', one.digest));
    expect(error.message).toContain('PROJECTPOLICYVIOLATION');
    expect(error.hint).toContain('project:read');
  });
});

describe('garbage collection', () => {
  it('is started, and left to itself', async () => {
    const { harbor, registry } = await withHarbor();
    expect(await registry.collectGarbage?.({ wait: false })).toEqual({ state: 'started', job: String(harbor.store.gcJobs[0]?.id) });
  });

  it('is followed to its end, and tells what it freed', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one');
    await fill(harbor, [
      [one, 'v1'],
      [app('two'), 'v2'],
    ]);
    await registry.deleteManifest('team/app', one.digest);
    const client = new HarborClient({
      name: 'prod',
      url: harbor.url,
      http: testClient(),
      credentials: async () => ({ username: ADMIN.name, password: ADMIN.secret }),
    });
    const answer = await collectGarbage(client, { wait: true, pause: 1 });
    expect(answer).toEqual({
      state: 'finished',
      job: String(harbor.store.gcJobs[0]?.id),
      freed: one.bytes.length + one.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0),
    });
  });

  it('that fails is told', async () => {
    const { harbor } = await withHarbor();
    harbor.onRequest(({ path }) => (/\/gc\/\d+$/.test(path) ? { status: 200, body: '{"job_status":"Error"}' } : undefined));
    const client = new HarborClient({
      name: 'prod',
      url: harbor.url,
      http: testClient(),
      credentials: async () => ({ username: ADMIN.name, password: ADMIN.secret }),
    });
    expect(await collectGarbage(client, { wait: true, pause: 1 })).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('Error') as string,
    });
  });

  it('takes a right that few have, and then says so', async () => {
    const account = { name: 'bot', secret: 'robot-secret', kind: 'robot' as const, projects: { team: CLEANER } };
    const { registry } = await withHarbor({ accounts: [account] }, account);
    expect(await registry.collectGarbage?.({ wait: true })).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('garbage-collection:create') as string,
    });
  });

  it('stops waiting when the run is stopped', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.onRequest(({ path }) => (/\/gc\/\d+$/.test(path) ? { status: 200, body: '{"job_status":"Running"}' } : undefined));
    const controller = new AbortController();
    const answer = registry.collectGarbage?.({ wait: true, signal: controller.signal });
    await wait(20);
    controller.abort(new Error('stopped'));
    await expect(answer).rejects.toThrow();
  });
});
