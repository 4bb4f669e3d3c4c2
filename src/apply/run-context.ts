import type { Digest } from '../domain/digest.ts';
import type { Journal } from './journal.ts';

/** Why no more steps are begun. */
export interface Halt {
  readonly by: 'signal' | 'deadline' | 'error';
  readonly message: string;
}

/** As `setTimeout` of `node:timers/promises`. */
export type Pause = (milliseconds: number, value: undefined, options: { readonly signal: AbortSignal }) => Promise<void>;

/** What a repository's run is given besides its plan. */
export interface RunContext {
  readonly journal: Journal;
  /** Requests side by side. */
  readonly concurrency: number;
  readonly halted: () => Halt | undefined;
  /** Aborted once nothing more is waited for. */
  readonly signal: AbortSignal;
  /** Waits so many milliseconds, unless the signal aborts. Default: it does. */
  readonly pause?: Pause | undefined;
  /** The bytes of a manifest that the reading for the plan has kept, checked against the digest. */
  readonly cached: (digest: Digest) => Promise<Uint8Array | undefined>;
}
