import { describe, expect, test } from 'vitest';
import { neverBack } from '../../../src/http/clock.ts';
import { startServer } from './loopback-server.ts';
import { testClient, testClock } from './test-client.ts';

test('a clock that is set back goes on from where it was, and forward as it does', () => {
  const times = [1000, 1010, 400, 405, 200, 230, 5000];
  const { now } = neverBack({ ...testClock(), now: () => times.shift() as number });
  expect([now(), now(), now(), now(), now(), now(), now()]).toEqual([1000, 1010, 1010, 1015, 1015, 1045, 5815]);
});

describe('a clock of the machine that is set back by an hour', () => {
  const HOUR = 3_600_000;

  test('does not make a pause longer that a host has asked for', async () => {
    const clock = testClock();
    let setBack = 0;
    const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
      await clock.sleep(ms, signal);
      setBack = HOUR;
    };
    let answers = 0;
    const server = await startServer(
      (_, response) => void response.writeHead((answers += 1) === 1 ? 429 : 200, { 'retry-after': '30' }).end(),
    );
    const client = testClient({ clock: { ...clock, sleep, now: () => clock.now() - setBack } });
    expect((await client.request({ method: 'GET', url: server.url })).status).toBe(200);
  });

  test('does not put a request off that goes out by a rate', async () => {
    const clock = testClock();
    let setBack = 0;
    const server = await startServer((_, response) => {
      setBack = HOUR;
      response.end();
    });
    const client = testClient({ rate: 1, clock: { ...clock, now: () => clock.now() - setBack } });
    await client.request({ method: 'GET', url: server.url });
    await client.request({ method: 'GET', url: server.url });
    expect(clock.slept).toEqual([1000 - 20]);
  });
});
