import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/http/clock.ts';
import { startServer } from './loopback-server.ts';
import { testClient, testClock } from './test-client.ts';

describe('an aborted signal ends a request with its reason', () => {
  test('before it is sent', async () => {
    const server = await startServer((_, response) => void response.end());
    const traces: unknown[] = [];
    const request = testClient({ onTrace: (trace) => traces.push(trace) }).request({
      method: 'GET',
      url: server.url,
      signal: AbortSignal.abort(new Error('stop')),
    });
    await expect(request).rejects.toThrow('stop');
    expect([server.requests, traces]).toEqual([[], []]);
  });

  test.for(['headers', 'body'])('while it waits for the %s', async (part) => {
    const stop = new AbortController();
    const server = await startServer((_, response) => {
      if (part === 'body') response.writeHead(200).write('x');
      setImmediate(() => stop.abort(new Error('stop')));
    });
    await expect(testClient().request({ method: 'GET', url: server.url, signal: stop.signal })).rejects.toThrow('stop');
    expect(server.requests).toHaveLength(1);
  });

  test('while it waits for another try, and no try follows', async () => {
    const stop = new AbortController();
    const clock = {
      ...testClock(),
      sleep: async (_: number, signal: AbortSignal) => {
        stop.abort(new Error('stop'));
        signal.throwIfAborted();
      },
    };
    const server = await startServer((_, response) => void response.writeHead(503).end());
    await expect(testClient({ clock, signal: stop.signal }).request({ method: 'GET', url: server.url })).rejects.toThrow('stop');
    expect(server.requests).toHaveLength(1);
  });

  test('while it waits for its turn, with the signal of the whole client', async () => {
    const stop = new AbortController();
    const server = await startServer(() => stop.abort(new Error('stop')));
    const client = testClient({ concurrency: 1, signal: stop.signal });
    const all = await Promise.allSettled([1, 2, 3].map(() => client.request({ method: 'DELETE', url: server.url })));
    expect(all.map((each) => each.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(server.requests).toHaveLength(1);
  });
});

describe('an end of the waits', () => {
  /** Begins to wait, and is told to end it. */
  function endedWait(): { waits: AbortSignal; clock: Clock } {
    const waits = new AbortController();
    const sleep = async (_: number, signal: AbortSignal): Promise<void> => {
      waits.abort();
      signal.throwIfAborted();
    };
    return { waits: waits.signal, clock: { ...testClock(), sleep } };
  }

  test('gives the last answer back instead of another try', async () => {
    const server = await startServer((_, response) => void response.writeHead(502).end());

    await expect(testClient(endedWait()).request({ method: 'GET', url: server.url })).resolves.toMatchObject({ status: 502 });
    expect(server.requests).toHaveLength(1);
  });

  test('is the error of the connection where there was no answer', async () => {
    const server = await startServer((_, response) => void response.destroy());

    await expect(testClient(endedWait()).request({ method: 'GET', url: server.url })).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(server.requests).toHaveLength(1);
  });

  test('does not wait for a host that asks to come back, and leaves a request under way alone', async () => {
    const server = await startServer((_, response) => void response.writeHead(429, { 'retry-after': '60' }).end());
    const client = testClient({ waits: AbortSignal.abort() });

    await expect(client.request({ method: 'GET', url: server.url })).resolves.toMatchObject({ status: 429 });
    await expect(client.request({ method: 'GET', url: server.url })).rejects.toThrow('asks to come back');
    expect(server.requests).toHaveLength(1);
  });
});

test('closing the client does not wait for a server that says nothing', async () => {
  const server = await startServer(() => {});
  const client = testClient();
  const request = client.request({ method: 'POST', url: server.url, body: '' }).catch((error: unknown) => error);
  while (server.requests.length === 0) await new Promise(setImmediate);
  await client.close();
  expect(await request).toMatchObject({ code: 'UNREACHABLE' });
});
