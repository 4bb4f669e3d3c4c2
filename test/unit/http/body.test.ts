import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startServer } from './loopback-server.ts';
import { testClient, text } from './test-client.ts';

describe('an answer is read whole, within bounds', () => {
  test('up to maxBytes', async () => {
    const server = await startServer((_, response) => void response.end('12345'));
    const response = await testClient().request({ method: 'GET', url: server.url, maxBytes: 5 });
    expect(text(response)).toBe('12345');
  });

  test('one that says it is longer is not read', async () => {
    const server = await startServer((_, response) => void response.writeHead(200, { 'content-length': '6' }).end('123456'));
    const request = testClient().request({ method: 'GET', url: `${server.url}/list`, maxBytes: 5 });
    await expect(request).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: `GET ${server.url}/list: the answer is longer than 5 bytes.`,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('one that never ends is left as soon as it is too long', async () => {
    const server = await startServer((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const request = testClient().request({ method: 'GET', url: server.url, maxBytes: 5000 });
    await expect(request).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  test('one that drips is given up when its time is over', async () => {
    const server = await startServer((_, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    const request = testClient({ timeouts: { body: 50 } }).request({ method: 'GET', url: server.url });
    await expect(request).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('did not arrive in time (UND_ERR_BODY_TIMEOUT, 6 tries)'),
    });
    expect(server.requests).toHaveLength(6);
  });

  test('of a failure only the first 64 KiB are kept, and its status is never lost over its length', async () => {
    const server = await startServer((_, response) => void response.writeHead(404).end('x'.repeat(100_000)));
    const client = testClient();
    const response = await client.request({ method: 'GET', url: server.url });
    expect([response.status, response.body.length]).toEqual([404, 65_536]);
    const small = await client.request({ method: 'GET', url: server.url, maxBytes: 10 });
    expect([small.status, small.body.length]).toEqual([404, 10]);
  });

  test('a HEAD may announce any length', async () => {
    const server = await startServer((_, response) => void response.writeHead(200, { 'content-length': '99999999' }).end());
    const response = await testClient().request({ method: 'HEAD', url: server.url, maxBytes: 5 });
    expect([response.status, response.headers['content-length'], response.body.length]).toEqual([200, '99999999', 0]);
  });

  test('bytes arrive as they were sent', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 195, 40]);
    const server = await startServer((_, response) => void response.end(bytes));
    expect(Buffer.from((await testClient().request({ method: 'GET', url: server.url })).body)).toEqual(bytes);
  });
});

describe('compression', () => {
  test('is not asked for', async () => {
    const server = await startServer((_, response) => void response.end());
    await testClient().request({ method: 'GET', url: server.url });
    expect(server.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'test/1' });
  });

  test('that comes nevertheless is an error, not a wrong body', async () => {
    const server = await startServer((_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}')));
    const request = testClient().request({ method: 'GET', url: server.url });
    await expect(request).rejects.toMatchObject({ code: 'BAD_RESPONSE', message: expect.stringContaining('"gzip"') });
  });

  test('of a failure does not hide the failure', async () => {
    const server = await startServer((_, response) => void response.writeHead(401, { 'content-encoding': 'gzip' }).end(gzipSync('{}')));
    const response = await testClient().request({ method: 'GET', url: server.url });
    expect([response.status, text(response)]).toEqual([401, '']);
  });
});

test('a repeated header is one, joined by a comma', async () => {
  const server = await startServer((_, response) => void response.writeHead(200, { Link: ['<a>; rel=prev', '<b>; rel=next'] }).end());
  const response = await testClient().request({ method: 'GET', url: server.url });
  expect(response.headers['link']).toBe('<a>; rel=prev, <b>; rel=next');
});
