import type { Action } from './plan.ts';
import type { Reason } from './reason.ts';

/** What becomes of one manifest, and why. */
export interface Decision {
  readonly action: Action;
  /** The tags to take off, sorted; empty unless the action is `untag`. */
  readonly untag: readonly string[];
  /** About the image first, then its tags. Never empty. */
  readonly reasons: readonly Reason[];
}
