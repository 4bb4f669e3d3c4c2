import { describe, expect, test } from 'vitest';
import { HostLimiter } from '../../../src/http/host-limiter.ts';
import { type ToldRate, toldRate } from '../../../src/http/told-rate.ts';
import { VirtualTime } from './virtual-time.ts';

const LATENCY = 20;

test('a rate that the user gives is never passed', async () => {
  const clock = new VirtualTime();
  const limiter = new HostLimiter(8, { rate: 10, clock });
  const sent: number[] = [];
  const request = (): Promise<void> =>
    limiter.run(async () => {
      sent.push(clock.now());
      await clock.sleep(LATENCY);
    });
  await clock.run(Promise.all(Array.from({ length: 50 }, request)));
  expect(sent.map((time, number) => time - 100 * number).filter((late) => late < 0)).toEqual([]);
  expect(clock.now()).toBeLessThan(5100);
});

test(
  'a refusal after a few answers says nothing of a rate; after many, the rate is what got through, and later a little more ' +
    'every two seconds',
  async () => {
    const clock = new VirtualTime();
    const limiter = new HostLimiter(8, { clock });
    const answers = async (count: number): Promise<void> => {
      for (let number = 0; number < count; number++) {
        await clock.sleep(10);
        limiter.succeeded();
      }
    };
    const after = async (work: () => Promise<void>): Promise<number> => {
      await clock.run(work());
      return Math.round(limiter.rate);
    };
    limiter.refused(limiter.sent, 0);
    expect(limiter.rate).toBe(Infinity);
    await clock.run(answers(200));
    limiter.refused(limiter.sent, 0);
    expect(Math.round(limiter.rate)).toBe(98);
    expect(await after(() => answers(2900))).toBe(98);
    expect(await after(() => answers(301))).toBe(108);
    limiter.refused(limiter.sent, 0);
    expect(Math.round(limiter.rate)).toBe(99);
  },
);

describe('a refusal of the first request after a while in which nothing was sent', () => {
  /** A host that was asked 20 times, let that through, and refuses a request after so many milliseconds. */
  async function refusedAfter(ms: number, isKnown: boolean): Promise<HostLimiter> {
    const clock = new VirtualTime();
    const limiter = new HostLimiter(8, { clock });
    const answers = async (): Promise<void> => {
      for (let number = 0; number < 20; number++) {
        await clock.sleep(10);
        limiter.succeeded();
      }
    };
    await clock.run(answers());
    if (isKnown) {
      limiter.refused(limiter.sent, 0);
      await clock.run(answers());
    }
    await clock.run(clock.sleep(ms));
    limiter.refused(limiter.sent, 0);
    return limiter;
  }

  test('does not end all requests: the rate is by the last that were let through', async () => {
    expect((await refusedAfter(4900, false)).rate).toBeCloseTo(0.98 * 2, 1);
  });

  test('says nothing of the rate after a long while', async () => {
    expect((await refusedAfter(3_600_000, false)).rate).toBe(Infinity);
  });

  test('makes a rate that was learnt before a tenth less, after however long a while', async () => {
    expect((await refusedAfter(3_600_000, true)).rate).toBeCloseTo(0.9 * 0.98 * 20, 1);
  });
});

test('what may go out once only goes before what waits', async () => {
  const clock = new VirtualTime();
  const limiter = new HostLimiter(1, { clock });
  const order: string[] = [];
  const run = (name: string, first: boolean): Promise<void> =>
    limiter.run(async () => {
      order.push(name);
      await clock.sleep(1);
    }, first);
  await clock.run(Promise.all([run('under way', false), run('waits', false), run('deletion', true)]));
  expect(order).toEqual(['under way', 'deletion', 'waits']);
});

test('there is room when a request would go out at once', async () => {
  const clock = new VirtualTime();
  const limiter = new HostLimiter(2, { clock });
  const at: number[] = [];
  const work = [10, 20, 30].map((ms) => limiter.run(() => clock.sleep(ms)));
  const room = limiter.room().then(() => at.push(clock.now()));
  await clock.run(Promise.all([...work, room]));
  // The third begins when the first ends, and the second ends then.
  expect(at).toEqual([20]);
});

test('what a host said is left is over with its time: where it says nothing more, requests go side by side again', async () => {
  const clock = new VirtualTime();
  const limiter = new HostLimiter(8, { clock });
  let most = 0;
  let running = 0;
  const request = (told?: ToldRate): Promise<void> =>
    limiter.run(async () => {
      const { sent } = limiter;
      most = Math.max(most, (running += 1));
      await clock.sleep(LATENCY);
      running -= 1;
      limiter.succeeded(sent);
      if (told) limiter.told(told, false, sent);
    });
  const together = async (): Promise<number> => {
    most = 0;
    await clock.run(Promise.all(Array.from({ length: 40 }, () => request())));
    return most;
  };
  await clock.run(request({ remaining: 2, resetMs: 2000 }));
  expect(await together()).toBe(2);
  await clock.run(clock.sleep(2000));
  await together();
  expect(await together()).toBe(8);
});

describe('what a host says of its limit', () => {
  const now = Date.UTC(2026, 0, 1);
  test.each([
    [
      { 'ratelimit-remaining': '76', 'ratelimit-reset': '30' },
      { remaining: 76, resetMs: 30_000 },
    ],
    [
      { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"default";q=100;w=60' },
      { remaining: 50, resetMs: 30_000 },
    ],
    [{ ratelimit: 'limit=100, remaining=0, reset=5' }, { remaining: 0, resetMs: 5000 }],
    [
      { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '99;w=21600' },
      { remaining: 99, resetMs: 21_600_000 },
    ],
    [
      { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': String(now / 1000 + 60) },
      { remaining: 4999, resetMs: 60_000 },
    ],
    [
      { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': String(now / 1000 + 60), date: new Date(now + 20_000).toUTCString() },
      { remaining: 1, resetMs: 40_000 },
    ],
    [
      { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '0' },
      { remaining: 3, resetMs: 1000 },
    ],
    [
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now + 30_000) },
      { remaining: 0, resetMs: 30_000 },
    ],
    [
      { 'ratelimit-remaining': '0', 'ratelimit-reset': String(1000 * (now + 30_000)) },
      { remaining: 0, resetMs: 30_000 },
    ],
    [
      { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '9'.repeat(400) },
      { remaining: 1, resetMs: Infinity },
    ],
    [{ 'ratelimit-remaining': '3' }, undefined],
    [{ 'x-ratelimit-remaining': 'unlimited', 'x-ratelimit-reset': '1' }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(toldRate(headers as Record<string, string>, now)).toEqual(expected);
  });
});
