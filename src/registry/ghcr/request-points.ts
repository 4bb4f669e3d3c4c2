import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Clock, sleepUnless } from '../../http/clock.ts';

/**
 * What GitHub allows in a minute beside the hourly limit that its answers tell, and what requests count (docs.github.com, "Rate limits for
 * the REST API", secondary rate limits: 900 points; 1 for GET and HEAD, 5 for what changes something). No answer tells what is left of it,
 * so it is counted here, and a ninth is left to others who use the same token.
 */
const MOST_POINTS = 800;
const MINUTE_MS = 60_000;
export const READ_POINTS = 1;
export const CHANGE_POINTS = 5;

const NEVER = new AbortController().signal;

/** Spreads requests so that the limit for a minute is not hit. */
export class RequestPoints {
  readonly #clock: Clock;
  readonly #waits: AbortSignal | undefined;
  readonly #heldBack: ((until: number) => () => void) | undefined;
  readonly #spent: { readonly at: number; readonly points: number }[] = [];

  /** `heldBack` is told when a wait is to end, in milliseconds since the epoch, and answers what is called when it has ended. */
  constructor(clock: Clock, waits: AbortSignal | undefined, heldBack?: (until: number) => () => void) {
    this.#clock = clock;
    this.#waits = waits;
    this.#heldBack = heldBack;
  }

  /**
   * Waits until so many points may be spent. Where the run is stopped meanwhile, a look goes out at once, since it may tell what the last
   * deletions hit, and a ninth of the limit is left for it; for anything else, throws `REGISTRY_ERROR`.
   */
  async room(points: number, doing: string, signal: AbortSignal = NEVER): Promise<void> {
    for (;;) {
      const wait = this.#waitFor(points);
      if (wait <= 0) return;
      const goOn = this.#heldBack?.(this.#clock.now() + wait);
      const isWaited = await sleepUnless(this.#waits, this.#clock, wait, signal).finally(goOn);
      if (isWaited) continue;
      if (points === READ_POINTS) return;
      throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: GitHub allows no more requests in this minute, and the run was stopped.`, {
        hint: 'Run again.',
      });
    }
  }

  /** Counts a request that is sent now. */
  spend(points: number): void {
    this.#spent.push({ at: this.#clock.now(), points });
  }

  /** Milliseconds. */
  #waitFor(points: number): number {
    const now = this.#clock.now();
    while (this.#spent[0] && this.#spent[0].at <= now - MINUTE_MS) this.#spent.shift();
    let over = this.#spent.reduce((sum, one) => sum + one.points, points) - MOST_POINTS;
    for (const { at, points: given } of this.#spent) {
      if (over <= 0) return 0;
      over -= given;
      if (over <= 0) return at + MINUTE_MS - now;
    }
    return 0;
  }
}
