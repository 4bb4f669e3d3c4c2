import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/http/clock.ts';
import { HostLimiter } from '../../../src/http/host-limiter.ts';
import { toldRate } from '../../../src/http/told-rate.ts';

/** Time that goes on from one sleeper to the next as soon as everybody sleeps. */
class Simulation implements Clock {
  #now = 0;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.#now + ms, wake }));
  }

  async run(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    void work.finally(() => (isOver = true));
    for (;;) {
      await new Promise(setImmediate);
      if (isOver) return;
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers.shift();
      if (!next) throw new Error('nobody sleeps, and the work does not end');
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}

interface Host {
  readonly limit: number;
  /** `bucket` saves up what is not used, a second at most; `window` counts anew with each second. */
  readonly kind: 'bucket' | 'window';
  /** What a bucket saves up, where that is less than a second. */
  readonly saves?: number;
  /** Milliseconds that a refusal asks for. */
  readonly retryAfter?: number;
  readonly tells?: boolean;
}

const LATENCY = 20;

/** Sends so many requests through a limiter to a host with a limit. */
async function send(
  count: number,
  { limit, kind, retryAfter, tells, saves = limit }: Host,
): Promise<{ perSecond: number; refused: number }> {
  const clock = new Simulation();
  const limiter = new HostLimiter(8, { clock });
  let [tokens, filled, window, refused] = [saves, 0, 0, 0];
  const admits = (): boolean => {
    const now = clock.now();
    if (kind === 'bucket') tokens = Math.min(saves, tokens + ((now - filled) * limit) / 1000);
    else if (Math.floor(now / 1000) !== window) [tokens, window] = [limit, Math.floor(now / 1000)];
    filled = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
  const request = async (): Promise<void> => {
    for (;;) {
      if (limiter.pausedUntil > clock.now()) await clock.sleep(limiter.pausedUntil - clock.now());
      const isDone = await limiter.run(async () => {
        if (limiter.pausedUntil > clock.now()) return false;
        const { epoch, ended } = limiter;
        const isAdmitted = admits();
        const remaining = Math.floor(tokens);
        await clock.sleep(LATENCY);
        if (isAdmitted) limiter.succeeded();
        else {
          refused += 1;
          limiter.refused(epoch, retryAfter);
        }
        if (tells) limiter.told({ remaining, resetMs: 1000 }, !isAdmitted, ended);
        return isAdmitted;
      });
      if (isDone) return;
      await clock.sleep(250);
    }
  };
  await clock.run(Promise.all(Array.from({ length: count }, request)));
  return { perSecond: (count * 1000) / clock.now(), refused };
}

describe('at a limit of 100 requests a second', () => {
  test.each<Host>([
    { limit: 100, kind: 'bucket', retryAfter: 1000 },
    { limit: 100, kind: 'bucket' },
    { limit: 100, kind: 'window', retryAfter: 1000 },
    { limit: 100, kind: 'window' },
  ])('%j: at least 95 get through and at most 2 in 100 are refused', async (host) => {
    const { perSecond, refused } = await send(3000, host);
    expect(perSecond).toBeGreaterThan(95);
    expect(refused).toBeLessThanOrEqual(60);
  });

  test.each<Host>([
    { limit: 100, kind: 'bucket', tells: true },
    { limit: 100, kind: 'window', tells: true },
  ])('%j: at least 95 get through and none is refused', async (host) => {
    const { perSecond, refused } = await send(3000, host);
    expect(perSecond).toBeGreaterThan(95);
    expect(refused).toBe(0);
  });

  test('that saves up little, the first refusal says little: the rate grows quickly until the next', async () => {
    const { perSecond, refused } = await send(3000, { limit: 100, kind: 'bucket', saves: 15 });
    expect(perSecond).toBeGreaterThan(90);
    expect(refused).toBeLessThanOrEqual(60);
  });

  test.each([
    ['in turn', () => LATENCY],
    ['out of turn', (number: number) => LATENCY + ((number * 7) % 5) * 9],
  ])('of a minute, which is told, none is refused either, where the answers come %s', async (_how, latency) => {
    const clock = new Simulation();
    const limiter = new HostLimiter(8, { clock });
    let [left, counted, refused, sent] = [60, 0, 0, 0];
    const request = async (): Promise<void> => {
      for (let isDone = false; !isDone;) {
        if (limiter.pausedUntil > clock.now()) await clock.sleep(limiter.pausedUntil - clock.now());
        isDone = await limiter.run(async () => {
          if (limiter.pausedUntil > clock.now()) return false;
          if (Math.floor(clock.now() / 60_000) > counted) [left, counted] = [60, counted + 1];
          const { ended } = limiter;
          left -= 1;
          if (left < 0) refused += 1;
          const remaining = Math.max(0, left);
          await clock.sleep(latency(sent++));
          limiter.succeeded();
          limiter.told({ remaining, resetMs: 60_000 * (counted + 1) - clock.now() }, false, ended);
          return true;
        });
      }
    };
    await clock.run(Promise.all(Array.from({ length: 200 }, request)));
    expect([refused, Math.floor(clock.now() / 60_000)]).toEqual([0, 3]);
  });
});

test('a rate that the user gives is never passed', async () => {
  const clock = new Simulation();
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
    'each second',
  async () => {
    const clock = new Simulation();
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
    limiter.refused(limiter.epoch, 0);
    expect(limiter.rate).toBe(Infinity);
    await clock.run(answers(200));
    limiter.refused(limiter.epoch, 0);
    expect(Math.round(limiter.rate)).toBe(99);
    expect(await after(() => answers(2900))).toBe(99);
    expect(await after(() => answers(201))).toBe(109);
    limiter.refused(limiter.epoch, 0);
    expect(Math.round(limiter.rate)).toBe(104);
  },
);

test('what may go out once only goes before what waits', async () => {
  const clock = new Simulation();
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
  const clock = new Simulation();
  const limiter = new HostLimiter(2, { clock });
  const at: number[] = [];
  const work = [10, 20, 30].map((ms) => limiter.run(() => clock.sleep(ms)));
  const room = limiter.room().then(() => at.push(clock.now()));
  await clock.run(Promise.all([...work, room]));
  // The third begins when the first ends, and the second ends then.
  expect(at).toEqual([20]);
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
    [{ 'ratelimit-remaining': '3' }, undefined],
    [{ 'x-ratelimit-remaining': 'unlimited', 'x-ratelimit-reset': '1' }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(toldRate(headers as Record<string, string>, now)).toEqual(expected);
  });
});
