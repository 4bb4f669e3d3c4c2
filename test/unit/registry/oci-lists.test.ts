import { describe, expect, it } from 'vitest';
import { image, layer } from '../../../src/demo/image.ts';
import type { EmbeddedUser } from '../../../src/demo/registry-options.ts';
import { errorReply } from '../../../src/demo/reply.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { adapter, asked, failure, fill, NOWHERE, withServer } from './oci-fixture.ts';

const app = image({ layers: [layer('1', 10)] });
const names = ['a', 'team/app', 'team-x', 'team/app/deep', 'z'];

async function repositories(registry: Registry): Promise<string[]> {
  const found: string[] = [];
  for await (const name of registry.repositories()) found.push(name);
  return found;
}

async function withRepositories(options: Parameters<typeof withServer>[0] = {}) {
  const started = await withServer(options);
  for (const name of names) await fill(started.server, [[app, 'v1']], name);
  return started;
}

describe('repositories', () => {
  it('are asked for a thousand at a time', async () => {
    const { server, registry } = await withRepositories();
    expect((await repositories(registry)).toSorted()).toEqual(names.toSorted());
    expect(asked(server)).toEqual(['GET /v2/_catalog?n=1000']);
  });

  it('come from all pages, an empty last one too', async () => {
    const { registry } = await withRepositories({ pageSize: 1 });
    expect((await repositories(registry)).toSorted()).toEqual(names.toSorted());
  });

  it('are asked for in halves until the registry takes the number', async () => {
    const { server, registry } = await withRepositories({ pageSize: 300, pageTooLarge: 'refuse' });
    expect(await repositories(registry)).toHaveLength(5);
    expect(server.requests.map(({ path }) => path)).toEqual(['/v2/_catalog?n=1000', '/v2/_catalog?n=500', '/v2/_catalog?n=250']);
  });

  it('are not asked for in halves where the number is not what is wrong', async () => {
    const { server, registry } = await withRepositories();
    server.onRequest(() => ({ status: 400, body: 'Bad Request' }));
    expect((await failure(repositories(registry))).code).toBe('REGISTRY_ERROR');
    expect(server.requests).toHaveLength(1);
  });

  it('come once, also where pages overlap', async () => {
    const { server, registry } = await withRepositories({ pageSize: 3 });
    server.onRequest(({ path }) => (path.includes('last=') ? { status: 200, body: '{"repositories":["z","a"]}' } : undefined));
    const found = await repositories(registry);
    expect(found).toEqual([...new Set(found)]);
    expect(found).toContain('z');
  });

  it('are none where the list is null', async () => {
    const { server, registry } = await withServer();
    server.onRequest(() => ({ status: 200, body: '{"repositories":null}' }));
    expect(await repositories(registry)).toEqual([]);
  });

  it.each<[string, Parameters<typeof errorReply>[0] | undefined]>([
    ['has no such route', undefined],
    ['does not support it', 'UNSUPPORTED'],
  ])('must be named where the registry %s', async (_, code) => {
    const { server, registry } = await withServer({ catalog: false });
    if (code) server.onRequest(() => errorReply(code));
    expect(await failure(repositories(registry))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/prod.*It does not list its repositories\.$/),
      hint: expect.stringContaining('Name the repositories'),
    });
  });

  it('must be named where these credentials may not list them', async () => {
    const bob: EmbeddedUser = { name: 'bob', password: 's3cret', access: { '*': ['pull'] } };
    const { server } = await withServer({ auth: { scheme: 'bearer', users: [bob] } });
    const error = await failure(repositories(adapter(server.url, { user: 'bob', password: 's3cret' })));
    expect(error).toMatchObject({ code: 'AUTH', hint: expect.stringMatching(/^Name the repositories.*registry:catalog:\*/) });
  });

  it.each([
    ['{"names":[]}', 'not a list of repositories'],
    ['[]', 'not a list of repositories'],
    ['{"repositories":[1]}', 'not a name'],
    ['<html>', 'not a list'],
  ])('are not guessed from %s', async (body, why) => {
    const { server, registry } = await withServer();
    server.onRequest(() => ({ status: 200, body }));
    expect(await failure(repositories(registry))).toMatchObject({ code: 'BAD_RESPONSE', message: expect.stringContaining(why) });
  });

  it('may be empty: one whose last tag is gone, and one that the registry lists and has forgotten', async () => {
    const { server, registry } = await withRepositories();
    server.storage.repository('team/app').tags.clear();
    server.storage.repository('z').tagged = false;
    await repositories(registry);
    for (const name of ['team/app', 'z']) expect(await registry.inventory(name)).toMatchObject({ complete: true, manifests: [] });
  });

  it('are not empty because of any other 404', async () => {
    const { server, registry } = await withRepositories();
    await repositories(registry);
    server.onRequest(({ path }) => (path.includes('/tags/list') ? { status: 404, body: 'Not Found' } : undefined));
    expect(await registry.inventory('z')).toMatchObject({ complete: false, problems: [expect.stringContaining('404, Not Found')] });
  });

  it('with a name that is none are incomplete, and never asked for', async () => {
    const { server, registry } = await withServer();
    server.onRequest(() => ({ status: 200, body: '{"repositories":["team/../other"]}' }));
    await repositories(registry);
    server.requests.length = 0;
    expect(await registry.inventory('team/../other')).toMatchObject({
      complete: false,
      problems: ['The registry prod lists "team/../other", which is not the name of a repository.'],
    });
    expect(server.requests).toEqual([]);
  });
});

describe('tags', () => {
  const tags = Array.from({ length: 25 }, (_, n) => `v${n}`);

  it.each([
    ['on one page', {}],
    ['on many pages', { pageSize: 4 }],
    ['in no order', { ignorePaging: true }],
  ])('are all listed %s', async (_, options) => {
    const { server, registry } = await withServer(options);
    await fill(server, [[app, ...tags]]);
    expect((await registry.listTags('team/app')).toSorted()).toEqual(tags.toSorted());
    expect(asked(server)).toContain('GET /tags/list');
  });

  it('are none where the list is null', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.storage.repository('team/app').tags.clear();
    expect(await registry.listTags('team/app')).toEqual([]);
  });

  it('of a repository that is not there are an error', async () => {
    const { registry } = await withServer();
    expect((await failure(registry.listTags('team/none'))).code).toBe('NOT_FOUND');
  });

  it('are not asked for by a name that is none', async () => {
    const { server, registry } = await withServer();
    expect((await failure(registry.listTags('team/../other'))).code).toBe('USAGE');
    expect((await failure(registry.resolveTag('team/app', '../../_catalog'))).code).toBe('USAGE');
    expect(server.requests).toEqual([]);
  });

  it('resolve with one HEAD', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    expect(await registry.resolveTag('team/app', 'v1')).toBe(app.digest);
    expect(asked(server)).toEqual(['HEAD /manifests/v1']);
  });

  it('resolve to the digest of the bytes where none is named', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(() => ({ headers: { 'docker-content-digest': _digest, ...headers } = {}, ...reply }) => ({ ...reply, headers }));
    expect(await registry.resolveTag('team/app', 'v1')).toBe(app.digest);
  });

  it('resolve to nothing only where the registry says that there is no such tag', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    expect(await registry.resolveTag('team/app', 'v2')).toBeUndefined();
    for (const fault of [
      { status: 404 },
      errorReply('NAME_UNKNOWN'),
      errorReply('UNKNOWN'),
      errorReply('MANIFEST_UNKNOWN', [{ message: 'accept header does not support it' }]),
    ]) {
      const off = server.onRequest(() => fault);
      await failure(registry.resolveTag('team/app', 'v1'));
      off();
    }
    server.onRequest(() => (reply) => ({ ...reply, headers: { ...reply.headers, 'docker-content-digest': 'latest' } }));
    expect((await failure(registry.resolveTag('team/app', 'v1'))).code).toBe('BAD_RESPONSE');
  });
});

describe('a manifest', () => {
  it('is read byte for byte', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    const raw = await registry.readManifest('team/app', app.digest);
    expect(raw).toMatchObject({ digest: app.digest, mediaType: app.mediaType });
    expect(Buffer.from(raw!.bytes).equals(app.bytes)).toBe(true);
  });

  it('is missing only where the registry says so', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    expect(await registry.readManifest('team/app', NOWHERE)).toBeUndefined();
    for (const fault of [{ status: 404 }, errorReply('NAME_UNKNOWN'), { status: 200, body: '{}' }]) {
      const off = server.onRequest(() => fault);
      expect((await failure(registry.readManifest('team/app', app.digest))).message).toContain(`prod/team/app@${app.digest}`);
      off();
    }
  });
});
