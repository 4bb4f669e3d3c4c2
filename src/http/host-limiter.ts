import { type Clock, systemClock } from './clock.ts';
import type { ToldRate } from './told-rate.ts';

/** After so many answers in a row without a complaint, one more request may run side by side. */
const SUCCESSES_TO_RECOVER = 10;
/** With fewer answers within a second before a refusal, that second says nothing about the rate that the host allows. */
const TELLING = 10;
/** With fewer than this, a host may have let through what it had saved up, and allow more. */
const SURE = 50;
/** The part of what the host let through that is sent from then on, and of a rate that it refused. */
const BELOW = 0.98;
const DECREASE = 0.95;
/** Milliseconds from a refusal until a higher rate is tried, a little more each second. */
const HOLD_MS = 30_000;
const SECOND_MS = 1000;
/** Milliseconds that requests may lag behind the rate and still be made up for: timers are late. */
const LAG_MS = 100;
/** Milliseconds of the pause after a refusal that asks for none; it doubles with each further one. */
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

export interface LimiterOptions {
  /** The most requests in a second. Default: as many as the host takes. */
  readonly rate?: number | undefined;
  readonly clock?: Clock;
}

/**
 * Decides when the next request to one host goes out. Three things limit it:
 *
 * - how many run side by side: each complaint (429, 503) halves that, and it grows back one by one;
 * - how many go out in a second: after a refusal (429) as many as the host let through before, spread evenly; more only after half a minute
 *   without a refusal, and then by additions; a rate that is refused is taken down by a twentieth. The user may give a rate that is never
 *   passed;
 * - how many are left, where the host tells it ({@link told}): no more than that go out until it counts anew.
 */
export class HostLimiter {
  readonly #most: number;
  readonly #cap: number;
  readonly #clock: Clock;
  readonly #queue: (() => void)[] = [];
  /** Those who wait until there is room. */
  #roomWanted: (() => void)[] = [];
  #concurrency: number;
  #running = 0;
  /** Requests that were begun, and that have ended. */
  #begun = 0;
  #ended = 0;
  #successes = 0;
  #epoch = 0;
  #pausedUntil = 0;
  /** The rate that was learnt from refusals, in requests a second, and what it was before it grew. */
  #learnt = Infinity;
  #held = Infinity;
  #learntAt: number | undefined;
  /** What the rate becomes when another second has gone by without a refusal, and when that is. */
  #grow = (rate: number): number => rate;
  #growAt = 0;
  /** When requests of the last second were answered, and a few before them. */
  #answered: number[] = [];
  #answeredSinceLearnt = 0;
  /** Refusals in a row, with hardly an answer between them. */
  #refusals = 0;
  #answeredSinceRefusal = 0;
  /** When the next request is due, by the rate. */
  #due = 0;
  /** What the host said is left, without what is under way. */
  #left = Infinity;
  #isSleeping = false;

  constructor(concurrency: number, { rate = Infinity, clock = systemClock }: LimiterOptions = {}) {
    this.#concurrency = concurrency;
    this.#most = concurrency;
    this.#cap = rate;
    this.#clock = clock;
  }

  /**
   * Runs the work when its turn has come; `first`: before those that wait. Never call it from within work of the same host.
   */
  run<T>(work: () => Promise<T>, first = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const start = (): void => {
        work()
          .then(resolve, reject)
          .finally(() => this.#end());
      };
      if (first) this.#queue.unshift(start);
      else this.#queue.push(start);
      this.#startNext();
    });
  }

  /** Resolves as soon as a request more would go out at once. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomWanted.push(resolve);
      this.#startNext();
    });
  }

  get concurrency(): number {
    return this.#concurrency;
  }

  /** Requests a second; `Infinity` where nothing limits them. */
  get rate(): number {
    return Math.min(this.#cap, this.#learnt);
  }

  /** Rises each time the host complains. An answer to a request of an earlier epoch tells nothing new. */
  get epoch(): number {
    return this.#epoch;
  }

  /** How many requests have ended so far. */
  get ended(): number {
    return this.#ended;
  }

  /** Until when the host wants no request at all, in milliseconds since the epoch. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  pauseUntil(time: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, time);
  }

  /**
   * The host complained about a request that was sent in this epoch. Eight complaints about eight requests that were sent together count
   * once.
   */
  complained(epoch: number): void {
    this.#successes = 0;
    if (epoch !== this.#epoch) return;
    this.#epoch += 1;
    this.#concurrency = Math.max(1, Math.floor(this.#concurrency / 2));
  }

  /** The host refused a request that was sent in this epoch, because there were too many, and asks for a pause of so many milliseconds. */
  refused(epoch: number, pauseMs: number | undefined): void {
    const now = this.#clock.now();
    if (pauseMs !== undefined) this.pauseUntil(now + pauseMs);
    if (epoch === this.#epoch) {
      this.#learn(now);
      if (this.#answeredSinceRefusal > TELLING) this.#refusals = 0;
      this.#answeredSinceRefusal = 0;
      if (pauseMs === undefined) this.pauseUntil(now + Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** this.#refusals));
      this.#refusals += 1;
    }
    this.complained(epoch);
  }

  succeeded(): void {
    this.#count();
    if (this.#concurrency >= this.#most) return;
    this.#successes += 1;
    if (this.#successes < SUCCESSES_TO_RECOVER) return;
    this.#successes = 0;
    this.#concurrency += 1;
  }

  /**
   * The host said with an answer how many requests are left, and when it counts anew. Others that were under way at any time since its
   * request began may not be counted: `endedBefore` is how many had ended by then ({@link ended}). Where none are left, the host is left
   * alone until then; `wasRefused`: it was asked too much already.
   */
  told({ remaining, resetMs }: ToldRate, wasRefused: boolean, endedBefore: number): void {
    this.#left = remaining - (this.#begun - endedBefore - 1);
    const now = this.#clock.now();
    if (remaining > 0 || this.#pausedUntil >= now + resetMs) return;
    if (!wasRefused) this.#learn(now, true);
    this.pauseUntil(now + resetMs);
  }

  #end(): void {
    this.#running -= 1;
    this.#ended += 1;
    this.#startNext();
  }

  #startNext(): void {
    while (this.#queue.length > 0 && this.#running < this.#concurrency) {
      const now = this.#clock.now();
      // What is under way tells what is left.
      if (this.#left <= 0 && this.#running > 0) return;
      if (this.rate < Infinity) {
        const wait = this.#due - now;
        if (wait > 0) return this.#sleep(wait);
        this.#due = Math.max(this.#due, now - LAG_MS) + 1000 / this.rate;
      }
      this.#left -= 1;
      this.#running += 1;
      this.#begun += 1;
      (this.#queue.shift() as () => void)();
    }
    if (this.#queue.length > 0 || this.#running >= this.#concurrency || this.#roomWanted.length === 0) return;
    const wanted = this.#roomWanted;
    this.#roomWanted = [];
    for (const resolve of wanted) resolve();
  }

  #sleep(ms: number): void {
    if (this.#isSleeping) return;
    this.#isSleeping = true;
    void this.#clock.sleep(ms, NEVER).then(() => {
      this.#isSleeping = false;
      this.#startNext();
    });
  }

  /** Counts an answer, and lets the rate grow when a second without a refusal is over. */
  #count(): void {
    const now = this.#clock.now();
    this.#answered.push(now);
    this.#answeredSinceLearnt += 1;
    this.#answeredSinceRefusal += 1;
    if (this.#answered.length > 10_000) this.#answered = this.#answered.filter((time) => now - time <= SECOND_MS);
    if (this.#learnt === Infinity || now < this.#growAt) return;
    this.#held = this.#learnt;
    this.#learnt = this.#grow(this.#learnt);
    this.#growAt = now + SECOND_MS;
  }

  /** Learns the rate that a host allows when it has just let through as much as it does. */
  #learn(now: number, isSure = false): void {
    const second = this.#answered.filter((time) => now - time <= SECOND_MS).length;
    const sinceMs = this.#learntAt === undefined ? Infinity : now - this.#learntAt;
    if (second < TELLING || sinceMs < SECOND_MS) return;
    // From one refusal to the next, a host that saves up what is not used lets through exactly its rate.
    const average = (this.#answeredSinceLearnt * 1000) / sinceMs;
    const isFirst = this.#learnt === Infinity;
    const below = isFirst ? BELOW * second : Math.max(this.#learnt > this.#held ? this.#held : 0, DECREASE * this.#learnt);
    this.#learnt = this.#held = Math.max(BELOW * average, below);
    const step = Math.max(1, this.#learnt / 20);
    const isUnsure = isFirst && !isSure && second < SURE;
    this.#grow = isUnsure ? (rate) => rate * 2 : (rate) => rate + step;
    this.#growAt = now + (isUnsure ? SECOND_MS : HOLD_MS);
    this.#learntAt = now;
    this.#answeredSinceLearnt = 0;
  }
}

const NEVER = new AbortController().signal;
