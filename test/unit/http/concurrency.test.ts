import { describe, expect, test } from 'vitest';
import { HostLimiter } from '../../../src/http/host-limiter.ts';
import { startServer } from './loopback-server.ts';
import { testClient } from './test-client.ts';

describe('requests side by side', () => {
  test('are as many as configured for one host', async () => {
    let running = 0;
    let most = 0;
    const server = await startServer((_, response) => {
      most = Math.max(most, ++running);
      setImmediate(() => {
        running--;
        response.end();
      });
    });
    const client = testClient({ concurrency: 3 });
    await Promise.all(Array.from({ length: 20 }, () => client.request({ method: 'GET', url: server.url })));
    expect(most).toBeLessThanOrEqual(3);
    expect(server.requests).toHaveLength(20);
  });

  test('a server that takes only one at a time gets all of them in the end', async () => {
    let running = 0;
    const server = await startServer((_, response) => {
      running++;
      const status = running > 1 ? 429 : 200;
      setImmediate(() => {
        running--;
        response.writeHead(status).end();
      });
    });
    const client = testClient({ concurrency: 8 });
    const responses = await Promise.all(Array.from({ length: 40 }, () => client.request({ method: 'GET', url: server.url })));
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200));
  });
});

describe('the limit of a host', () => {
  test('halves with each complaint, down to one', () => {
    const limiter = new HostLimiter(8);
    const seen = Array.from({ length: 5 }, () => {
      limiter.complained(limiter.epoch);
      return limiter.concurrency;
    });
    expect(seen).toEqual([4, 2, 1, 1, 1]);
  });

  test('halves once for all that was sent before the complaint', () => {
    const limiter = new HostLimiter(8);
    const { epoch } = limiter;
    for (let i = 0; i < 8; i++) limiter.complained(epoch);
    expect(limiter.concurrency).toBe(4);
  });

  test('recovers by one after ten answers without a complaint, up to what it was', () => {
    const limiter = new HostLimiter(4);
    limiter.complained(limiter.epoch);
    const answers = (count: number) => {
      for (let i = 0; i < count; i++) limiter.succeeded();
      return limiter.concurrency;
    };
    expect([answers(9), answers(1), answers(10), answers(50)]).toEqual([2, 3, 4, 4]);
  });

  test('counts anew after a complaint', () => {
    const limiter = new HostLimiter(4);
    limiter.complained(limiter.epoch);
    for (let i = 0; i < 9; i++) limiter.succeeded();
    limiter.complained(limiter.epoch);
    limiter.succeeded();
    expect(limiter.concurrency).toBe(1);
  });
});
