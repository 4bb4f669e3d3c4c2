import { describe, expect, test } from 'vitest';
import { ChangeGuard } from '../../../src/diagnostics/change-guard.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { deleteTagByTag } from '../../../src/registry/delete-tag-by-tag.ts';
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

test.for(['of the request', 'of the whole client'])('a signal %s ends the wait for a turn that the rate puts off', async (whose) => {
  const stop = new AbortController();
  const server = await startServer((_, response) => void response.end());
  // The turn of the second does not come.
  const sleep = (): Promise<void> => new Promise(() => {});
  const ofClient = whose === 'of the whole client';
  const client = testClient({ rate: 0.001, clock: { ...testClock(), sleep }, ...(ofClient && { signal: stop.signal }) });
  const request = (): Promise<unknown> => client.request({ method: 'GET', url: server.url, ...(!ofClient && { signal: stop.signal }) });
  await request();
  const [second, third] = [request(), request()];
  stop.abort(new Error('stop'));
  await expect(second).rejects.toThrow('stop');
  await expect(third).rejects.toThrow('stop');
  expect(server.requests).toHaveLength(1);
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

describe('an objection to changes ends a request that may change something before it is sent', () => {
  const LOST = new ToolError('NOT_APPLYABLE', 'somebody else may be changing it', { hint: 'wait' });

  test.for(['DELETE', 'PUT', 'PATCH', 'POST'] as const)('a %s that has waited for its turn', async (method) => {
    const changes = new ChangeGuard();
    let isLost = false;
    changes.askFirst(() => (isLost ? LOST : undefined));
    const server = await startServer((_, response) => {
      isLost = true;
      response.end();
    });
    const client = testClient({ concurrency: 1, changes });
    const [first, second] = [client.request({ method, url: server.url }), client.request({ method, url: server.url })];
    expect((await first).status).toBe(200);
    await expect(second).rejects.toBe(LOST);
    expect(server.requests).toHaveLength(1);
  });

  test('a deletion that has waited for its connection', async () => {
    const changes = new ChangeGuard();
    const server = await startServer((_, response) => void response.end());
    const request = testClient({ changes }).request({ method: 'DELETE', url: server.url });
    // The request was handed over by then, and the connection is not there yet.
    await Promise.resolve();
    changes.askFirst(() => LOST);
    await expect(request).rejects.toBe(LOST);
    expect(server.requests).toEqual([]);
  });

  test('but nothing that is taken back: of an image that is deleted tag by tag, those that went come back', async () => {
    const changes = new ChangeGuard();
    const server = await startServer(({ path }, response) => {
      if (path === '/1') changes.askFirst(() => LOST);
      response.end();
    });
    const client = testClient({ changes });
    const ask = (method: 'DELETE' | 'PUT', tag: string): Promise<unknown> => client.request({ method, url: `${server.url}/${tag}` });
    const deletion = deleteTagByTag(['1', '2'], {
      deleteTag: (tag) => ask('DELETE', tag).then(() => ({ outcome: 'deleted' })),
      putBack: (tag) => ask('PUT', tag).then(() => {}),
      hint: '',
    });
    await expect(deletion).rejects.toBe(LOST);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['DELETE /1', 'PUT /1']);
  });

  test('but neither what only reads, nor anything once it is not asked any more', async () => {
    const changes = new ChangeGuard();
    const end = changes.askFirst(() => LOST);
    const server = await startServer((_, response) => void response.end());
    const client = testClient({ changes });
    await client.request({ method: 'HEAD', url: server.url });
    await client.request({ method: 'GET', url: server.url });
    end();
    await client.request({ method: 'DELETE', url: server.url });
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET', 'DELETE']);
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
