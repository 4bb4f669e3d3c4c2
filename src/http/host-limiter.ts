import { type Clock, systemClock } from './clock.ts';
import { LearntRate } from './learnt-rate.ts';
import type { SharedSignal, Stoppable } from './shared-signals.ts';
import type { ToldRate } from './told-rate.ts';

/** After so many answers in a row without a complaint, one more request may run side by side. */
const SUCCESSES_TO_RECOVER = 10;
/** Refusals with no more answers between them come in a row. */
const FEW = 10;
/** Milliseconds of the pause after a refusal that asks for none; it doubles with each further one. */
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 4000;
/** Milliseconds that requests may lag behind the rate and still be made up for, since timers are late: more would be a burst. */
const LAG_MS = 20;

export interface LimiterOptions {
  /** The most requests in a second. Default: as many as the host takes. */
  readonly rate?: number | undefined;
  readonly clock?: Clock;
}

/** Work that waits for its turn. */
interface Turn extends Stoppable {
  readonly start: () => void;
}

/** What was so when a request was sent. */
export interface Sent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly epoch: number;
  /** How many requests had ended. */
  readonly ended: number;
}

/**
 * Decides when the next request to one host goes out. Three things limit it:
 *
 * - how many run side by side: each complaint (429, 503) halves that, and it grows back one by one;
 * - how many go out in a second, spread evenly: what was learnt from refusals (429, {@link LearntRate}), and what the user gives, which is
 *   never passed;
 * - how many are left, where the host tells it ({@link told}): no more than that go out until it counts anew.
 */
export class HostLimiter {
  readonly #most: number;
  readonly #cap: number;
  readonly #clock: Clock;
  readonly #queue: Turn[] = [];
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
  readonly #learnt = new LearntRate();
  /** Refusals in a row, with hardly an answer between them. */
  #refusals = 0;
  #passedSinceRefusal = 0;
  /** When the next request is due, by the rate. */
  #due = 0;
  /** What the host said is left, without what is under way. */
  #left = Infinity;
  /** When the host counts anew, by what it said then. */
  #leftUntil = Infinity;
  #isSleeping = false;

  constructor(concurrency: number, { rate = Infinity, clock = systemClock }: LimiterOptions = {}) {
    this.#concurrency = concurrency;
    this.#most = concurrency;
    this.#cap = rate;
    this.#clock = clock;
  }

  /**
   * Runs the work when its turn has come; `first`: before those that wait. `link`, if given, ends the wait for it with its reason. Never
   * call it from within work of the same host.
   */
  run<T>(work: () => Promise<T>, first = false, link?: SharedSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const start = (): void => {
        link?.underWay.delete(turn);
        work().then(
          (result) => {
            resolve(result);
            this.#end();
          },
          (error: unknown) => {
            reject(error as Error);
            this.#end();
          },
        );
      };
      const stop = (): void => {
        link?.underWay.delete(turn);
        this.#queue.splice(this.#queue.indexOf(turn), 1);
        reject(link?.signal.reason as Error);
      };
      const turn: Turn = { start, stop };
      link?.underWay.add(turn);
      if (first) this.#queue.unshift(turn);
      else this.#queue.push(turn);
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
    return Math.min(this.#cap, this.#learnt.perSecond);
  }

  /** Rises each time the host complains. An answer to a request of an earlier epoch tells nothing new. */
  get epoch(): number {
    return this.#epoch;
  }

  /** To be asked when a request goes out, for when its answer comes. */
  get sent(): Sent {
    return { at: this.#clock.now(), epoch: this.#epoch, ended: this.#ended };
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

  /** The host refused a request, because there were too many, and asks for a pause of so many milliseconds. */
  refused({ at, epoch }: Sent, pauseMs: number | undefined): void {
    const now = this.#clock.now();
    const isNew = epoch === this.#epoch;
    if (isNew && this.#passedSinceRefusal > FEW) this.#refusals = 0;
    const pause = pauseMs ?? (isNew ? Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** this.#refusals) : 0);
    this.pauseUntil(now + pause);
    if (isNew) {
      this.#learnt.usedUp(at, now, pause);
      this.#refusals += 1;
      this.#passedSinceRefusal = 0;
    }
    this.complained(epoch);
  }

  /** The host answered a request, by default one that was sent just now, without a complaint. */
  succeeded({ at }: Sent = this.sent): void {
    this.#learnt.passed(at, this.#clock.now());
    this.#passedSinceRefusal += 1;
    // Whether it still counts, the answer tells.
    if (at >= this.#leftUntil) this.#left = Infinity;
    if (this.#concurrency >= this.#most) return;
    this.#successes += 1;
    if (this.#successes < SUCCESSES_TO_RECOVER) return;
    this.#successes = 0;
    this.#concurrency += 1;
  }

  /**
   * The host said with the answer to a request how many are left, and when it counts anew. Others that were under way at any time since the
   * request was sent may not be counted. Where none are left, the host is left alone until then; `wasRefused`: it was asked too much.
   */
  told({ remaining, resetMs }: ToldRate, wasRefused: boolean, { at, ended }: Sent): void {
    this.#left = remaining - (this.#begun - ended - 1);
    const now = this.#clock.now();
    this.#leftUntil = now + resetMs;
    if (remaining > 0 || this.#pausedUntil >= now + resetMs) return;
    if (!wasRefused) this.#learnt.usedUp(at, now, resetMs, true);
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
        // A pause is not made up for.
        const due = Math.max(this.#due, Math.min(now, this.#pausedUntil));
        this.#due = Math.max(due, now - LAG_MS) + 1000 / this.rate;
      }
      this.#left -= 1;
      this.#running += 1;
      this.#begun += 1;
      (this.#queue.shift() as Turn).start();
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
}

const NEVER = new AbortController().signal;
