import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startServer } from './loopback-server.ts';
import { testClient, text } from './test-client.ts';

const MIB = 1024 * 1024;

describe('a body that is handed over as it arrives', () => {
  test('makes its sender wait for a slow reader, and loses nothing', async () => {
    let sent = 0;
    let isFull: () => void = () => {};
    const full = new Promise<void>((resolve) => (isFull = resolve));
    const server = await startServer(async (_, response) => {
      for (; sent < 128 * MIB; sent += MIB) {
        if (response.write(Buffer.alloc(MIB, sent / MIB))) continue;
        isFull();
        await once(response, 'drain');
      }
      response.end();
    });
    const { arriving, body } = await testClient().request({ method: 'GET', url: server.url, stream: true });
    await full;
    await wait(300);
    // What a socket and its buffers hold on both sides is far less.
    expect(sent).toBeLessThan(64 * MIB);
    expect(body.length).toBe(0);
    let read = 0;
    for await (const chunk of arriving ?? []) read += chunk.length;
    expect(read).toBe(128 * MIB);
  });

  test('can be left before its end, which closes the connection', async () => {
    let closed: () => void = () => {};
    const end = new Promise<void>((resolve) => (closed = resolve));
    const server = await startServer((_, response) => {
      response.on('close', closed);
      response.write('begun');
    });
    const { arriving } = await testClient().request({ method: 'GET', url: server.url, stream: true });
    arriving?.cancel();
    await end;
  });

  test('that breaks off is an error for its reader, and not an end', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half of it', () => response.destroy());
    });
    const { arriving } = await testClient().request({ method: 'GET', url: server.url, stream: true });
    const read = async (): Promise<void> => {
      for await (const chunk of arriving ?? []) void chunk;
    };
    await expect(read()).rejects.toThrow();
  });

  test('is read whole where the answer reports an error', async () => {
    const server = await startServer((_, response) => void response.writeHead(404).end('not here'));
    const response = await testClient().request({ method: 'GET', url: server.url, stream: true });
    expect([response.status, text(response), response.arriving]).toEqual([404, 'not here', undefined]);
  });
});
