import pLimit, { type LimitFunction } from 'p-limit';

/** After so many answers in a row without a complaint, one more request may run side by side. */
const SUCCESSES_TO_RECOVER = 10;

/** Limits how many requests run side by side against one host. Each complaint halves the number; it grows back one by one. */
export class HostLimiter {
  readonly #limit: LimitFunction;
  readonly #most: number;
  #successes = 0;
  #epoch = 0;
  #pausedUntil = 0;

  constructor(concurrency: number) {
    this.#limit = pLimit(concurrency);
    this.#most = concurrency;
  }

  /** Runs the work when its turn has come. Never call it from within work of the same host. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#limit(work);
  }

  get concurrency(): number {
    return this.#limit.concurrency;
  }

  /** Rises each time the host complains. An answer to a request of an earlier epoch tells nothing new. */
  get epoch(): number {
    return this.#epoch;
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
    this.#limit.concurrency = Math.max(1, Math.floor(this.#limit.concurrency / 2));
  }

  succeeded(): void {
    if (this.#limit.concurrency >= this.#most) return;
    this.#successes += 1;
    if (this.#successes < SUCCESSES_TO_RECOVER) return;
    this.#successes = 0;
    this.#limit.concurrency += 1;
  }
}
