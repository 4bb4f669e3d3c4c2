import { describe, expect, it } from 'vitest';
import { startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { ask, outcome, withRegistry } from './with-registry.ts';

const app = image({ layers: [layer('a', 64)] });
const other = image({ layers: [layer('b', 64)] });
const path = '/v2/team/app/manifests/v1';

describe('the request log', () => {
  it('has every request with its query and status', async () => {
    const registry = await withRegistry();
    await ask(registry, 'GET', '/v2/');
    await ask(registry, 'GET', '/v2/team/app/tags/list?n=5');
    expect(registry.requests).toEqual([
      { method: 'GET', path: '/v2/', status: 200 },
      { method: 'GET', path: '/v2/team/app/tags/list?n=5', status: 404 },
    ]);
    registry.requests.length = 0;
    await ask(registry, 'POST', '/v2/');
    expect(registry.requests).toEqual([{ method: 'POST', path: '/v2/', status: 405 }]);
  });
});

describe('a hook', () => {
  it('sees the request, and may answer in the place of the registry', async () => {
    const seen: string[] = [];
    const registry = await withRegistry({
      before({ method, path: where, headers, body }) {
        seen.push(`${method} ${where} ${headers['x-test']} ${body.toString()}`);
        return method === 'PUT' ? { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' } : undefined;
      },
    });
    const { status, headers, text } = await ask(registry, 'PUT', path, { headers: { 'x-test': 'yes' }, body: '{}' });
    expect([status, headers.get('retry-after'), text]).toEqual([429, '1', 'slow down']);
    expect(seen).toEqual([`PUT ${path} yes {}`]);
    expect(await outcome(registry, 'GET', '/v2/')).toBe('200');
  });

  it('can be added and taken off, and may change what is there before the answer', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, ['v1']);
    await push(registry.url, 'team/app', other);
    const off = registry.onRequest(async ({ method }) => {
      if (method === 'HEAD') registry.storage.repository('team/app').tags.set('v1', other.digest);
    });
    expect((await ask(registry, 'GET', path)).headers.get('docker-content-digest')).toBe(app.digest);
    expect((await ask(registry, 'HEAD', path)).headers.get('docker-content-digest')).toBe(other.digest);
    off();
    registry.storage.repository('team/app').tags.set('v1', app.digest);
    expect((await ask(registry, 'HEAD', path)).headers.get('docker-content-digest')).toBe(app.digest);
  });

  it('may change the real answer', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, ['v1']);
    registry.onRequest(() => (reply) => ({ ...reply, body: String(reply.body).replace('schemaVersion', 'schemaversion') }));
    expect((await ask(registry, 'GET', path)).text).toContain('schemaversion');
  });

  it('resets the connection before anything is done', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, ['v1']);
    const off = registry.onRequest(() => 'reset');
    await expect(ask(registry, 'DELETE', path)).rejects.toThrow();
    off();
    expect(registry.requests.at(-1)).toEqual({ method: 'DELETE', path, status: 0 });
    expect(await outcome(registry, 'HEAD', path)).toBe('200');
  });

  it('loses the answer of what was done', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, ['v1']);
    const off = registry.onRequest(() => 'lost');
    await expect(ask(registry, 'DELETE', path)).rejects.toThrow();
    off();
    expect(await outcome(registry, 'HEAD', path)).toBe('404');
  });

  it('breaks an answer off', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, ['v1']);
    registry.onRequest(() => 'truncate');
    const response = await fetch(new URL(path, registry.url), { headers: { accept: app.mediaType } });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(app.bytes.length)]);
    await expect(response.text()).rejects.toThrow();
  });

  it('never answers, and that does not keep the registry from closing', async () => {
    const registry = await startEmbeddedRegistry({ before: () => 'hang' });
    const asked = ask(registry, 'GET', '/v2/').then(
      () => 'answered',
      () => 'broken',
    );
    while (registry.requests.length === 0) await new Promise((done) => setTimeout(done, 1));
    await registry.close();
    expect(await asked).toBe('broken');
  });

  it('that throws is an error of the registry', async () => {
    const registry = await withRegistry({
      before() {
        throw new Error('the hook is broken');
      },
    });
    const { status, code, text } = await ask(registry, 'GET', '/v2/');
    expect([status, code]).toEqual([500, 'UNKNOWN']);
    expect(text).toContain('the hook is broken');
  });
});

describe('a running registry', () => {
  it('tells its address', async () => {
    const registry = await withRegistry();
    expect(registry.host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(registry.url).toBe(`http://${registry.host}`);
    expect((await ask(registry, 'GET', '/v2/')).headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(await outcome(registry, 'GET', '/')).toBe('404');
  });

  it('fails to start on a port that is taken', async () => {
    const registry = await withRegistry();
    await expect(startEmbeddedRegistry({ port: Number(registry.host.split(':')[1]) })).rejects.toThrow(/EADDRINUSE/);
  });
});
