const SECOND_MS = 1000;
/** With fewer requests let through since the last refusal, one says nothing about the rate that the host allows. */
const TELLING = 10;
/** With fewer than this in the second before the first refusal, a host may have let through what it had saved up, and allow more. */
const SURE = 50;
/** The part of what the host let through that is sent from then on. */
const BELOW = 0.98;
/** The part by which a rate that was refused is lowered; twice as much each time it is refused again within so many milliseconds. */
const LESS = 0.05;
const MOST_LESS = 0.2;
const AT_ONCE_MS = 2500;
/** By what the rate grows each second: from a first refusal that was not sure to the next, and else. */
const DOUBLE = 2;
const STEP = 1.05;
/** Milliseconds until a higher rate is tried; or so many times the pause that the refusal cost, where that is longer. */
const HOLD_MS = 30_000;
const HOLD_PAUSES = 60;
/** Milliseconds that requests may lag behind the rate and still be made up for: at first, and at least, since timers are late. */
const LAG_MS = 200;
export const SHORTEST_LAG_MS = 20;
/** Milliseconds without a request after which there was much to make up for. */
const STALL_MS = 100;
/** So many requests that were let through are remembered: more than go out in a second. */
const REMEMBERED = 10_000;

/**
 * The rate that a host allows, learnt from its refusals. It is reckoned from when requests were sent and not from when their answers were
 * seen: a process that the machine keeps waiting sees them late, and many at once.
 *
 * - At the first refusal it is what was let through of the second before: at least what the host allows, unless that bears bursts of less
 *   than a second only. Where it was little, the rate doubles each second until the next refusal.
 * - A refusal after requests had stood still, which were then made up for, is blamed on that: less is made up for from then on.
 * - A refusal of a rate that had just grown takes it back to what it was; any other makes it a twentieth less, then a tenth, then a fifth
 *   if they follow each other at once. It never falls below what was let through on average since the refusal before: a host that saves up
 *   what is not used allows exactly that.
 * - It grows in small steps: soon after it was made much less, and else after half a minute without a refusal; later where a refusal costs
 *   a long pause, so that pauses do not take more than a sixtieth of the time.
 */
export class LearntRate {
  #perSecond = Infinity;
  #lagMs = LAG_MS;
  /** The rate before it grew. */
  #held = Infinity;
  #less = LESS;
  #growth = STEP;
  #growAt = 0;
  #learntAt: number | undefined;
  /** The end of the pause after the last refusal. */
  #resumedAt = 0;
  /** When the last requests that were let through were sent, in the order of their answers. */
  readonly #passed: number[] = [];
  #passedSinceLearnt = 0;

  /** Requests a second; `Infinity` as long as nothing was learnt. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Milliseconds that requests may lag behind the rate and still be made up for. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /** A request that was sent at this time was let through. */
  passed(sentAt: number, now: number): void {
    this.#passed.push(sentAt);
    this.#passedSinceLearnt += 1;
    if (this.#passed.length > 2 * REMEMBERED) this.#passed.splice(0, REMEMBERED);
    if (this.#perSecond === Infinity || now < this.#growAt || !this.#isUsed(now)) return;
    this.#held = this.#perSecond;
    this.#perSecond *= this.#growth;
    this.#growAt = now + SECOND_MS;
  }

  /**
   * The limit is used up: the host refused a request that was sent at this time, or let it through and said that it was the last
   * (`isTold`).
   * No request goes out for the next `pauseMs`.
   */
  usedUp(sentAt: number, now: number, pauseMs: number, isTold = false): void {
    if (this.#passedSinceLearnt < TELLING) return;
    const { count, gapMs } = this.#second(sentAt);
    const soon = now + pauseMs + (this.#learntAt === undefined ? SECOND_MS : AT_ONCE_MS);
    const later = now + Math.max(HOLD_MS, HOLD_PAUSES * pauseMs);
    if (this.#learntAt === undefined) {
      const isSure = isTold || count >= SURE;
      this.#growth = isSure ? STEP : DOUBLE;
      this.#growAt = isSure ? later : soon;
      this.#perSecond = BELOW * count;
    } else {
      let most = this.#held;
      if (gapMs > STALL_MS && this.#lagMs > SHORTEST_LAG_MS) {
        this.#lagMs = Math.max(SHORTEST_LAG_MS, this.#lagMs / 4);
        this.#growAt = Math.max(soon, this.#growAt);
      } else {
        if (this.#perSecond === this.#held) {
          this.#less = now - this.#resumedAt < AT_ONCE_MS ? Math.min(MOST_LESS, 2 * this.#less) : LESS;
          most *= 1 - this.#less;
        } else this.#less = LESS / 2;
        this.#growAt = this.#growth === DOUBLE || this.#less > LESS ? soon : later;
        this.#growth = STEP;
      }
      const letThrough = (count * SECOND_MS) / (SECOND_MS - gapMs);
      const average = (this.#passedSinceLearnt * SECOND_MS) / (now - this.#learntAt);
      this.#perSecond = Math.min(this.#perSecond, Math.max(BELOW * average, Math.min(BELOW * letThrough, most)));
    }
    this.#held = this.#perSecond;
    this.#learntAt = now;
    this.#resumedAt = now + pauseMs;
    this.#passedSinceLearnt = 0;
  }

  /** Whether at least half of the rate was made use of in the last second: else it was not put to the test. */
  #isUsed(now: number): boolean {
    const middle = this.#passed.at(-Math.ceil(this.#perSecond / 2));
    return middle !== undefined && middle > now - SECOND_MS;
  }

  /** How many requests of the second until then were let through, and the longest time without one, but for the pause after a refusal. */
  #second(until: number): { readonly count: number; readonly gapMs: number } {
    const from = until - SECOND_MS;
    const times = this.#passed.filter((time) => time > from && time <= until).toSorted((a, b) => a - b);
    let before = Math.max(from, this.#resumedAt);
    let gapMs = 0;
    for (const time of times) {
      gapMs = Math.max(gapMs, time - before);
      before = Math.max(before, time);
    }
    return { count: times.length, gapMs };
  }
}
