import pLimit, { type LimitFunction } from 'p-limit';

/** So many answers in a row without a complaint, and one more request may run beside the others. */
const SUCCESSES_TO_RECOVER = 10;

/** How many requests run side by side against one host: half as many each time it complains, back up one by one. */
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

  /** Rises each time the host complains: what was sent before the last complaint says nothing new. */
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

  /** The host complained about a request that was sent in this epoch. Eight complaints about eight requests sent together count once. */
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
