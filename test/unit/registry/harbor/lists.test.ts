import { describe, expect, it } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../../src/demo/attachments.ts';
import { image, layer } from '../../../../src/demo/image.ts';
import { CLEANER } from '../../../fakes/harbor/accounts.ts';
import { asked, failure, fill, names, withHarbor } from './harbor-fixture.ts';
import { asDigest } from '../../../digest.ts';

const app = (seed: string) => image({ layers: [layer(seed, 50)], created: '2025-01-01T00:00:00Z' });
const READER = { name: 'reader', secret: 'reader-secret', kind: 'user' as const, projects: { team: CLEANER } };

describe('a long list', () => {
  it('takes one request for each 100 artifacts, and none for a tag', async () => {
    const { harbor, registry } = await withHarbor();
    for (let number = 0; number < 2950; number++)
      harbor.store.addPlainImage('team/app', `${number}`, [`v${number}`, `build-${number}`], Date.UTC(2025, 0, 1) + number);

    const inventory = await registry.inventory('team/app');

    expect(inventory.complete).toBe(true);
    expect(inventory.manifests).toHaveLength(2950);
    expect(new Set(inventory.manifests.flatMap(({ tags }) => tags)).size).toBe(5900);
    // The two beside the 30 pages ask who is there, and what the project forbids.
    expect(harbor.requests).toHaveLength(32);
  });

  it.each([
    ['pushed', 251],
    ['deleted', 249],
    ['deleted at its end and pushed at its beginning', 250],
  ])('is read again where something was %s between its pages', async (change, length) => {
    const { harbor, registry } = await withHarbor();
    const images = Array.from({ length: 250 }, (_, number) =>
      harbor.store.addPlainImage('team/app', `${number}`, [`v${number}`], number + 1),
    );
    let changed = false;
    harbor.onRequest(({ path }) => {
      if (changed || !path.includes('page=2&')) return;
      changed = true;
      if (change.includes('pushed')) harbor.store.addPlainImage('team/app', 'late', ['late'], 1000);
      if (change.includes('deleted')) harbor.store.artifacts.delete(images[0]?.id ?? 0);
    });

    const inventory = await registry.inventory('team/app');

    expect(inventory.complete).toBe(true);
    expect(inventory.manifests).toHaveLength(length);
    expect(new Set(inventory.manifests.map(({ digest }) => digest))).toEqual(
      new Set([...harbor.store.artifacts.values()].map(({ digest }) => digest)),
    );
  });

  it('that never holds still is no list', async () => {
    const { harbor, registry } = await withHarbor();
    for (let number = 0; number < 150; number++) harbor.store.addPlainImage('team/app', `${number}`, [`v${number}`], number + 1);
    harbor.onRequest(
      ({ path }) => void (path.includes('page=2&') && harbor.store.addPlainImage('team/app', `late ${harbor.requests.length}`, [], 1000)),
    );

    const inventory = await registry.inventory('team/app');

    expect(inventory).toMatchObject({
      complete: false,
      problems: ['Cannot list the artifacts of prod/team/app: the list changed each of the 5 times that it was read.'],
    });
  });

  it.each([
    [
      'whose pages are cut to 10',
      (request: { path: string }) => void (request.path = request.path.replace('page_size=100', 'page_size=10')),
    ],
    [
      'that says nothing of its length',
      ({ path }: { path: string }) => (path.includes('/artifacts?') ? { status: 200, body: '[]' } : undefined),
    ],
    [
      'that is none',
      ({ path }: { path: string }) =>
        path.includes('/artifacts?') ? { status: 200, headers: { 'x-total-count': '1' }, body: '{}' } : undefined,
    ],
  ])('%s is not taken for a whole one', async (_, hook) => {
    const { harbor, registry } = await withHarbor();
    for (let number = 0; number < 30; number++) harbor.store.addPlainImage('team/app', `${number}`, [`v${number}`], number + 1);
    harbor.onRequest(hook);

    const inventory = await registry.inventory('team/app');

    expect(inventory).toMatchObject({ complete: false, manifests: [] });
  });
});

describe('the repositories', () => {
  it('are those of all projects but the ones that cache another registry, which are named', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.store.addProject('cache', { registryId: 3 });
    harbor.store.addProject('open', { public: true });
    for (const name of ['team/app', 'team/deep/er', 'cache/library/nginx', 'open/tool']) harbor.store.ensureRepository(name);
    const skipped: string[] = [];
    expect(await names(registry, { onSkipped: (message) => skipped.push(message) })).toEqual(['team/app', 'team/deep/er', 'open/tool']);
    expect(skipped).toEqual(['prod/cache caches the images of another registry and was passed over; name it to have it looked at.']);
  });

  it('of one project are listed without a look at the others, a proxy cache too', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.store.addProject('cache', { registryId: 3 });
    for (const name of ['team/app', 'cache/library/nginx', 'cache/library/redis', 'cache/other']) harbor.store.ensureRepository(name);
    expect(await names(registry, { below: 'cache' })).toEqual(['cache/library/nginx', 'cache/library/redis', 'cache/other']);
    expect(await names(registry, { below: 'cache/library' })).toEqual(['cache/library/nginx', 'cache/library/redis']);
    expect(asked(harbor)).toEqual([
      'GET @/systeminfo',
      ...Array.from({ length: 2 }, () => 'GET @/projects/cache/repositories?page=1&page_size=100'),
    ]);
  });

  it('come in pages too', async () => {
    const { harbor, registry } = await withHarbor();
    for (let number = 0; number < 130; number++) harbor.store.ensureRepository(`team/app-${number}`);
    expect(await names(registry, { below: 'team' })).toHaveLength(130);
  });
});

describe('a name', () => {
  it('without a slash is a project, and no repository', async () => {
    const { registry } = await withHarbor();
    const error = await failure(registry.inventory('team'));
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: 'prod/team is a project and no repository.' });
  });

  it('of a repository that is not there is not that of an empty one', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.store.ensureRepository('team/empty');
    expect(await registry.inventory('team/empty')).toMatchObject({ complete: true, manifests: [] });
    expect(await failure(registry.inventory('team/none'))).toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no repository prod/team/none.',
    });
    expect(await failure(registry.listTags('team/none'))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('that is none asks for nothing', async () => {
    const { harbor, registry } = await withHarbor();
    expect(await failure(registry.inventory('team/../other'))).toMatchObject({ code: 'USAGE' });
    expect(harbor.requests).toEqual([]);
  });
});

describe('tags', () => {
  it('are all listed, those of signatures too, and point where Harbor says', async () => {
    const { harbor, registry } = await withHarbor();
    const [one, two] = [app('one'), app('two')];
    const tag = attachmentTag(one.digest, 'sig');
    await fill(harbor, [
      [one, 'v1', 'stable'],
      [two, 'v2'],
      [cosignSignature(one), tag],
    ]);
    expect((await registry.listTags('team/app')).toSorted()).toEqual([tag, 'stable', 'v1', 'v2'].toSorted());
    expect(await registry.resolveTag('team/app', 'v2')).toBe(two.digest);
    expect(await registry.resolveTag('team/app', 'none')).toBeUndefined();
    expect((await registry.tagsOf?.('team/app', one.digest))?.toSorted()).toEqual(['stable', 'v1']);
    expect(await registry.tagsOf?.('team/app', asDigest(`sha256:${'0'.repeat(64)}`))).toEqual([]);
    expect(await registry.resolveTags?.('team/app')).toEqual(
      new Map([
        ['stable', one.digest],
        ['v1', one.digest],
        ['v2', two.digest],
        [tag, cosignSignature(one).digest],
      ]),
    );
  });

  it('of a proxy cache are those it has, not those of the registry behind', async () => {
    const { harbor, registry } = await withHarbor();
    const cache = harbor.store.addProject('cache');
    await fill(harbor, [[app('one'), 'v1']], 'cache/app');
    cache.registryId = 3;
    expect(await registry.listTags('cache/app')).toEqual(['v1']);
    expect(asked(harbor).filter((line) => line.includes('/v2/'))).toEqual([]);
  });

  it('that cannot be resolved are an error and not gone', async () => {
    const { registry } = await withHarbor({ accounts: [READER] }, READER);
    expect(await failure(registry.resolveTag('other/app', 'v1'))).toMatchObject({ code: 'AUTH' });
    expect(await failure(registry.tagsOf!('other/app', app('one').digest))).toMatchObject({ code: 'AUTH' });
  });

  it.each([
    ['404 page not found', 'REGISTRY_ERROR'],
    ['{"errors":[{"code":"NOT_FOUND","message":"path not found"}]}', 'NOT_FOUND'],
  ])('are not gone because everything is answered with 404 %s, as by a proxy that leads elsewhere', async (body, code) => {
    const { harbor, registry } = await withHarbor();
    await fill(harbor, [[app('one'), 'v1']]);
    harbor.onRequest(({ path }) => (path.includes('/artifacts') ? { status: 404, body } : undefined));
    expect(await failure(registry.resolveTag('team/app', 'v1'))).toMatchObject({ code });
    expect(await failure(registry.tagsOf!('team/app', app('one').digest))).toMatchObject({ code });
    expect(await failure(registry.readManifest('team/app', asDigest(`sha256:${'0'.repeat(64)}`)))).toMatchObject({ code });
  });

  it('of a repository that a proxy answers with 404 are not those of none', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.onRequest(({ path }) => (path.endsWith('/repositories/none') ? { status: 404, body: '404 page not found' } : undefined));
    expect(await failure(registry.checkDelete('team/none', { tags: false }))).toMatchObject({ code: 'REGISTRY_ERROR' });
  });
});
