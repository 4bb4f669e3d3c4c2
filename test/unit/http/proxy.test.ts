import { describe, expect, test } from 'vitest';
import { redact } from '../../../src/diagnostics/redact.ts';
import { startServer } from './loopback-server.ts';
import { startProxy } from './proxy-server.ts';
import { HAS_OPENSSL, makeCertificates } from './test-certificates.ts';
import { testClient, text } from './test-client.ts';

const allowPlainHttp = () => true;
const get = (url: string) => ({ method: 'GET', url }) as const;

describe('a proxy', () => {
  test('gets plain http as a request with the whole URL', async () => {
    const server = await startServer((_, response) => void response.end('forwarded'));
    const proxy = await startProxy(server.port);
    const client = testClient({ env: { HTTP_PROXY: proxy.url }, allowPlainHttp });
    expect(text(await client.request(get('http://registry.test/v2/?n=1')))).toBe('forwarded');
    expect(proxy.seen).toEqual([{ what: 'GET http://registry.test/v2/?n=1', authorization: undefined }]);
    expect(server.requests[0]).toMatchObject({ path: '/v2/?n=1', headers: { host: 'registry.test' } });
  });

  test.skipIf(!HAS_OPENSSL)('gets https as a tunnel that it cannot look into (needs openssl)', async () => {
    const { ca, server: tls } = makeCertificates();
    const server = await startServer((_, response) => void response.end('tunnelled'), tls);
    const proxy = await startProxy(server.port);
    const client = testClient({ env: { HTTPS_PROXY: proxy.url }, ca });
    const request = { ...get('https://registry.test/v2/'), headers: { authorization: 'Bearer t' } };
    expect(text(await client.request(request))).toBe('tunnelled');
    expect(proxy.seen).toEqual([{ what: 'CONNECT registry.test:443', authorization: undefined }]);
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer t' });
  });

  test('gets its own user and password, which are never shown', async () => {
    const server = await startServer((_, response) => void response.end());
    const proxy = await startProxy(server.port);
    const client = testClient({ env: { http_proxy: proxy.url.replace('//', '//user:proxy%2Dword@') }, allowPlainHttp });
    await client.request(get('http://registry.test/'));
    expect(proxy.seen[0]?.authorization).toBe(`Basic ${Buffer.from('user:proxy-word').toString('base64')}`);
    expect(redact('proxy-word proxy%2Dword')).toBe('*** ***');
  });

  test('that refuses the tunnel is named as the one who refuses, and asked once', async () => {
    const proxy = await startProxy(1, 407);
    const request = testClient({ env: { https_proxy: proxy.url } }).request(get('https://registry.test/'));
    await expect(request).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('the proxy refuses the connection (407)'),
    });
    expect(proxy.seen).toHaveLength(1);
  });

  test('that cannot reach the host is asked again', async () => {
    const proxy = await startProxy(1, 502);
    await expect(testClient({ env: { https_proxy: proxy.url } }).request(get('https://registry.test/'))).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    expect(proxy.seen).toHaveLength(6);
  });

  test('may be named without a scheme', async () => {
    const server = await startServer((_, response) => void response.end('fine'));
    const proxy = await startProxy(server.port);
    const client = testClient({ env: { HTTP_PROXY: proxy.url.replace('http://', '') }, allowPlainHttp });
    expect(text(await client.request(get('http://registry.test/')))).toBe('fine');
  });

  test('that is no URL is an error, and its text, which may hold a password, is not shown', () => {
    const open = () => testClient({ env: { HTTPS_PROXY: 'http://user:pass word@[' } });
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: 'HTTPS_PROXY is not the URL of a proxy.' }));
  });
});

describe('no proxy is used', () => {
  // 0.0.0.0 reaches this machine without being a loopback address.
  test('for what NO_PROXY names', async () => {
    const server = await startServer((_, response) => void response.end('fine'));
    const proxy = await startProxy(server.port);
    const client = testClient({ env: { HTTP_PROXY: proxy.url, NO_PROXY: 'example.com,0.0.0.0' }, allowPlainHttp });
    expect(text(await client.request(get(`http://0.0.0.0:${server.port}/direct`)))).toBe('fine');
    expect(text(await client.request(get('http://registry.test/proxied')))).toBe('fine');
    expect(proxy.seen.map(({ what }) => what)).toEqual(['GET http://registry.test/proxied']);
  });

  test('for this machine, which for a proxy would be another', async () => {
    const server = await startServer((_, response) => void response.end('direct'));
    const proxy = await startProxy(1);
    const client = testClient({ env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url } });
    expect(text(await client.request(get(server.url)))).toBe('direct');
    expect(proxy.seen).toEqual([]);
  });

  test('when only the environment of the process names one', async () => {
    const server = await startServer((_, response) => void response.end('direct'));
    const proxy = await startProxy(1);
    process.env['HTTP_PROXY'] = proxy.url;
    try {
      expect(text(await testClient({ allowPlainHttp }).request(get(`http://0.0.0.0:${server.port}/`)))).toBe('direct');
    } finally {
      delete process.env['HTTP_PROXY'];
    }
    expect(proxy.seen).toEqual([]);
  });
});
