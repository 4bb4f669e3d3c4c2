import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { lengthen, sizeNow, touch } from '../diagnostics/guarded-file.ts';

/** How leases are kept, in milliseconds. */
export interface LeaseTimes {
  /** Between two renewals. */
  readonly renewal: number;
  /** For so long after a renewal its holder counts on it, and may renew it. */
  readonly valid: number;
  /**
   * What was not renewed for so long while somebody looked on is over. More than twice `valid`: a renewal that was begun in time counts for
   * so long from its beginning, even if it reaches the disk late.
   */
  readonly expiry: number;
}

const TIMES: LeaseTimes = { renewal: 10_000, valid: 40_000, expiry: 90_000 };

/**
 * A file that its holder makes longer again and again, for as long as it lives. Whether it does is seen by looking on for a while, each by
 * a clock of its own that nobody sets: the clocks of two machines are never compared.
 */
export class Lease {
  readonly #path: string;
  readonly #times: LeaseTimes;
  readonly #timer: NodeJS.Timeout;
  /** By the clock that nobody sets, and by the one that goes on while the machine sleeps. */
  #renewedAt: readonly [number, number];
  #renewing: Promise<void> | undefined;
  #isLost = false;

  private constructor(path: string, times: LeaseTimes, takenAt: readonly [number, number]) {
    this.#path = path;
    this.#times = times;
    this.#renewedAt = takenAt;
    this.#timer = setInterval(() => void this.#renew(), times.renewal);
    // What a run does keeps it alive, not its lease.
    this.#timer.unref();
  }

  /** Throws the error of the file system, also where there is such a file. */
  static async take(path: string, times = TIMES): Promise<Lease> {
    const now = clocks();
    await touch(path, { exclusive: true });
    return new Lease(path, times, now);
  }

  /**
   * True once somebody has taken it away, or it was not renewed in time: then it is not renewed any more, since whoever looks on may be
   * about to take it away. Asked before everything that nobody else may be doing at the same time.
   */
  get isLost(): boolean {
    this.#isLost ||= !this.#isValid();
    return this.#isLost;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    await rm(this.#path, { force: true });
  }

  #isValid(): boolean {
    const [steady, wall] = clocks();
    return steady - this.#renewedAt[0] < this.#times.valid && Math.abs(wall - this.#renewedAt[1]) < this.#times.valid;
  }

  async #renew(): Promise<void> {
    await this.#renewing;
    if (this.isLost) return;
    const now = clocks();
    this.#renewing = lengthen(this.#path).then(
      () => void (this.#renewedAt = now),
      (error: NodeJS.ErrnoException) => {
        // Any other error may pass: until then the last renewal counts.
        if (error.code === 'ENOENT' || error.code === 'ESTALE') this.#isLost = true;
      },
    );
    await this.#renewing;
  }
}

/** What is seen of a lease. */
export type LeaseState = 'over' | 'renewed' | 'released' | 'unknown';

/**
 * Looks on for as long as it takes to know: `over` once it was not renewed for so long that it has no holder any more, `renewed` as soon as
 * it is, `released` where it goes or `isClaimed` answers that nothing stands under it any more. Without the file, what stands under it is
 * what is left of one that was taken away. `unknown` as soon as `signal` aborts.
 */
export async function watchLease(
  path: string,
  isClaimed: () => Promise<boolean>,
  { renewal, expiry } = TIMES,
  signal?: AbortSignal,
): Promise<LeaseState> {
  const first = await lengthOf(path);
  const [begun] = clocks();
  for (;;) {
    const [now] = clocks();
    const length = await lengthOf(path);
    if (!(await isClaimed()) || (length === undefined && first !== undefined)) return 'released';
    if (length !== first) return 'renewed';
    if (now - begun >= expiry) return 'over';
    await wait(renewal / 2, undefined, { signal }).catch(() => {});
    if (signal?.aborted) return 'unknown';
  }
}

/** Undefined where there is none. */
function lengthOf(path: string): Promise<number | undefined> {
  return sizeNow(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function clocks(): readonly [steady: number, wall: number] {
  return [performance.now(), Date.now()];
}
