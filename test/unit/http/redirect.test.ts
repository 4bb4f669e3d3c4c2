import { describe, expect, test } from 'vitest';
import { SharedSignals } from '../../../src/http/shared-signals.ts';
import { redirected } from '../../../src/http/redirect.ts';
import { startServer } from './loopback-server.ts';
import { testClient, text } from './test-client.ts';

const SECRETS = { Authorization: 'Bearer t', Cookie: 'c=1', 'X-Other': 'x' };

describe('a redirect', () => {
  test.for([301, 302, 303, 307, 308])('of a GET (%i) is followed, with its credentials, on the same origin', async (status) => {
    const server = await startServer(
      (seen, response) => void (seen.path === '/a' ? response.writeHead(status, { location: 'b/c' }).end() : response.end('there')),
    );
    const response = await testClient().request({ method: 'GET', url: `${server.url}/a`, headers: SECRETS });
    expect([text(response), response.url]).toEqual(['there', `${server.url}/b/c`]);
    expect(server.requests[1]?.headers).toMatchObject({ authorization: 'Bearer t', cookie: 'c=1', 'x-other': 'x' });
  });

  test('to another origin loses them, also when it leads back', async () => {
    const storage = await startServer((seen, response) => void response.writeHead(307, { location: seen.path.slice(1) }).end());
    const server = await startServer((seen, response) => {
      if (seen.path === '/blob') response.writeHead(307, { location: `${storage.url}/${server.url}/back` }).end();
      else response.end('blob');
    });
    const response = await testClient().request({ method: 'GET', url: `${server.url}/blob`, headers: SECRETS });
    expect(text(response)).toBe('blob');
    for (const seen of [storage.requests[0], server.requests[1]]) {
      expect(seen?.headers).toMatchObject({ 'x-other': 'x' });
      expect(seen?.headers).not.toHaveProperty('authorization');
      expect(seen?.headers).not.toHaveProperty('cookie');
    }
  });

  test.for(['PUT', 'POST', 'PATCH', 'DELETE'] as const)('of a %s is given back, not followed', async (method) => {
    const server = await startServer((_, response) => void response.writeHead(307, { location: '/elsewhere' }).end());
    const response = await testClient().request({ method, url: server.url, headers: SECRETS });
    expect([response.status, response.headers['location']]).toEqual([307, '/elsewhere']);
    expect(server.requests).toHaveLength(1);
  });

  test('is given back to who does not want it followed', async () => {
    const server = await startServer((_, response) => void response.writeHead(302, { location: '/elsewhere' }).end());
    const response = await testClient().request({ method: 'GET', url: server.url, headers: SECRETS, follow: false });
    expect(response.status).toBe(302);
    expect(server.requests).toHaveLength(1);
  });

  test('is followed five times and no more', async () => {
    const server = await startServer((seen, response) => void response.writeHead(302, { location: `${seen.path}x` }).end());
    await expect(testClient().request({ method: 'GET', url: `${server.url}/` })).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('more than 5 redirects'),
    });
    expect(server.requests).toHaveLength(6);
  });

  test('to a host without TLS that the config does not allow is not followed', async () => {
    const server = await startServer((_, response) => void response.writeHead(302, { location: 'http://plain.example.com/' }).end());
    await expect(testClient().request({ method: 'GET', url: server.url })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('does not show the secrets in its target', async () => {
    const server = await startServer((_, response) => void response.writeHead(302, { location: 'ftp://user:hidden@x/?sig=hidden' }).end());
    const error: unknown = await testClient()
      .request({ method: 'GET', url: server.url })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BAD_RESPONSE' });
    expect(JSON.stringify(error) + String(error)).not.toContain('hidden');
  });
});

describe('where a redirect may lead', () => {
  const follow = (from: string, location: string, first = from) =>
    redirected(
      { method: 'GET', url: new URL(from), headers: {}, link: new SharedSignals(undefined).link(undefined) },
      { status: 307, headers: { location }, body: new Uint8Array(), url: from },
      new URL(first),
    )?.url.href;

  test.for([
    ['https://a.example.com/', 'https://b.example.com/x'],
    ['https://a.example.com/', 'https://10.0.0.7/minio'],
    ['http://127.0.0.1:5000/', 'http://127.0.0.1:9000/x'],
    ['http://localhost:5000/', 'http://127.0.0.1:9000/x'],
    ['http://127.0.0.1:5000/', 'https://b.example.com/x'],
    ['https://127.0.0.1/', 'https://[::1]/x'],
  ] as const)('%s may lead to %s', ([from, to]) => {
    expect(follow(from, to)).toBe(to);
  });

  test.for([
    ['https://a.example.com/', 'http://a.example.com/', 'away from TLS'],
    ['https://a.example.com/', 'https://127.0.0.1/', 'an address of this machine'],
    ['https://a.example.com/', 'https://127.9.9.9:8443/', 'an address of this machine'],
    ['https://a.example.com/', 'https://2130706433/', 'an address of this machine'],
    ['https://a.example.com/', 'https://localhost/', 'an address of this machine'],
    ['https://a.example.com/', 'https://x.localhost./', 'an address of this machine'],
    ['https://a.example.com/', 'https://[::1]/', 'an address of this machine'],
    ['https://a.example.com/', 'https://[::ffff:127.0.0.1]/', 'an address of this machine'],
    ['https://a.example.com/', 'https://[::ffff:a9fe:a9fe]/', 'an address of this machine'],
    ['https://a.example.com/', 'https://0.0.0.0/', 'an address of this machine'],
    ['https://a.example.com/', 'https://169.254.169.254/latest/meta-data', 'its link'],
    ['https://a.example.com/', 'https://[fe80::1]/', 'its link'],
    ['http://127.0.0.1/', 'http://169.254.169.254/', 'its link'],
    ['https://a.example.com/', 'file:///etc/passwd', 'not a web address'],
    ['https://a.example.com/', 'https://', 'not a web address'],
  ] as const)('%s may not lead to %s', ([from, to, why]) => {
    expect(() => follow(from, to)).toThrow(why);
  });

  test('the host that was asked first decides, not the last one', () => {
    expect(() => follow('https://127.0.0.1/', 'https://127.0.0.1/x', 'https://a.example.com/')).toThrow('an address of this machine');
  });
});
