const SECOND_MS = 1000;
/** With fewer requests let through since the last refusal, one says nothing about the rate that the host allows. */
const TELLING = 10;
/** With fewer than this in the second before the first refusal, a host may have let through what it had saved up, and allow more. */
const SURE = 50;
/** The part of what the host let through that is sent from then on, and of a rate that was refused that is tried again. */
const BELOW = 0.98;
/** The part by which a rate that was refused is lowered. */
const LESS = 0.1;
/** By what the rate grows at a time: from a first refusal that was not sure to the next, and else. Less than `WORTH` is not worth a try. */
const DOUBLE = 2;
const STEP = 1.05;
const WORTH = 1.02;
/** Where more than so many times the rate before was let through of a rate that was too high, the truth is far from both. */
const FAR = 1.2;
/** Milliseconds after which a rate is known to be let through: two seconds of the clock of the host were begun. */
const TRIED_MS = 2000;
/** Milliseconds until more is tried than is known to be let through; or so many times the pause that the refusal cost, if that is more. */
const HOLD_MS = 30_000;
const HOLD_PAUSES = 60;
/** What was sent longer ago says nothing about what the host allows now: it may have been left alone since then. */
const KNOWN_MS = 10_000;
/** So many requests that were let through are remembered: more than go out in a second. */
const REMEMBERED = 10_000;

/**
 * The rate that a host allows, learnt from its refusals. It is reckoned from when requests were sent and not from when their answers were
 * seen: a process that the machine keeps waiting sees them late, and many at once.
 *
 * - At the first refusal it is what was let through of the second before: at least what the host allows, unless that bears bursts of less
 *   than a second only, and up to twice as much where the host began to count anew within that second. Where it was little, the rate
 *   doubles every two seconds until the next refusal.
 * - A refusal of a rate that had just grown takes it back to what it was; any other makes it a tenth less. It never falls below what was
 *   let through on average since the refusal before: a host that saves up what is not used allows exactly that.
 * - It grows in small steps, each tried for two seconds: soon up to just below what was refused, since what is lost by too large a step
 *   down costs more than the next refusal; beyond that after half a minute, later where a refusal costs a long pause, so that pauses do
 *   not take more than a sixtieth of the time. Where less goes out than the rate, since timers or the machine are late, it may be higher
 *   than what is reached of it.
 */
export class LearntRate {
  #perSecond = Infinity;
  /** The rate before it grew. */
  #held = Infinity;
  #growth = STEP;
  #growAt = 0;
  /** Until when no more is tried than these two: what may be reached in a second, and the rate. */
  #holdUntil = 0;
  #mostReached = Infinity;
  #highest = Infinity;
  #learntAt: number | undefined;
  /** The end of the pause after the last refusal. */
  #resumedAt = 0;
  /** When the last requests that were let through were sent, in the order of their answers. */
  readonly #passed: number[] = [];
  #passedSinceLearnt = 0;
  /** Since when the rate is what it is, and what was let through since then. */
  #changedAt = 0;
  #passedSinceChanged = 0;

  /** Requests a second; `Infinity` as long as nothing was learnt. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** A request that was sent at this time was let through. */
  passed(sentAt: number, now: number): void {
    this.#passed.push(sentAt);
    this.#passedSinceLearnt += 1;
    this.#passedSinceChanged += 1;
    if (this.#passed.length > 2 * REMEMBERED) this.#passed.splice(0, REMEMBERED);
    if (this.#perSecond === Infinity || now < this.#growAt) return;
    const reached = (this.#passedSinceChanged * SECOND_MS) / (now - this.#changedAt);
    // Else it was not put to the test.
    if (reached < this.#perSecond / 2) return;
    const room = now < this.#holdUntil ? Math.min(this.#mostReached / reached, this.#highest / this.#perSecond) : Infinity;
    const growth = Math.min(this.#growth, room);
    if (growth < WORTH) return;
    this.#held = this.#perSecond;
    this.#change(this.#perSecond * growth, now);
  }

  /**
   * The limit is used up: the host refused a request that was sent at this time, or let it through and said that it was the last
   * (`isTold`).
   * No request goes out for the next `pauseMs`.
   */
  usedUp(sentAt: number, now: number, pauseMs: number, isTold = false): void {
    if (this.#passedSinceLearnt < TELLING) return;
    const resumedAt = now + pauseMs;
    const { perSecond: letThrough, isOfSecond } = this.#letThrough(sentAt);
    if (this.#learntAt === undefined && letThrough === Infinity) return;
    let rate = BELOW * letThrough;
    let isKnown = false;
    this.#growth = STEP;
    this.#highest = BELOW * this.#perSecond;
    this.#mostReached = Infinity;
    if (this.#learntAt === undefined) {
      if ((isTold && isOfSecond) || letThrough >= SURE) this.#mostReached = rate;
      else this.#growth = DOUBLE;
    } else {
      const average = (this.#passedSinceLearnt * SECOND_MS) / (now - this.#learntAt);
      const hasGrown = this.#perSecond > this.#held;
      isKnown = hasGrown && rate < FAR * this.#held;
      const less = hasGrown ? this.#held : this.#perSecond * (1 - LESS);
      rate = Math.min(this.#perSecond, Math.max(BELOW * average, Math.min(rate, less)));
    }
    this.#holdUntil = now + Math.max(HOLD_MS, HOLD_PAUSES * pauseMs);
    this.#learntAt = now;
    this.#resumedAt = resumedAt;
    this.#passedSinceLearnt = 0;
    this.#held = rate;
    this.#change(rate, resumedAt);
    if (isKnown) this.#growAt = this.#holdUntil;
  }

  #change(rate: number, at: number): void {
    this.#perSecond = rate;
    this.#changedAt = at;
    this.#passedSinceChanged = 0;
    this.#growAt = at + TRIED_MS;
  }

  /**
   * Requests in a second, by those that were let through of the second until then, or by the last few where these were fewer. Of the
   * longest time without one, but for the pause after a refusal, nothing is known. `Infinity` where hardly any are known of the time
   * before.
   */
  #letThrough(until: number): { readonly perSecond: number; readonly isOfSecond: boolean } {
    const times = this.#passed.filter((time) => time > until - KNOWN_MS && time <= until).toSorted((a, b) => a - b);
    const few = times.at(-TELLING);
    if (few === undefined) return { perSecond: Infinity, isOfSecond: false };
    const isOfSecond = few > until - SECOND_MS;
    const from = isOfSecond ? until - SECOND_MS : few;
    const counted = times.filter((time) => time > from || time === few);
    let before = Math.max(from, this.#resumedAt);
    let gapMs = 0;
    for (const time of counted) {
      gapMs = Math.max(gapMs, time - before);
      before = Math.max(before, time);
    }
    const knownMs = this.#learntAt === undefined ? until - from : until - from - gapMs;
    return { perSecond: (counted.length * SECOND_MS) / knownMs, isOfSecond };
  }
}
