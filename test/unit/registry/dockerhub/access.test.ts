import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { createHubRegistry } from '../../../../src/registry/dockerhub/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { OWNER } from '../../../fakes/dockerhub/fake-hub.ts';
import { testClient } from '../../http/test-client.ts';
import { APP, build, connect, failure, fakeHub, tagsIn } from './hub-fixture.ts';

const [one, two] = [build('one'), build('two')];

async function list(registry: Registry, below?: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of registry.repositories(below === undefined ? {} : { below })) names.push(name);
  return names;
}

describe('the login at Docker Hub', () => {
  it('is one for all requests, and another when its token has ended', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1']);
    const registry = connect(hub);
    await Promise.all([registry.listTags(APP), registry.resolveTag(APP, 'v1')]);
    const logins = (): number => hub.requests.filter(({ path }) => path === '/hub/v2/auth/token').length;
    expect(logins()).toBe(1);
    hub.logOut();
    expect(await registry.listTags(APP)).toEqual(['v1']);
    expect(logins()).toBe(2);
  });

  it('that is refused is not tried again, and it is said what Docker Hub takes', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1']);
    const registry = connect(hub, {}, { ...OWNER, token: 'wrong' });
    for (let n = 0; n < 2; n++) {
      const error = await failure(registry.listTags(APP));
      expect(error).toMatchObject({ code: 'AUTH', exitCode: 4, hint: expect.stringContaining('a personal access token') as string });
      expect(error.message).toContain('to the login as user "anna"');
    }
    expect(hub.requests).toHaveLength(1);
  });

  it('is not needed to read what is public, and its lack is told before anything is deleted', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1']);
    const registry = connect(hub, { credentials: async () => undefined });
    expect((await registry.inventory(APP)).complete).toBe(true);
    expect(await failure(registry.checkDelete(APP, { tags: true }))).toMatchObject({
      code: 'AUTH',
      exitCode: 4,
      hint: expect.stringMatching(/"Read, Write, Delete".*REGISTRY_PASSWORD/) as string,
    });
    hub.store.repository(APP).isPrivate = true;
    expect((await failure(registry.listTags(APP))).code).toBe('NOT_FOUND');
  });
});

describe('the repositories of a namespace', () => {
  it('are listed, and one of which nothing is shown is an error', async () => {
    const hub = await fakeHub({ maxPage: 2 });
    for (const name of ['team/a', 'team/b', 'team/c', 'other/a']) hub.store.push(name, one, ['v1']);
    expect(await list(connect(hub, { namespaces: ['team', 'other'] }))).toEqual(['team/a', 'team/b', 'team/c', 'other/a']);
    expect(await list(connect(hub), 'team')).toEqual(['team/a', 'team/b', 'team/c']);
    expect((await failure(list(connect(hub)))).hint).toContain('dockerhub.namespaces');
    expect((await failure(list(connect(hub), 'typo'))).code).toBe('NOT_FOUND');
  });

  it('are those of the API at hub.docker.com, and their images those of registry-1.docker.io', async () => {
    const asked: string[] = [];
    const http = { ...testClient(), request: async ({ url }: { url: string }) => Promise.reject(new Error(asked.push(url).toString())) };
    const registry = createHubRegistry({ name: 'hub', url: 'https://docker.io', http, credentials: async () => undefined });
    for (const call of [registry.listTags('nginx'), registry.readManifest('nginx', one.digest)]) await call.catch(() => {});
    expect(asked).toEqual([
      'https://hub.docker.com/v2/namespaces/library/repositories/nginx/tags?page_size=100&page=1',
      `https://registry-1.docker.io/v2/library/nginx/manifests/${one.digest}`,
    ]);
  });
});

describe('deleting on Docker Hub', () => {
  it('goes tag by tag, and no pull is counted', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1', 'latest']);
    hub.store.push(APP, two, ['v2']);
    expect(await connect(hub).deleteManifest(APP, one.digest, ['v1', 'latest'])).toEqual({ outcome: 'deleted' });
    expect(tagsIn(hub)).toEqual(['v2']);
    expect(hub.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([
      '/hub/v2/repositories/team/app/tags/latest/',
      '/hub/v2/repositories/team/app/tags/v1/',
    ]);
    expect(hub.pulls.left).toBe(200);
  });

  it('sets the tags again that went before one that cannot be deleted', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1', 'v2', 'v3']);
    hub.onRequest(({ method, path }) => {
      if (method === 'DELETE' && path.includes('/v2/') && path.endsWith('/v2/')) hub.store.repository(APP).immutable.push('^v2$');
    });
    const { outcome } = await connect(hub).deleteManifest(APP, one.digest);
    expect([outcome, tagsIn(hub)]).toEqual(['locked', ['v1', 'v2', 'v3']]);
  });

  it('of an index takes along the images that it alone holds and that have no tag', async () => {
    const hub = await fakeHub();
    const [three, first] = [build('three'), index([one, two, build('three')])];
    hub.store.push(APP, first, ['v1']);
    hub.store.push(APP, index([two, build('four')]), ['v2']);
    hub.store.push(APP, one, ['amd64']);
    const along = await connect(hub).takenAlong!(APP, first.digest);
    expect(along.map(({ digest, heldBy }) => [digest, heldBy.length]).toSorted()).toEqual(
      [
        [two.digest, 1],
        [three.digest, 0],
      ].toSorted(),
    );
    expect(along.every(({ unreadable }) => unreadable?.deletable)).toBe(true);
  });

  it('takes a token that may delete: without one the registry behind the API refuses it, which is a missing right', async () => {
    const hub = await fakeHub({ accounts: [{ ...OWNER, mayNotDelete: true }] });
    hub.store.push(APP, one, ['v1']);
    const registry = connect(hub);
    await registry.checkDelete(APP, { tags: true });
    const error = await failure(registry.deleteManifest(APP, one.digest));
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4, hint: expect.stringContaining('"Read, Write, Delete"') as string });
    expect(await failure(registry.checkDelete(APP, { tags: true }))).toBe(error);
  });
});
