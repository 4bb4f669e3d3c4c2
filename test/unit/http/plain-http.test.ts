import { expect, test } from 'vitest';
import { startServer } from './loopback-server.ts';
import { testClient, text } from './test-client.ts';

test('a host without TLS is refused before anything is sent', async () => {
  const request = testClient().request({ method: 'GET', url: 'http://registry.example.com/v2/' });
  await expect(request).rejects.toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('https://registry.example.com') });
});

test('unless the config allows it for this host and port', async () => {
  const server = await startServer((_, response) => void response.end('plain'));
  const asked: string[] = [];
  const client = testClient({
    env: { http_proxy: server.url },
    allowPlainHttp: (host) => {
      asked.push(host);
      return host === 'registry.example.com:5000';
    },
  });
  expect(text(await client.request({ method: 'GET', url: 'http://registry.example.com:5000/v2/' }))).toBe('plain');
  await expect(client.request({ method: 'GET', url: 'http://registry.example.com:5001/v2/' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
  expect(asked).toEqual(['registry.example.com:5000', 'registry.example.com:5001']);
});

test('other schemes are refused too', async () => {
  await expect(
    testClient({ allowPlainHttp: () => true }).request({ method: 'GET', url: 'ftp://registry.example.com/' }),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('a user and password in a URL are not sent', async () => {
  const server = await startServer((_, response) => void response.end());
  const response = await testClient().request({ method: 'GET', url: `${server.url.replace('//', '//user:word@')}/a#part` });
  expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  expect(response.url).toBe(`${server.url}/a`);
});
