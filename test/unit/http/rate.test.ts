import { describe, expect, test } from 'vitest';
import { type Limit, type Scene, simulate } from './rate-simulation.ts';

type Case = readonly [what: string, limit: Limit, scene?: Omit<Scene, 'limit' | 'count'>];

const bucket: Limit = { kind: 'bucket', limit: 100 };
const window: Limit = { kind: 'window', limit: 100 };
const sliding: Limit = { kind: 'sliding', limit: 100 };
const minute: Limit = { kind: 'window', limit: 600, ms: 60_000 };
const asks = { retryAfter: 'second' } as const;
const tells = { tells: true } as const;
/** About a fifth of the time. */
const STALLS = [50, 500] as const;
/** As many as a minute has, at the limit. */
const COUNT = 6000;

describe('of a limit of 100 a second, at least 95 are used, and at most 2 in 100 requests are refused', () => {
  test.for<Case>([
    ['a bucket that saves up a second', bucket],
    ['and is asked without latency', bucket, { latency: 0 }],
    ['and is far away', bucket, { latency: 50, jitter: 20 }],
    ['a bucket that asks for a pause', { ...bucket, ...asks }],
    ['and is very far away, with many requests side by side', { ...bucket, ...asks }, { latency: 200, jitter: 50, concurrency: 32 }],
    ['and is shared by four processes', { ...bucket, ...asks }, { processes: 4 }],
    ['and is asked by a process that stands still now and then', { ...bucket, ...asks }, { clientStalls: STALLS }],
    ['and stands still now and then', { ...bucket, ...asks }, { serverStalls: STALLS }],
    ['a bucket that saves up five seconds', { ...bucket, saves: 500 }],
    ['a window', window],
    ['a window that is shared by four processes', window, { processes: 4 }],
    ['a window that asks for a pause', { ...window, ...asks }],
    ['and is asked without latency', { ...window, ...asks }, { latency: 0 }],
    ['a sliding window', sliding],
    ['a sliding window that asks for a pause', { ...sliding, ...asks }],
    ['a window of a minute that says when it is over', { ...minute, retryAfter: 'true' }],
  ])('%s', async ([, limit, scene]) => {
    const { used, refused, worst } = await simulate({ limit, count: COUNT, ...scene });
    expect(used).toBeGreaterThan(0.95);
    expect(refused).toBeLessThan(0.02);
    expect(worst).toBeLessThanOrEqual(16 * (scene?.processes ?? 1));
  });
});

describe('where the built program starts against them, at whatever time of their second, not much less is used', () => {
  // Seen of it: its first answers take long, and a few times a minute it stands still for a moment.
  const built = { jitter: 1, clientStalls: [20, 100], stallsEvery: 8000, isCold: true } as const;
  const PHASES = Array.from({ length: 10 }, (_, number) => number / 10);
  test.for<Case>([
    ['a window that asks for a pause', { ...window, ...asks }],
    ['a sliding window', sliding],
    ['a sliding window that asks for a pause', { ...sliding, ...asks }],
    ['a sliding window that asks for a pause, of 20 a second', { ...sliding, ...asks, limit: 20 }],
  ])('%s', async ([, limit]) => {
    const count = 60 * limit.limit;
    const results = await Promise.all(PHASES.map((phase, number) => simulate({ limit, count, ...built, phase, seed: number + 1 })));
    const mean = (of: 'used' | 'refused'): number => results.reduce((sum, result) => sum + result[of], 0) / results.length;
    expect(mean('used')).toBeGreaterThan(0.94);
    expect(mean('refused')).toBeLessThan(0.01);
  });
});

describe('at least 85 are used where it is harder to tell the limit, or to keep to it', () => {
  test.for<Case>([
    ['a bucket that saves up a tenth of a second', { ...bucket, saves: 10 }, { jitter: 10 }],
    ['a bucket that saves up a fifth, and asks for a pause', { ...bucket, saves: 20, ...asks }],
    ['a window that asks for a pause and is far away', { ...window, ...asks }, { latency: 50, jitter: 20 }],
    ['and is very far away, with many requests side by side', { ...window, ...asks }, { latency: 200, jitter: 50, concurrency: 32 }],
    ['a sliding window that asks for a pause and is far away', { ...sliding, ...asks }, { latency: 50, jitter: 20 }],
    ['a sliding window that is shared by four processes', sliding, { processes: 4 }],
    ['and asks for a pause', { ...sliding, ...asks }, { processes: 4 }],
  ])('%s', async ([, limit, scene]) => {
    const { used, refused } = await simulate({ limit, count: COUNT, ...scene });
    expect(used).toBeGreaterThan(0.85);
    expect(refused).toBeLessThan(0.025);
  });
});

describe('what cannot be saved up is lost where somebody stands still for a fifth of the time, but hardly more', () => {
  test.for<Case>([
    ['a bucket that saves up a tenth of a second', { ...bucket, saves: 10 }, { clientStalls: STALLS }],
    ['and stands still itself', { ...bucket, saves: 10 }, { serverStalls: STALLS }],
    ['a bucket that saves up a fifth, and asks for a pause', { ...bucket, saves: 20, ...asks }, { clientStalls: STALLS }],
    ['a window', window, { clientStalls: STALLS }],
    ['a window that asks for a pause', { ...window, ...asks }, { clientStalls: STALLS }],
    ['and stands still itself', { ...window, ...asks }, { serverStalls: STALLS }],
    ['a sliding window', sliding, { clientStalls: STALLS }],
    ['a sliding window that asks for a pause', { ...sliding, ...asks }, { clientStalls: STALLS }],
    ['and stands still itself', { ...sliding, ...asks }, { serverStalls: STALLS }],
  ])('%s', async ([, limit, scene]) => {
    const { used, refused, worst } = await simulate({ limit, count: COUNT, ...scene });
    expect(used).toBeGreaterThan(0.7);
    expect(refused).toBeLessThan(0.01);
    expect(worst).toBeLessThanOrEqual(16);
  });
});

describe('of a limit of 2 a second, at least a quarter is used where each answer takes three seconds', () => {
  test.for<Limit>([
    { kind: 'bucket', limit: 2 },
    { kind: 'window', limit: 2 },
    { kind: 'window', limit: 2, ...asks },
    { kind: 'sliding', limit: 2 },
    { kind: 'sliding', limit: 2, ...asks },
  ])('%j', async (limit) => {
    const results = await Promise.all([1, 2, 3, 4, 5].map((seed) => simulate({ limit, count: 600, latency: 3000, jitter: 600, seed })));
    expect(Math.min(...results.map(({ used }) => used))).toBeGreaterThan(0.25);
  });
});

describe('a host that says what is left refuses nothing', () => {
  test.for<Case>([
    ['a bucket', { ...bucket, ...tells }],
    ['a window', { ...window, ...tells }],
    ['a window that is far away', { ...window, ...tells }, { latency: 50, jitter: 20 }],
    ['a window that is asked by a process that stands still now and then', { ...window, ...tells }, { clientStalls: STALLS }],
    ['a window of a minute', { ...minute, ...tells }],
    ['and is very far away, with many requests side by side', { ...minute, ...tells }, { latency: 200, jitter: 50, concurrency: 32 }],
  ])('%s', async ([, limit, scene]) => {
    const { used, refused } = await simulate({ limit, count: COUNT / 2, ...scene });
    expect(used).toBeGreaterThan(0.75);
    expect(refused).toBe(0);
  });
});
