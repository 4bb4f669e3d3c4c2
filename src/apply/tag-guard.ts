import type { ChangeStep } from '../plan/plan.ts';
import type { DeleteOutcome } from '../registry/registry.ts';

/** Why a step is not carried out. `gone`: what it is for is not there any more. */
export interface Objection {
  readonly outcome: 'drifted' | 'gone' | 'failed';
  readonly message?: string;
  /** Of `failed`. */
  readonly error?: unknown;
}

/** A deletion that was asked for, and what the registry answered; undefined where it gave no answer. */
export interface Sent {
  readonly step: ChangeStep;
  readonly answer: DeleteOutcome | undefined;
}

/**
 * Sees to it that no tag goes along with a deletion that should stay. No API deletes "if nothing has changed" and means all that may have
 * changed, so there is one guard for each thing that a registry can tell. What all of them leave is a push that arrives between the last
 * answer of {@link check} and the deletion, and is gone with it before anybody lists it.
 */
export interface TagGuard {
  /** Before the first step: looks for what was moved or set since the plan was made, and holds what it needs. */
  begin(): Promise<void>;

  /** How many steps of a wave may go side by side between two checks, from the one at `begun` on. */
  width(wave: readonly ChangeStep[], begun: number): number;

  /**
   * Reads what the steps expect, side by side, and what tells of new tags last of all. Whatever the deletions since the last check hit is
   * put back first. Answers what keeps a step from being carried out; for all others the deletion is to be sent at once. Throws where
   * nothing can be told of any of them.
   */
  check(steps: readonly ChangeStep[]): Promise<ReadonlyMap<ChangeStep, Objection>>;

  /** Tells of the deletions that followed the last check. */
  sent(deletions: readonly Sent[]): void;

  /** After the last step: puts back what the last deletions hit and, if `thoroughly`, looks where every tag points to by now. */
  end(thoroughly: boolean): Promise<void>;
}
