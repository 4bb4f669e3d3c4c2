import type { Clock } from '../../../src/http/clock.ts';
import { HostLimiter } from '../../../src/http/host-limiter.ts';
import { backoff } from '../../../src/http/retry-policy.ts';
import { toldRate } from '../../../src/http/told-rate.ts';
import { VirtualTime } from './virtual-time.ts';

/** How a server limits requests. Times are in milliseconds. */
export interface Limit {
  /**
   * `bucket` saves up what is not used, `saves` requests at most; `window` counts anew with each `ms`; `sliding` counts those of the last
   * `ms`.
   */
  readonly kind: 'bucket' | 'window' | 'sliding';
  /** Requests in `ms`. */
  readonly limit: number;
  /** Default 1000. */
  readonly ms?: number;
  /** Default: as many as `limit`. */
  readonly saves?: number;
  /** What a refusal says in `Retry-After`, in seconds: nothing, a second, or when the limit counts anew. Default: nothing. */
  readonly retryAfter?: 'second' | 'true';
  /** Whether each answer says what is left. */
  readonly tells?: boolean;
}

/** What a simulated run is made of. Times are in milliseconds. */
export interface Scene {
  readonly limit: Limit;
  /** Requests of all processes together. */
  readonly count: number;
  /** From the request to the answer. Default 10. */
  readonly latency?: number;
  /** So much more or less at random. Default 0. */
  readonly jitter?: number;
  /** How long a process, or the server, stands still: between these two. Default: never. */
  readonly clientStalls?: readonly [shortest: number, longest: number];
  readonly serverStalls?: readonly [shortest: number, longest: number];
  /** From one such time to the next, on average. Default 1000. */
  readonly stallsEvery?: number;
  /** Whether a process has just started: it takes long for its first answer, and more for each of the next ones than later. */
  readonly isCold?: boolean;
  /** That send to the same limit. Default 1. */
  readonly processes?: number;
  /** Default 8. */
  readonly concurrency?: number;
  readonly seed?: number;
  /** What is over of the time in which the server counts when the first request is sent, as a part of it. Default: by the seed. */
  readonly phase?: number;
}

export interface Result {
  /** Of what the limit allowed from the first request to the last answer. */
  readonly used: number;
  /** Of all requests. */
  readonly refused: number;
  readonly requests: number;
  /** The most refusals within a second. */
  readonly worst: number;
  readonly seconds: number;
}

/** Milliseconds that a process has to do with each of its answers, from this one on: seen of the built program. */
const COLD = [
  { from: 150, ms: 0.5 },
  { from: 30, ms: 2.5 },
  { from: 1, ms: 5 },
  { from: 0, ms: 230 },
] as const;

/** Random numbers that are the same each time (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Somebody who stands still now and then: what would happen in the meantime happens at the end of it. */
class Starved {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #stalls: readonly [number, number] | undefined;
  readonly #every: number;
  #stall: readonly [from: number, to: number] = [0, 0];

  constructor(time: VirtualTime, random: () => number, stalls: readonly [number, number] | undefined, every: number) {
    this.#time = time;
    this.#random = random;
    this.#every = every;
    this.#stalls = stalls;
  }

  async at(time: number): Promise<void> {
    if (this.#stalls) {
      const [shortest, longest] = this.#stalls;
      while (this.#stall[1] < time) {
        const from = this.#stall[1] + this.#every * (0.5 + this.#random());
        this.#stall = [from, from + shortest + (longest - shortest) * this.#random()];
      }
    }
    await this.#time.at(time >= this.#stall[0] ? Math.max(time, this.#stall[1]) : time);
  }
}

class Server {
  readonly #limit: Required<Pick<Limit, 'limit' | 'ms' | 'saves'>> & Limit;
  #tokens: number;
  #filled = 0;
  #window = -1;
  #passed: number[] = [];
  readonly #phase: number;

  constructor(limit: Limit, phase: number) {
    this.#limit = { ms: 1000, saves: limit.limit, ...limit };
    this.#tokens = this.#limit.saves;
    this.#phase = phase * this.#limit.ms;
  }

  answer(now: number): { readonly isRefused: boolean; readonly headers: Record<string, string> } {
    const { kind, limit, ms, saves, tells, retryAfter } = this.#limit;
    let [left, resetMs] = [0, 0];
    if (kind === 'bucket') {
      this.#tokens = Math.min(saves, this.#tokens + ((now - this.#filled) * limit) / ms);
      this.#filled = now;
      left = Math.floor(this.#tokens);
      resetMs = ((1 - this.#tokens) * ms) / limit;
    } else if (kind === 'window') {
      const window = Math.floor((now + this.#phase) / ms);
      if (window !== this.#window) [this.#window, this.#tokens] = [window, limit];
      left = this.#tokens;
      resetMs = (window + 1) * ms - this.#phase - now;
    } else {
      this.#passed = this.#passed.filter((time) => time > now - ms);
      left = limit - this.#passed.length;
      resetMs = (this.#passed[0] ?? now) + ms - now;
    }
    const isRefused = left < 1;
    if (!isRefused) {
      this.#tokens -= 1;
      if (kind === 'sliding') this.#passed.push(now);
    }
    const headers: Record<string, string> = {};
    if (tells) {
      headers['ratelimit-remaining'] = String(isRefused ? 0 : left - 1);
      headers['ratelimit-reset'] = String(Math.ceil(resetMs / 1000));
    }
    if (isRefused && retryAfter) headers['retry-after'] = String(retryAfter === 'second' ? 1 : Math.max(1, Math.ceil(resetMs / 1000)));
    return { isRefused, headers };
  }
}

/** Sends requests through a limiter of each process to a server with a limit, as the client does, in time that is not real. */
export async function simulate(scene: Scene): Promise<Result> {
  const { limit, count, latency = 10, jitter = 0, processes = 1, concurrency = 8, seed = 1, stallsEvery = 1000 } = scene;
  const random = randomNumbers(seed);
  const time = new VirtualTime();
  const bySeed = random();
  const server = new Server(limit, scene.phase ?? bySeed);
  const answering = new Starved(time, random, scene.serverStalls, stallsEvery);
  const refusals: number[] = [];
  let [waiting, requests] = [count, 0];
  const oneWay = (): number => Math.max(0, latency + jitter * (2 * random() - 1)) / 2;

  const startProcess = (): Promise<unknown> => {
    const process = new Starved(time, random, scene.clientStalls, stallsEvery);
    let [answers, busyUntil] = [0, 0];
    const clock: Clock = {
      now: () => Math.floor(time.now()),
      random,
      // Timers are late by up to a millisecond.
      sleep: (ms) => process.at(time.now() + Math.max(1, ms) + random()),
    };
    const limiter = new HostLimiter(concurrency, { clock });
    const attempt = async (): Promise<boolean | undefined> => {
      if (limiter.pausedUntil > clock.now()) return undefined;
      const { sent } = limiter;
      requests += 1;
      await answering.at(time.now() + oneWay());
      const { isRefused, headers } = server.answer(time.now());
      if (isRefused) refusals.push(time.now());
      let back = time.now() + oneWay();
      if (scene.isCold) back = busyUntil = Math.max(busyUntil, back) + (COLD.find(({ from }) => from <= answers) ?? COLD[0]).ms;
      answers += 1;
      await process.at(back);
      const seconds = headers['retry-after'];
      if (isRefused) limiter.refused(sent, seconds === undefined ? undefined : Number(seconds) * 1000);
      else limiter.succeeded(sent);
      const told = toldRate(headers, clock.now());
      if (told) limiter.told(told, isRefused, sent);
      return !isRefused;
    };
    const worker = async (): Promise<void> => {
      while (waiting > 0) {
        waiting -= 1;
        for (let failures = 0; ;) {
          if (limiter.pausedUntil > clock.now()) await clock.sleep(limiter.pausedUntil - clock.now(), NEVER);
          const isDone = await limiter.run(attempt);
          if (isDone) break;
          if (isDone === false) await clock.sleep(backoff(++failures, random()), NEVER);
        }
      }
    };
    return Promise.all(Array.from({ length: 4 * concurrency }, worker));
  };

  await time.run(Promise.all(Array.from({ length: processes }, startProcess)));
  const worst = Math.max(0, ...refusals.map((from) => refusals.filter((at) => at >= from && at < from + 1000).length));
  return {
    used: (count * (limit.ms ?? 1000)) / (limit.limit * time.now()),
    refused: refusals.length / requests,
    requests,
    worst,
    seconds: time.now() / 1000,
  };
}

const NEVER = new AbortController().signal;
