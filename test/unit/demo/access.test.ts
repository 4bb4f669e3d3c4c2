import { describe, expect, it } from 'vitest';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { EmbeddedAuth } from '../../../src/demo/registry-options.ts';
import { ask, outcome, withRegistry } from './with-registry.ts';

const app = image({ layers: [layer('a', 64)] });
const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });

describe('basic', () => {
  it('lets the one user in, and challenges everyone else', async () => {
    const registry = await withRegistry({ auth: { scheme: 'basic', user: 'ann', password: 's3cret' } });
    const stranger = await ask(registry, 'GET', '/v2/');
    expect([stranger.status, stranger.code, stranger.headers.get('www-authenticate')]).toEqual([
      401,
      'UNAUTHORIZED',
      'Basic realm="embedded registry"',
    ]);
    expect(await outcome(registry, 'GET', '/v2/', { headers: basic('ann', 'wrong') })).toBe('401 UNAUTHORIZED');
    expect(await outcome(registry, 'GET', '/v2/', { headers: basic('ann', 's3cret') })).toBe('200');
    await push(registry.url, 'team/app', app, ['v1'], { auth: { user: 'ann', password: 's3cret' } });
    await expect(push(registry.url, 'team/app', app, ['v1'])).rejects.toThrow(/answered 401 to POST \/v2\/team\/app\/blobs\/uploads\//);
  });
});

describe('bearer', () => {
  const auth: EmbeddedAuth = {
    scheme: 'bearer',
    users: [
      { name: 'ann', password: 's3cret', access: { '*': ['pull', 'push', 'delete'] }, catalog: true },
      { name: 'bob', password: 'pw', access: { 'team/app': ['pull'], 'team/web': ['pull', 'delete'] } },
    ],
    anonymous: { 'public/app': ['pull'] },
  };
  const start = () => withRegistry({ auth });
  const scope = (name: string, actions: string) => `scope=${encodeURIComponent(`repository:${name}:${actions}`)}`;

  async function token(registry: { url: string }, scopes: string, headers: Record<string, string> = {}) {
    const { json } = await ask(registry, 'GET', `/token?service=embedded-registry&${scopes}`, { headers });
    return { authorization: `Bearer ${json.token}` };
  }

  it.each([
    ['GET', '/v2/', undefined],
    ['GET', '/v2/_catalog', 'registry:catalog:*'],
    ['GET', '/v2/team/app/tags/list', 'repository:team/app:pull'],
    ['HEAD', '/v2/team/app/manifests/v1', 'repository:team/app:pull'],
    ['PUT', '/v2/team/app/manifests/v1', 'repository:team/app:pull,push'],
    ['DELETE', '/v2/team/app/manifests/v1', 'repository:team/app:delete'],
    ['POST', '/v2/team/app/blobs/uploads/?mount=sha256:0&from=team/web', 'repository:team/app:pull,push repository:team/web:pull'],
  ])('challenges %s %s for what distribution demands', async (method, path, wanted) => {
    const registry = await start();
    const { status, headers } = await ask(registry, method, path);
    expect(status).toBe(401);
    const scoped = wanted === undefined ? '' : `,scope="${wanted}"`;
    expect(headers.get('www-authenticate')).toBe(`Bearer realm="${registry.url}/token",service="embedded-registry"${scoped}`);
  });

  it('gives a token for what is asked and allowed, silently less', async () => {
    const registry = await start();
    await push(registry.url, 'team/app', app, ['v1'], { auth: { user: 'ann', password: 's3cret' } });
    const bob = await token(registry, scope('team/app', 'pull,delete'), basic('bob', 'pw'));
    expect(await outcome(registry, 'GET', '/v2/team/app/manifests/v1', { headers: bob })).toBe('200');
    const refused = await ask(registry, 'DELETE', '/v2/team/app/manifests/v1', { headers: bob });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('error="insufficient_scope"')]);
    expect(await outcome(registry, 'GET', '/v2/team/web/tags/list', { headers: bob })).toBe('401 UNAUTHORIZED');
    const web = await token(registry, `${scope('team/app', 'pull')}&${scope('team/web', 'pull,delete')}`, basic('bob', 'pw'));
    expect(await outcome(registry, 'GET', '/v2/team/web/tags/list', { headers: web })).toBe('404 NAME_UNKNOWN');
    expect(await outcome(registry, 'DELETE', '/v2/team/web/manifests/v1', { headers: web })).toBe('404 MANIFEST_UNKNOWN');
  });

  it('keeps the catalogue to those who may read it', async () => {
    const registry = await start();
    const ann = await token(registry, 'scope=registry:catalog:*', basic('ann', 's3cret'));
    const bob = await token(registry, 'scope=registry:catalog:*', basic('bob', 'pw'));
    expect(await outcome(registry, 'GET', '/v2/_catalog', { headers: ann })).toBe('200');
    expect(await outcome(registry, 'GET', '/v2/_catalog', { headers: bob })).toBe('401 UNAUTHORIZED');
  });

  it('gives strangers what is public, and refuses a wrong password', async () => {
    const registry = await start();
    const nobody = await token(registry, scope('public/app', 'pull,push'));
    expect(await outcome(registry, 'GET', '/v2/public/app/tags/list', { headers: nobody })).toBe('404 NAME_UNKNOWN');
    expect(await outcome(registry, 'PUT', '/v2/public/app/manifests/v1', { headers: nobody })).toBe('401 UNAUTHORIZED');
    expect(await outcome(registry, 'GET', `/token?${scope('public/app', 'pull')}`, { headers: basic('bob', 'wrong') })).toBe(
      '401 UNAUTHORIZED',
    );
  });

  it('takes no token that it did not give, and none that is over', async () => {
    const registry = await start();
    const headers = await token(registry, scope('team/app', 'pull'), basic('ann', 's3cret'));
    expect(await outcome(registry, 'GET', '/v2/', { headers })).toBe('200');
    registry.expireTokens();
    for (const over of [headers, { authorization: 'Bearer made-up' }, basic('ann', 's3cret')]) {
      const { status, headers: answered } = await ask(registry, 'GET', '/v2/team/app/tags/list', { headers: over });
      expect([status, answered.get('www-authenticate')]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
    }
  });

  it('tells how long a token lives, and holds to it', async () => {
    const registry = await withRegistry({ auth: { ...auth, tokenSeconds: 0 } as EmbeddedAuth });
    const { json } = await ask(registry, 'GET', `/token?${scope('public/app', 'pull')}`);
    expect(json).toEqual({ token: json.access_token, access_token: json.access_token, expires_in: 0, issued_at: expect.any(String) });
    expect(await outcome(registry, 'GET', '/v2/', { headers: { authorization: `Bearer ${json.token}` } })).toBe('401 UNAUTHORIZED');
  });

  it('has no token endpoint elsewhere', async () => {
    expect(await outcome(await withRegistry(), 'GET', '/token')).toBe('404');
  });
});
