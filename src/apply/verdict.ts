import type { StepOutcome } from '../domain/step-outcome.ts';

/** What became of one attempt at a step. */
export interface Verdict {
  readonly outcome: StepOutcome;
  readonly message?: string;
  /** Of `failed`. */
  readonly error?: unknown;
  /** Nobody knows whether the registry has deleted it. */
  readonly uncertain?: boolean;
}

/** The verdict for an error. */
export function failed(error: unknown): Verdict & { readonly outcome: 'failed' } {
  return { outcome: 'failed', message: error instanceof Error ? error.message : String(error), error };
}
