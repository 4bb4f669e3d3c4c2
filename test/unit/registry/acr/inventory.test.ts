import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attestation, sbom } from '../../../../src/demo/attachments.ts';
import { index } from '../../../../src/demo/image.ts';
import { ContentCache } from '../../../../src/distribution/cache.ts';
import { AcrError } from '../../../fakes/acr/reply.ts';
import { adapter, app, asked, failure, fill, find, withAcr } from './acr-fixture.ts';

describe('an inventory', () => {
  it('tells all of an image that ACR and its manifest tell, and nothing of what its config says', async () => {
    const acr = await withAcr();
    acr.store.now = () => Date.parse('2025-03-01T10:00:00.123Z');
    await fill(acr, [[app('one', 'linux/arm64'), 'v1']]);
    const { capabilities, manifests, url, complete } = await adapter(acr).inventory('team/app');
    expect({ url, complete }).toEqual({ url: acr.url, complete: true });
    expect(capabilities).toMatchObject({
      createdAt: false,
      labels: false,
      pulledAt: false,
      pushedAt: true,
      tagTimes: true,
      cascades: true,
    });
    const one = app('one', 'linux/arm64');
    expect(manifests).toEqual([
      {
        digest: one.digest,
        mediaType: one.mediaType,
        size: one.bytes.length + one.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0),
        tags: ['v1'],
        tagTimes: { v1: '2025-03-01T10:00:00.123Z' },
        pushedAt: '2025-03-01T10:00:00.123Z',
        config: one.blobs[0]!.digest,
        children: [],
        platforms: ['linux/arm64'],
        blobs: [{ digest: one.digest, size: one.bytes.length }, ...one.blobs.map(({ digest, bytes }) => ({ digest, size: bytes.length }))],
      },
    ]);
  });

  it('takes the first push for pushed, and the last setting of a tag for tagged', async () => {
    const acr = await withAcr();
    const [first, second] = [Date.parse('2025-03-01T00:00:00Z'), Date.parse('2025-06-01T00:00:00Z')];
    acr.store.now = () => first;
    await fill(acr, [
      [app('one'), 'v1', 'latest'],
      [app('two'), 'v2'],
    ]);
    acr.store.now = () => second;
    await fill(acr, [[app('one'), 'latest', 'v2']]);
    const inventory = await adapter(acr).inventory('team/app');
    const iso = (time: number): string => new Date(time).toISOString();
    expect(find(inventory, 'v1')).toMatchObject({
      pushedAt: iso(first),
      tags: ['latest', 'v1', 'v2'],
      tagTimes: { v1: iso(first), latest: iso(second), v2: iso(second) },
    });
    expect(find(inventory, app('two').digest)).toMatchObject({ tags: [], pushedAt: iso(first) });
  });

  it('asks for as many as a list gives, once for each manifest, and for nothing of what is in the cache', async () => {
    const acr = await withAcr();
    const release = index([app('one'), app('one', 'linux/arm64/v8'), attestation(app('one'))]);
    await fill(acr, [[release, 'v1'], [sbom(release, '2025-01-01T00:00:00Z')]]);
    const folder = await mkdtemp(join(tmpdir(), 'regprune-acr-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const cache = new ContentCache(folder);
    const cold = await adapter(acr, undefined, { cache }).inventory('team/app');
    await cache.close();
    const lists = ['GET /acr/v1/team/app', 'GET /acr/v1/team/app/_manifests?n=1000', 'GET /acr/v1/team/app/_tags?n=1000'];
    const manifests = [...acr.store.repository('team/app').manifests.keys()].map((digest) => `GET /v2/team/app/manifests/${digest}`);
    expect(asked(acr).toSorted()).toEqual([...lists, ...manifests].toSorted());
    acr.requests.length = 0;
    const warm = await adapter(acr, undefined, { cache: new ContentCache(folder) }).inventory('team/app');
    expect(asked(acr).toSorted()).toEqual(lists);
    expect(warm).toEqual(cold);
    expect(find(cold, 'v1').platforms).toEqual(['linux/amd64', 'linux/arm64/v8']);
    expect(find(cold, app('one', 'linux/arm64/v8').digest).platforms).toEqual(['linux/arm64/v8']);
    expect(cold.manifests.filter(({ subject }) => subject === release.digest)).toHaveLength(1);
  });

  it('knows all tags of a digest, of which its manifest names only ten', async () => {
    const acr = await withAcr({ maxPage: 7 });
    const tags = Array.from({ length: 25 }, (_, n) => `build-${String(n).padStart(2, '0')}`);
    await fill(acr, [[app('one'), ...tags]]);
    const registry = adapter(acr);
    expect(find(await registry.inventory('team/app'), 'build-00').tags).toEqual(tags);
    expect((await registry.tagsOf!('team/app', app('one').digest)).toSorted()).toEqual(tags);
    expect(Object.fromEntries(await registry.resolveTags!('team/app'))).toEqual(
      Object.fromEntries(tags.map((tag) => [tag, app('one').digest])),
    );
  });

  it('of a repository that is not there is an error; of one that was listed and then emptied, empty', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    const registry = adapter(acr);
    expect(await failure(registry.inventory('team/none'))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('prod/team/none') as string,
    });
    for await (const _repository of registry.repositories()) continue;
    acr.store.deleteManifest('team/app', app('one').digest);
    expect(await registry.inventory('team/app')).toMatchObject({ complete: true, manifests: [] });
  });
});

describe('locks', () => {
  it.each([['deleteEnabled'], ['writeEnabled']] as const)('%s false locks the tag or the manifest that has it', async (flag) => {
    const acr = await withAcr();
    await fill(acr, [
      [app('one'), 'v1', 'v2'],
      [app('two'), 'v3'],
    ]);
    acr.store.tag('team/app', 'v2').locks[flag] = false;
    acr.store.manifest('team/app', 'v3').locks[flag] = false;
    const inventory = await adapter(acr).inventory('team/app');
    expect(find(inventory, 'v1')).toMatchObject({ lockedTags: ['v2'] });
    expect(find(inventory, 'v1')).not.toHaveProperty('locked');
    expect(find(inventory, 'v3')).toMatchObject({ locked: true });
    expect(find(inventory, 'v3')).not.toHaveProperty('lockedTags');
  });

  it('of a repository lock all its images where writing is off, and none where only its own deletion is', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [app('one'), 'v1'],
      [app('two'), 'v2'],
    ]);
    const registry = adapter(acr);
    acr.store.repository('team/app').locks.deleteEnabled = false;
    expect((await registry.inventory('team/app')).manifests.map(({ locked }) => locked)).toEqual([undefined, undefined]);
    acr.store.repository('team/app').locks.writeEnabled = false;
    expect((await registry.inventory('team/app')).manifests.map(({ locked }) => locked)).toEqual([true, true]);
    expect(await failure(registry.checkDelete('team/app', { tags: false }))).toMatchObject({
      code: 'DELETE_DISABLED',
      message: expect.stringContaining('prod/team/app') as string,
    });
  });

  it('are assumed where a tag does not say that it has none', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    Object.assign(acr.store.tag('team/app', 'v1'), { locks: { listEnabled: true } });
    expect(find(await adapter(acr).inventory('team/app'), 'v1').lockedTags).toEqual(['v1']);
  });
});

describe('what cannot be known leaves nothing to be deleted', () => {
  it('an index that is hidden from lists, and holds what is not', async () => {
    const acr = await withAcr();
    const release = index([app('one')]);
    await fill(acr, [
      [release, 'v1'],
      [app('two'), 'v2'],
    ]);
    acr.store.manifest('team/app', release.digest).locks.listEnabled = false;
    acr.store.tag('team/app', 'v1').locks.listEnabled = false;
    const inventory = await adapter(acr).inventory('team/app');
    expect(inventory).toMatchObject({
      complete: false,
      problems: [expect.stringMatching(/prod\/team\/app.*counts 3 manifests and 2 tags, and lists 2 and 1/)],
    });
  });

  it('a manifest that may not be read', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    acr.store.manifest('team/app', 'v1').locks.readEnabled = false;
    expect(await adapter(acr).inventory('team/app')).toMatchObject({ complete: false, problems: [expect.stringContaining('disallowed')] });
  });

  it('a manifest that is listed, and then is not there', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [app('one'), 'v1'],
      [app('two'), 'v2'],
    ]);
    acr.onRequest(({ path }) =>
      path === `/v2/team/app/manifests/${app('one').digest}` ? new AcrError('MANIFEST_UNKNOWN', 'manifest is not found').reply : undefined,
    );
    expect(await adapter(acr).inventory('team/app')).toMatchObject({
      complete: false,
      problems: [expect.stringContaining(`prod/team/app@${app('one').digest}`)],
    });
  });

  it('a tag whose manifest is gone, unless the policy goes on without it: it is named, with a command that takes it off', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [app('one'), 'v1'],
      [app('two'), 'v2'],
    ]);
    acr.store.repository('team/app').manifests.delete(app('one').digest);
    const inventory = await adapter(acr).inventory('team/app');
    expect(inventory).toMatchObject({
      complete: false,
      danglingTags: [{ tag: 'v1', digest: app('one').digest }],
      manifests: [{ tags: ['v2'] }],
    });
    expect(inventory.problems).toEqual([
      `The tag prod/team/app:v1 is listed, but the manifest ${app('one').digest} that it points to is not there. ` +
        'Go on without it, by danglingTags: ignore in the policy, or push it again, or take it off: ' +
        'az acr repository untag --name 127 --image team/app:v1',
    ]);
  });

  it('a repository of another name in the answer', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    acr.onRequest(({ path }) =>
      path.startsWith('/acr/v1/team/app/_tags') ? { status: 200, body: JSON.stringify({ imageName: 'team/other', tags: [] }) } : undefined,
    );
    expect(await adapter(acr).inventory('team/app')).toMatchObject({
      complete: false,
      problems: [expect.stringContaining('not about the repository team/app')],
    });
  });
});

describe('what happens while the lists are read', () => {
  it('a tag that is moved is where it is at last', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [app('one'), 'v1', 'v2'],
      [app('two'), 'v3'],
    ]);
    const before = ['v1', 'v2', 'v3'].map((name) => ({
      name,
      digest: acr.store.tag('team/app', name).digest,
      changeableAttributes: { deleteEnabled: true, writeEnabled: true },
    }));
    acr.store.setTag(acr.store.repository('team/app'), 'v1', app('two').digest);
    // The list of tags was made before it was moved, that of manifests afterwards.
    acr.onRequest(({ path }) =>
      path.includes('_tags?') ? { status: 200, body: JSON.stringify({ imageName: 'team/app', tags: before }) } : undefined,
    );
    const inventory = await adapter(acr).inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(find(inventory, 'v1').digest).toBe(app('two').digest);
    expect(inventory.manifests.flatMap(({ tags }) => tags).toSorted()).toEqual(['v1', 'v2', 'v3']);
  });

  it('an image that is pushed is there with its tag, or not at all', async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    const late = app('late');
    await fill(acr, [[late, 'any']], 'team/elsewhere');
    let pushed = false;
    acr.onRequest(({ path }) => {
      if (!path.includes('_tags?') || pushed) return;
      pushed = true;
      const repository = acr.store.repository('team/app');
      repository.manifests.set(late.digest, acr.store.manifest('team/elsewhere', late.digest));
      acr.store.setTag(repository, 'late', late.digest);
    });
    const inventory = await adapter(acr).inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(find(inventory, 'late').digest).toBe(late.digest);
  });

  it('an image that is deleted is left out', async () => {
    const acr = await withAcr();
    await fill(acr, [
      [app('one'), 'v1'],
      [app('two'), 'v2'],
      [app('three'), 'v3'],
    ]);
    let deleted = false;
    acr.onRequest(({ path }) => {
      if (!path.startsWith('/v2/team/app/manifests/') || deleted) return;
      deleted = true;
      for (const seed of ['one', 'two']) acr.store.deleteManifest('team/app', app(seed).digest);
    });
    const inventory = await adapter(acr, undefined, { concurrency: 1 }).inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(find(inventory, 'v3').digest).toBe(app('three').digest);
    expect(inventory.manifests.length).toBeLessThan(3);
  });
});
