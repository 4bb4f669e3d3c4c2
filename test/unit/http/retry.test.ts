import type { HttpResponse } from '../../../src/http/http-client.ts';
import { describe, expect, test } from 'vitest';
import { isRetryableFailure, parseRetryAfter } from '../../../src/http/retry-policy.ts';
import { startServer } from './loopback-server.ts';
import { START, testClient, testClock, text } from './test-client.ts';

describe('a request is sent again', () => {
  test.for([408, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524])('a GET after %i', async (status) => {
    const server = await startServer((_, response, nth) => void response.writeHead(nth < 3 ? status : 200).end('fine'));
    const response = await testClient().request({ method: 'GET', url: `${server.url}/a` });
    expect(text(response)).toBe('fine');
    expect(server.requests).toHaveLength(3);
  });

  test.for(['HEAD', 'PUT', 'DELETE'] as const)('%s too, with the same body', async (method) => {
    const server = await startServer((_, response, nth) => void response.writeHead(nth < 2 ? 502 : 202).end());
    const body = method === 'PUT' ? { body: '{"a":1}' } : {};
    const response = await testClient().request({ method, url: server.url, ...body });
    expect(response.status).toBe(202);
    expect(server.requests.map((seen) => seen.body)).toEqual(method === 'PUT' ? ['{"a":1}', '{"a":1}'] : ['', '']);
  });

  test.for(['POST', 'PATCH'] as const)('%s only after 429 and 503', async (method) => {
    for (const [status, times] of [
      [429, 2],
      [503, 2],
      [500, 1],
      [502, 1],
      [504, 1],
      [408, 1],
    ] as const) {
      const server = await startServer((_, response, nth) => void response.writeHead(nth < 2 ? status : 200).end());
      const response = await testClient().request({ method, url: server.url, body: 'x' });
      expect([status, response.status, server.requests.length]).toEqual([status, times === 2 ? 200 : status, times]);
    }
  });

  test('after the connection was reset, or cut in the body', async () => {
    const server = await startServer((_, response, nth) => {
      if (nth === 1) response.destroy();
      else if (nth === 2) response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
      else if (nth === 3) response.writeHead(200).write('chunk', () => response.destroy());
      else response.end('whole');
    });
    const response = await testClient().request({ method: 'GET', url: server.url });
    expect(text(response)).toBe('whole');
    expect(server.requests).toHaveLength(4);
  });

  test('after the connection was kept silent', async () => {
    const server = await startServer((_, response, nth) => void (nth > 1 && response.end('whole')));
    const response = await testClient({ timeouts: { headers: 300 } }).request({ method: 'GET', url: server.url });
    expect(text(response)).toBe('whole');
    // On a slow machine an answer may come too late as well.
    expect(server.requests.length).toBeGreaterThan(1);
  });

  test('but not a POST whose connection was cut: it may have been carried out', async () => {
    const server = await startServer((_, response) => void response.destroy());
    const request = testClient().request({ method: 'POST', url: server.url, body: 'x' });
    await expect(request).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(server.requests).toHaveLength(1);
  });

  test.for([400, 401, 403, 404, 405, 409, 412, 416, 501, 505])('but not after %i, which another try would not change', async (status) => {
    const server = await startServer((_, response) => void response.writeHead(status).end('why'));
    const response = await testClient().request({ method: 'DELETE', url: server.url });
    expect([response.status, text(response)]).toEqual([status, 'why']);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a request that goes out once', () => {
  test.for([429, 503, 500])('is not sent again after %i', async (status) => {
    const server = await startServer((_, response) => void response.writeHead(status, { 'retry-after': '1' }).end('why'));
    const response = await testClient().request({ method: 'DELETE', url: server.url, once: true });
    expect([response.status, text(response)]).toEqual([status, 'why']);
    expect(server.requests).toHaveLength(1);
  });

  test('nor after a lost connection, which may pass', async () => {
    const server = await startServer((_, response) => void response.destroy());
    await expect(testClient().request({ method: 'DELETE', url: server.url, once: true })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      transient: true,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('goes out during a pause of its host, for which others wait', async () => {
    const server = await startServer((_, response, nth) => void response.writeHead(nth === 1 ? 429 : 200, { 'retry-after': '60' }).end());
    const clock = testClock();
    const client = testClient({ clock });
    await client.request({ method: 'DELETE', url: server.url, once: true });
    await client.request({ method: 'DELETE', url: server.url, once: true });
    expect(clock.now()).toBe(START);
    await client.request({ method: 'GET', url: server.url });
    expect(clock.now()).toBeGreaterThanOrEqual(START + 60_000);
  });
});

describe('the end of all tries', () => {
  test('the sixth answer is given back, with its body', async () => {
    const server = await startServer(
      (_, response, nth) => void response.writeHead(503).end(`{"errors":[{"code":"UNAVAILABLE","message":"try ${nth}"}]}`),
    );
    const response = await testClient().request({ method: 'GET', url: server.url });
    expect([response.status, text(response)]).toEqual([503, '{"errors":[{"code":"UNAVAILABLE","message":"try 6"}]}']);
    expect(server.requests).toHaveLength(6);
  });

  test('no answer at all is UNREACHABLE, with the URL, the reason and the number of tries', async () => {
    const server = await startServer((_, response) => void response.destroy());
    const request = testClient().request({ method: 'GET', url: `${server.url}/v2/?n=5&sig=secret` });
    await expect(request).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: `GET ${server.url}/v2/?n=5&sig=***: the connection was cut (UND_ERR_SOCKET, 6 tries).`,
    });
    expect(server.requests).toHaveLength(6);
  });

  test.for([
    ['answers each time with a failure', true],
    ['never answers', false],
  ] as const)('a server that takes its time and %s is asked twice', async ([, answers]) => {
    const clock = testClock(0);
    const server = await startServer((_, response) => {
      // As long as this client waits for an answer.
      void clock.sleep(120_000, new AbortController().signal);
      if (answers) response.writeHead(500).end();
    });
    const outcome = testClient({ clock, ...(!answers && { timeouts: { headers: 200 } }) }).request({ method: 'GET', url: server.url });
    if (answers) expect((await outcome).status).toBe(500);
    else await expect(outcome).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringMatching(/no answer in time.*2 tries/) });
    expect(server.requests).toHaveLength(2);
    expect(clock.now() - START).toBe(240_000);
  });

  test('a host that gave no answer to a request, asked twice, is asked once by each later one, until it answers', async () => {
    const clock = testClock(0);
    let silent = true;
    const server = await startServer((_, response) => {
      if (silent) void clock.sleep(120_000, new AbortController().signal);
      else response.end('here');
    });
    const client = testClient({ clock, timeouts: { headers: 200 } });
    const ask = (): Promise<HttpResponse> => client.request({ method: 'GET', url: server.url });
    await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('2 tries') });
    await expect(ask()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(server.requests).toHaveLength(3);
    silent = false;
    let answer: HttpResponse | undefined;
    // On a slow machine an answer may come too late, and then counts as silence.
    while (!answer) answer = await ask().catch(() => undefined);
    expect(text(answer)).toBe('here');
  });

  test.for([
    ['GET', 'ENOTFOUND', false],
    ['GET', 'CERT_HAS_EXPIRED', false],
    ['GET', 'HPE_INVALID_CONSTANT', false],
    ['GET', 'EAI_AGAIN', true],
    ['GET', 'UND_ERR_CONNECT_TIMEOUT', true],
    ['DELETE', 'ECONNREFUSED', true],
    ['POST', 'ECONNREFUSED', false],
    ['PATCH', 'ECONNRESET', false],
  ] as const)('%s after %s: another try is %j', ([method, code, again]) => {
    expect(isRetryableFailure(method, Object.assign(new Error('x'), { code }))).toBe(again);
  });
});

describe('the waits between tries', () => {
  test('double, up to a bound drawn at random', async () => {
    const server = await startServer((_, response) => void response.writeHead(500).end());
    const longest = testClock(1);
    await testClient({ clock: longest }).request({ method: 'GET', url: server.url });
    expect(longest.slept).toEqual([500, 1000, 2000, 4000, 8000]);
    const half = testClock(0.5);
    await testClient({ clock: half }).request({ method: 'GET', url: server.url });
    expect(half.slept).toEqual([250, 500, 1000, 2000, 4000]);
  });

  test('end when the request has taken fifteen minutes in all', async () => {
    const server = await startServer((_, response) => void response.writeHead(429, { 'retry-after': '240' }).end());
    const response = await testClient().request({ method: 'GET', url: server.url });
    expect(response.status).toBe(429);
    expect(server.requests).toHaveLength(4);
  });
});

describe('Retry-After', () => {
  test('stops every request to the host until then, and none to another', async () => {
    const clock = testClock(0);
    const at: [string, number][] = [];
    const seconds = () => (clock.now() - START) / 1000;
    const server = await startServer((seen, response, nth) => {
      at.push([seen.path, seconds()]);
      if (nth === 1) response.writeHead(429, { 'retry-after': '60' });
      response.end();
    });
    const other = await startServer((seen, response) => {
      at.push([seen.path, seconds()]);
      response.end();
    });
    const client = testClient({ clock, concurrency: 1 });
    const first = client.request({ method: 'GET', url: `${server.url}/first` });
    const queued = client.request({ method: 'GET', url: `${server.url}/queued` });
    await client.request({ method: 'GET', url: `${other.url}/other` });
    await Promise.all([first, queued]);
    expect(at.filter(([path]) => path !== '/other').toSorted()).toEqual([
      ['/first', 0],
      ['/first', 60],
      ['/queued', 60],
    ]);
    expect(at.find(([path]) => path === '/other')).toBeDefined();
  });

  test.for([{ 'retry-after': '60' }, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }])(
    'is kept of a 403 too, which says so that there were too many requests: %o',
    async (headers) => {
      const clock = testClock(0);
      const server = await startServer((_, response, nth) => void response.writeHead(nth < 2 ? 403 : 200, nth < 2 ? headers : {}).end());
      const response = await testClient({ clock }).request({ method: 'POST', url: server.url, body: 'x' });
      expect([response.status, clock.now() - START]).toEqual([200, 60_000]);
    },
  );

  test('as an HTTP date', async () => {
    const clock = testClock(0);
    const server = await startServer((_, response, nth) => {
      if (nth === 1) response.writeHead(503, { 'retry-after': new Date(START + 90_000).toUTCString() });
      response.end();
    });
    const response = await testClient({ clock }).request({ method: 'DELETE', url: server.url });
    expect(response.status).toBe(200);
    expect(clock.now() - START).toBe(90_000);
  });

  test('longer than five minutes fails at once and says when to come back; later requests are not even sent', async () => {
    const server = await startServer((_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end());
    const client = testClient();
    const request = () => client.request({ method: 'GET', url: `${server.url}/v2/` });
    await expect(request()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('in 60 minutes, at 2026-01-01T01:00:00.000Z'),
    });
    await expect(request()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(server.requests).toHaveLength(1);
  });

  test('is also taken from X-Retry-After, which names a time', async () => {
    const clock = testClock(0);
    const again = String((START + 20_000) / 1000);
    const server = await startServer((_, response, nth) => void response.writeHead(nth < 2 ? 429 : 200, { 'x-retry-after': again }).end());
    expect((await testClient({ clock }).request({ method: 'GET', url: server.url })).status).toBe(200);
    expect(clock.now() - START).toBe(20_000);
  });

  test('a POST waits for it as well', async () => {
    const clock = testClock(0);
    const server = await startServer(
      (_, response, nth) => void (nth === 1 ? response.writeHead(429, { 'retry-after': '7' }).end() : response.end()),
    );
    expect((await testClient({ clock }).request({ method: 'POST', url: server.url, body: '' })).status).toBe(200);
    expect(clock.now() - START).toBe(7000);
  });

  test.for([
    ['5', 5000],
    [' 0 ', 0],
    ['1.5', 1500],
    [String((START + 45_000) / 1000), 45_000],
    [String((START - 45_000) / 1000), 0],
    [new Date(START + 30_000).toUTCString(), 30_000],
    ['Thursday, 01-Jan-26 00:00:10 GMT', 10_000],
    ['Thu Jan  1 00:00:20 2026', 20_000],
    [new Date(START - 30_000).toUTCString(), 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['5 minutes', undefined],
    ['Thu, 99 Foo 2026 00:00:00 GMT', undefined],
    ['1e9', undefined],
  ] as const)('%j is %j ms', ([value, ms]) => {
    expect(parseRetryAfter(value, START)).toBe(ms);
  });
});
