import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { buildCache } from '../build-cache.ts';
import { ADMIN, type FakeAccount } from '../../../fakes/nexus/accounts.ts';
import { APP, build, connect, failure, fakeNexus, HOSTED, push, tagsIn } from './nexus-fixture.ts';

const one = build('one');

describe('a deletion', () => {
  it('is of components alone, never of a manifest by its digest, which lets what other tags need stay', async () => {
    const nexus = await fakeNexus();
    push(nexus, one, 'a', 'b');
    const registry = connect(nexus);
    await registry.checkDelete(APP, { tags: true });
    expect(await registry.deleteTag(APP, 'a', one.digest)).toEqual({ outcome: 'deleted' });
    expect(await registry.deleteManifest(APP, one.digest, ['b'])).toEqual({ outcome: 'deleted' });
    expect(tagsIn(nexus)).toEqual([]);
    const deleted = nexus.requests.filter(({ method, status }) => method === 'DELETE' && status < 300);
    expect(deleted.map(({ path }) => path.replace(/[^/]+$/, ''))).toEqual(['/service/rest/v1/components/', '/service/rest/v1/components/']);
    expect(nexus.store.repository(HOSTED).manifests.get('team/app')!.has(one.digest)).toBe(true);
  });

  it('finds the tag under the id that it has by now', async () => {
    const nexus = await fakeNexus();
    push(nexus, one, 'v1');
    const registry = connect(nexus);
    expect(await registry.resolveTag(APP, 'v1')).toBe(one.digest);
    nexus.store.deleteTag(nexus.store.repository(HOSTED), nexus.store.tag(nexus.store.repository(HOSTED), 'team/app', 'v1')!);
    push(nexus, one, 'v1');
    expect(await registry.deleteTag(APP, 'v1', one.digest)).toEqual({ outcome: 'deleted' });
    expect(tagsIn(nexus)).toEqual([]);
  });

  it('leaves a tag that was moved, under the same id or another', async () => {
    const nexus = await fakeNexus();
    push(nexus, one, 'same', 'other');
    const registry = connect(nexus);
    await registry.resolveTag(APP, 'same');
    push(nexus, build('two'), 'same');
    nexus.store.deleteTag(nexus.store.repository(HOSTED), nexus.store.tag(nexus.store.repository(HOSTED), 'team/app', 'other')!);
    push(nexus, build('two'), 'other');
    for (const tag of ['same', 'other']) {
      expect(await registry.deleteTag(APP, tag, one.digest)).toMatchObject({
        outcome: 'drifted',
        message: expect.stringContaining('was moved') as string,
      });
    }
    expect(tagsIn(nexus)).toEqual(['other', 'same']);
  });

  it('that ends half-way puts back the tags of an image that then stays', async () => {
    const nexus = await fakeNexus();
    push(nexus, one, 'a', 'b');
    const registry = connect(nexus);
    let deletions = 0;
    nexus.onRequest(({ method, path }) => {
      if (method !== 'DELETE' || !path.includes('/components/') || ++deletions < 2) return undefined;
      return { status: 403 };
    });
    expect(await failure(registry.deleteManifest(APP, one.digest, ['a', 'b']))).toMatchObject({
      code: 'AUTH',
      exitCode: 4,
      hint: 'Give a role of this user the privilege nx-repository-view-docker-docker-hosted-delete.',
    });
    expect(tagsIn(nexus)).toEqual(['a', 'b']);
  });

  it('is locked where the repository was made read-only after the plan', async () => {
    const nexus = await fakeNexus();
    push(nexus, one, 'v1');
    const registry = connect(nexus);
    await registry.checkDelete(APP, { tags: true });
    nexus.store.repository(HOSTED).writePolicy = 'DENY';
    expect(await registry.deleteTag(APP, 'v1', one.digest)).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('cannot be deleted') as string,
    });
    expect(tagsIn(nexus)).toEqual(['v1']);
  });

  it('of what an index with a tag lists is refused, and of what nothing lists is done already', async () => {
    const nexus = await fakeNexus();
    const amd = build('amd');
    push(nexus, index([amd]), 'multi');
    push(nexus, one);
    const registry = connect(nexus);
    expect(await registry.deleteManifest(APP, amd.digest)).toMatchObject({ outcome: 'locked' });
    expect(await registry.deleteManifest(APP, one.digest)).toEqual({ outcome: 'gone' });
    expect(await registry.takenAlong!(APP, index([amd]).digest)).toEqual([{ digest: amd.digest, tags: [], heldBy: [] }]);
  });

  it('takes nothing along that an index lists and was never pushed, and no layers that a cache of BuildKit lists', async () => {
    const nexus = await fakeNexus();
    const [amd, arm] = [build('amd'), build('arm')];
    const sparse = index([amd, arm]);
    push(nexus, sparse, 'sparse');
    nexus.store.repository(HOSTED).manifests.get('team/app')!.delete(arm.digest);
    const cache = buildCache('one', 'two');
    push(nexus, cache, 'cache');
    const registry = connect(nexus);
    expect(await registry.takenAlong!(APP, sparse.digest)).toEqual([{ digest: amd.digest, tags: [], heldBy: [] }]);
    expect(await registry.takenAlong!(APP, cache.digest)).toEqual([]);
  });

  it('is refused before anything is sent to somebody who may not delete', async () => {
    const reader: FakeAccount = { name: 'reader', password: 'reader-password-4711', privileges: ['browse', 'read', 'admin-read'] };
    const nexus = await fakeNexus({ accounts: [reader, ADMIN] });
    push(nexus, one, 'v1');
    const error = await failure(connect(nexus, {}, reader).checkDelete(APP, { tags: true }));
    expect(error).toMatchObject({ code: 'AUTH', message: expect.stringContaining(`Nothing can be deleted in prod/${APP}`) as string });
    expect(error.hint).toBe('Give a role of this user the privilege nx-repository-view-docker-docker-hosted-delete.');
  });

  it('is undone where tags can be pushed once: what has no tag by now is there still, and is not pushed again', async () => {
    const nexus = await fakeNexus();
    push(nexus, one, 'v1');
    nexus.store.repository(HOSTED).writePolicy = 'ALLOW_ONCE';
    const registry = connect(nexus);
    const raw = (await registry.readManifest(APP, one.digest))!;
    expect(await registry.deleteManifest(APP, one.digest, ['v1'])).toEqual({ outcome: 'deleted' });
    await registry.putManifest(APP, raw);
    await registry.putManifest(APP, raw, 'v1');
    expect(tagsIn(nexus)).toEqual(['v1']);
  });
});
