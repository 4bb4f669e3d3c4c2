import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUse } from '../domain/in-use.ts';
import type { Io } from './io.ts';

/** Milliseconds for which a reading counts as what is in use now. In more time than that, a cluster may have been rolled back. */
const RECENT_MS = 60 * 1000;
/** A reading that takes long counts so many times as long as it took, so that a run is not spent on reading. */
const TIMES_AS_LONG = 10;

/** What was in use when the sources were read. */
export interface InUseReading {
  readonly inUse: InUse;
  /** When the reading began, milliseconds since the epoch. */
  readonly readAt: number;
  /** Reads the same sources again. */
  readonly again: () => Promise<InUse>;
}

/** What is in use while a run deletes: sources that were read more than a minute ago are read again when somebody asks. */
export class InUseNow {
  readonly #again: () => Promise<InUse>;
  readonly #now: Io['now'];
  #known: InUse;
  #readAt: number;
  #recentMs = RECENT_MS;
  #reading: Promise<InUse> | undefined;

  constructor({ inUse, readAt, again }: InUseReading, { now }: Pick<Io, 'now'>) {
    this.#known = inUse;
    this.#readAt = readAt;
    this.#again = again;
    this.#now = now;
  }

  /** The same object as long as nothing was read again. Throws as {@link checkKnown} does, and what the reading throws. */
  async read(): Promise<InUse> {
    if (this.#now() - this.#readAt <= this.#recentMs) return this.#known;
    this.#reading ??= this.#readAgain().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAgain(): Promise<InUse> {
    const begun = this.#now();
    const read = await this.#again();
    checkKnown(read);
    this.#known = read;
    this.#readAt = begun;
    this.#recentMs = Math.max(RECENT_MS, TIMES_AS_LONG * (this.#now() - begun));
    return read;
  }
}

/** Throws `NOT_APPLYABLE` where a source could not be read, so that something unknown may be in use. */
export function checkKnown({ problems }: InUse): void {
  if (problems.length === 0) return;
  throw new ToolError('NOT_APPLYABLE', `it is not known what is in use: ${problems.join('; ')}`, {
    hint: 'nothing is deleted as long as that is not known. See to it that the source can be read, and run again',
  });
}
