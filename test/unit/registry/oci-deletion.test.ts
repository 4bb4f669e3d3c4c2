import { describe, expect, it } from 'vitest';
import { content, image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { EmbeddedUser } from '../../../src/demo/registry-options.ts';
import { errorReply, jsonReply } from '../../../src/demo/reply.ts';
import { adapter, asked, failure, fill, NOWHERE, withServer } from './oci-fixture.ts';

const app = image({ layers: [layer('1', 10)] });
const other = image({ layers: [layer('2', 10)] });
const both = { tags: true };
const manifests = { tags: false };

describe('whether images can be deleted', () => {
  it('is found out with what does not exist', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    await registry.checkDelete('team/app', both);
    expect(server.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(['DELETE 404', 'DELETE 404']);
    expect(server.requests[0]!.path).toMatch(/^\/v2\/team\/app\/manifests\/sha256:[0-9a-f]{64}$/);
    expect(server.requests[1]!.path).toMatch(/^\/v2\/team\/app\/manifests\/regprune-check-[0-9a-f]{32}$/);
    expect(server.storage.repository('team/app').tags.get('v1')).toBe(app.digest);
  });

  it('is no question of tags where no tag is to be taken off', async () => {
    const { server, registry } = await withServer({ tagDelete: 'unsupported' });
    await registry.checkDelete('team/app', manifests);
    expect(server.requests).toHaveLength(1);
  });

  it('is answered by how to switch it on', async () => {
    const { registry } = await withServer({ deleteEnabled: false });
    expect(await failure(registry.checkDelete('team/app', manifests))).toMatchObject({
      code: 'DELETE_DISABLED',
      message: expect.stringMatching(/prod.*team\/app.*405, UNSUPPORTED/),
      hint: expect.stringMatching(/REGISTRY_STORAGE_DELETE_ENABLED=true.*storage\.delete\.enabled/),
    });
  });

  it('is no, where a registry says 400 UNSUPPORTED or 405, and only to distribution belongs its setting', async () => {
    const { server, registry } = await withServer();
    const unsupported = jsonReply(400, { errors: [{ code: 'UNSUPPORTED', message: 'no deletion here' }] });
    for (const fault of [unsupported, { status: 405 }, { status: 405, body: '<title>Not Allowed</title>' }]) {
      const off = server.onRequest(() => fault);
      const { code, message, hint } = await failure(registry.checkDelete('team/app', manifests));
      expect(code).toBe('DELETE_DISABLED');
      expect(message).toMatch(/^The registry prod takes no deletion: for prod\/team\/app it answered status 40[05]/);
      expect(hint).toMatch(/documentation of this registry/);
      expect(hint).not.toMatch(/distribution|REGISTRY_STORAGE/);
      off();
    }
  });

  it('is no, where a registry is read-only, which is no missing right', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    // What olareg answers with --store-ro.
    server.onRequest(({ method }) =>
      ['DELETE', 'PUT'].includes(method)
        ? jsonReply(403, { errors: [{ code: 'DENIED', message: 'requested access is denied', detail: 'repository is read-only' }] })
        : undefined,
    );
    expect(await failure(registry.checkDelete('team/app', manifests))).toMatchObject({
      code: 'DELETE_DISABLED',
      message: expect.stringMatching(/^The registry prod is read-only: for prod\/team\/app it answered status 403, DENIED/),
    });
    expect(await registry.deleteManifest('team/app', app.digest)).toMatchObject({ outcome: 'locked' });
    expect((await failure(registry.putManifest('team/app', app, 'v1'))).code).toBe('REGISTRY_ERROR');
  });

  it('is a question of the policy where a registry takes no single tag off', async () => {
    const { registry } = await withServer({ tagDelete: 'unsupported' });
    expect(await failure(registry.checkDelete('team/app', both))).toMatchObject({
      code: 'NOT_APPLYABLE',
      message: expect.stringContaining('DIGEST_INVALID'),
      hint: expect.stringContaining('sharedTags: keep'),
    });
  });

  it('is a question of permission, and told before anything is deleted', async () => {
    const bob: EmbeddedUser = { name: 'bob', password: 's3cret', access: { '*': ['pull', 'push'] } };
    const { server } = await withServer({ auth: { scheme: 'bearer', users: [bob] } });
    expect(await failure(adapter(server.url, { user: 'bob', password: 's3cret' }).checkDelete('team/app', manifests))).toMatchObject({
      code: 'AUTH',
      hint: expect.stringContaining('repository:team/app:'),
    });
  });

  it.each([errorReply('UNKNOWN'), { status: 202 }, { status: 400, body: 'what?' }])('is not known after %j', async (fault) => {
    const { server, registry } = await withServer();
    server.onRequest(() => fault);
    expect((await failure(registry.checkDelete('team/app', manifests))).code).toBe('REGISTRY_ERROR');
  });

  it('is not known of a repository that is not there', async () => {
    const { server, registry } = await withServer();
    server.onRequest(() => errorReply('NAME_UNKNOWN'));
    expect((await failure(registry.checkDelete('team/app', manifests))).code).toBe('NOT_FOUND');
  });
});

describe('deleting a manifest', () => {
  it('takes all its tags with it', async () => {
    const { server, registry } = await withServer();
    await fill(server, [
      [app, 'v1', 'v2'],
      [other, 'v3'],
    ]);
    expect(await registry.deleteManifest('team/app', app.digest)).toEqual({ outcome: 'deleted' });
    expect(await registry.listTags('team/app')).toEqual(['v3']);
  });

  it('needs the right to delete and no other', async () => {
    const users: EmbeddedUser[] = [
      { name: 'bob', password: 's3cret', access: { '*': ['pull', 'delete'] } },
      { name: 'ann', password: 's3cret', access: { '*': ['pull', 'push'] } },
    ];
    const { server } = await withServer({ auth: { scheme: 'bearer', users } });
    await push(server, 'team/app', app, ['v1'], { auth: { user: 'ann', password: 's3cret' } });
    server.requests.length = 0;
    expect(await adapter(server.url, { user: 'bob', password: 's3cret' }).deleteManifest('team/app', app.digest)).toEqual({
      outcome: 'deleted',
    });
    const scopes = server.requests.flatMap(({ path }) => new URL(path, server.url).searchParams.getAll('scope'));
    expect(scopes).toEqual(['repository:team/app:pull,delete']);
  });

  it('asks once: whoever asks again has to check again before', async () => {
    const { server, registry } = await withServer();
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
    ]);
    server.requests.length = 0;
    for (const fault of ['lost', { status: 503, headers: { 'retry-after': '1' } }] as const) {
      server.onRequest(({ method }) => (method === 'DELETE' ? fault : undefined));
      await expect(registry.deleteManifest('team/app', app.digest)).rejects.toMatchObject({ transient: true });
    }
    expect(asked(server).filter((request) => request.startsWith('DELETE'))).toHaveLength(2);
  });

  it('finds it gone only after reading has said so too', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    expect(await registry.deleteManifest('team/app', NOWHERE)).toEqual({ outcome: 'gone' });
    expect(asked(server)).toEqual([`DELETE /manifests/${NOWHERE}`, 'GET /tags/list?n=1', `HEAD /manifests/${NOWHERE}`]);
  });

  it('does not take a 404 for gone that contradicts what can be read', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(({ method }) => (method === 'DELETE' ? errorReply('MANIFEST_UNKNOWN') : undefined));
    expect(await failure(registry.deleteManifest('team/app', app.digest))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('it is still there'),
    });
  });

  it('does not take a 404 for gone in a repository that cannot be read', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(({ path }) => (path.includes('/tags/list') ? errorReply('NAME_UNKNOWN') : undefined));
    expect((await failure(registry.deleteManifest('team/app', NOWHERE))).code).toBe('NOT_FOUND');
  });

  it.each([
    { status: 404 },
    { status: 404, body: 'page not found' },
    errorReply('NAME_UNKNOWN'),
    errorReply('MANIFEST_UNKNOWN', [{ message: 'accept header does not support it' }]),
    errorReply('UNKNOWN'),
  ])('does not take %j for gone', async (fault) => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(({ method }) => (method === 'DELETE' ? fault : undefined));
    expect((await failure(registry.deleteManifest('team/app', app.digest))).message).toContain(
      `delete the manifest prod/team/app@${app.digest}`,
    );
  });

  it.each([
    [405, { errors: [{ code: 'DENIED', message: 'it belongs to an index' }] }],
    [405, { errors: [{ code: 'UNSUPPORTED', message: 'it belongs to an index' }] }],
    [409, { errors: [{ code: 'TAG_IMMUTABLE', message: 'it belongs to an index' }] }],
    [412, { errors: [{ code: 'PRECONDITION', message: 'it belongs to an index' }] }],
    [400, { errors: [{ code: 'DENIED', message: 'it belongs to an index' }] }],
  ])('is locked where the registry answers %d %j', async (status, body) => {
    const { server, registry } = await withServer();
    await fill(server, [[index([app]), 'v1']]);
    server.onRequest(({ method }) => (method === 'DELETE' ? { status, body: JSON.stringify(body) } : undefined));
    expect(await registry.deleteManifest('team/app', app.digest)).toEqual({
      outcome: 'locked',
      message: expect.stringMatching(/prod\/team\/app@sha256:.*it belongs to an index/),
    });
  });

  it('is locked where 403 is about this one, and an error where it is about all', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    const denied = { status: 403, body: '{"errors":[{"code":"DENIED","message":"protected"}]}' };
    const off = server.onRequest(({ path }) => (path.endsWith(app.digest) ? denied : undefined));
    expect(await registry.deleteManifest('team/app', app.digest)).toEqual({
      outcome: 'locked',
      message: expect.stringContaining('DENIED: protected'),
    });
    off();
    server.onRequest(({ method }) => (method === 'DELETE' ? denied : undefined));
    expect((await failure(registry.deleteManifest('team/app', app.digest))).code).toBe('AUTH');
  });

  it('is an error where a web page answers', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(() => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html><title>Log in</title></html>' }));
    expect(await failure(registry.deleteManifest('team/app', app.digest))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('Log in'),
    });
    expect(await failure(registry.putManifest('team/app', app))).toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('team/app'),
    });
  });

  it('is an error where the registry reports errors beside its success', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(({ method }) => (method === 'DELETE' ? { ...errorReply('UNKNOWN', ['could not untag v1']), status: 202 } : undefined));
    expect(await failure(registry.deleteManifest('team/app', app.digest))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('could not untag v1'),
    });
  });
});

describe('taking a tag off', () => {
  it('leaves the others', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1', 'v2']]);
    expect(await registry.deleteTag('team/app', 'v1', app.digest)).toEqual({ outcome: 'deleted' });
    expect(await registry.listTags('team/app')).toEqual(['v2']);
    expect(await registry.deleteTag('team/app', 'v1', app.digest)).toEqual({ outcome: 'gone' });
    expect(await registry.resolveTag('team/app', 'v2')).toBe(app.digest);
  });

  it.each([
    ['of distribution 3', {}, true],
    ['of distribution 3 with deletion off', { deleteEnabled: false }, true],
    ['of distribution 2.8', { ignorePaging: true, tagDelete: 'unsupported' }, false],
  ] as const)('is a capability %s', async (_, options, expected) => {
    const { server, registry } = await withServer(options);
    await fill(server, [[app, 'v1', 'v2']]);
    expect((await registry.inventory('team/app')).capabilities.deleteTag).toBe(expected);
  });

  it.each([{ status: 400 }, errorReply('UNKNOWN'), errorReply('NAME_UNKNOWN'), errorReply('UNAUTHORIZED')])(
    'is no capability of a registry that answers %j',
    async (fault) => {
      const { server, registry } = await withServer();
      await fill(server, [[app, 'v1', 'v2']]);
      server.onRequest(({ path }) => (path.endsWith('n=none') ? fault : undefined));
      expect(await registry.inventory('team/app')).toMatchObject({ complete: true, capabilities: { deleteTag: false } });
    },
  );
});

describe('putting a manifest back', () => {
  it('is byte for byte, by digest and by tag', async () => {
    const { server, registry } = await withServer();
    const spaced = { ...app, bytes: Buffer.from(`${app.bytes.toString()}\n`) };
    const { digest } = content(app.mediaType, spaced.bytes);
    await fill(server, [[{ ...spaced, digest }, 'v1']]);
    const raw = (await registry.readManifest('team/app', digest))!;
    await registry.deleteManifest('team/app', digest);
    await registry.putManifest('team/app', raw);
    expect(await registry.listTags('team/app')).toEqual([]);
    await registry.putManifest('team/app', raw, 'v1');
    expect(await registry.resolveTag('team/app', 'v1')).toBe(digest);
    expect(server.storage.repository('team/app').manifests.get(digest)!.bytes.equals(spaced.bytes)).toBe(true);
  });

  it('refuses bytes of another digest before anything is sent', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    expect((await failure(registry.putManifest('team/app', { ...app, digest: NOWHERE }, 'v1'))).code).toBe('BAD_RESPONSE');
    expect(server.requests).toEqual([]);
  });

  it('is an error where the registry stored something else', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(() => ({ status: 201, headers: { 'docker-content-digest': NOWHERE } }));
    expect((await failure(registry.putManifest('team/app', app, 'v1'))).message).toContain(NOWHERE);
  });

  it('says what the registry misses', async () => {
    const { registry } = await withServer();
    expect(await failure(registry.putManifest('team/app', app, 'v1'))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringMatching(/put the manifest prod\/team\/app@.* as v1.*MANIFEST_BLOB_UNKNOWN/),
    });
  });
});
