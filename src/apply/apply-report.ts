import type { Digest } from '../domain/digest.ts';
import type { ErrorCode } from '../diagnostics/tool-error.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { Step } from '../plan/plan.ts';

export interface StepResult {
  readonly op: Step['op'];
  readonly digest: Digest;
  /** Of `delete-tag`. */
  readonly tag?: string;
  /** Of `copy-image`: where to, such as `cold/archive/team/app`. */
  readonly to?: string;
  readonly outcome: StepOutcome;
  /** Why, where it is not plain. */
  readonly message?: string;
  /** Of `failed`, where the error says: its code, and what to do next. */
  readonly code?: ErrorCode;
  readonly hint?: string;
}

/** Something that stays was hit while steps were carried out: a push came in between. `restored` tells whether it could be put back. */
export interface Repair {
  readonly digest: Digest;
  /** The tag that was put back on it; absent where the manifest alone was. */
  readonly tag?: string;
  readonly restored: boolean;
  readonly message: string;
}

/** Steps by outcome; repairs that succeeded (`repaired`) and that did not (`lost`). */
export type Counts = Readonly<Record<StepOutcome | 'repaired' | 'lost', number>>;

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

export interface RepositoryReport {
  readonly registry: string;
  readonly repository: string;
  readonly counts: Counts;
  /** Every step that was not `deleted`, `copied`, `archived` or `gone`, in the plan's order. */
  readonly notDone: readonly StepResult[];
  /** Every step that was `gone`: somebody else had done it. Absent where there was none. */
  readonly gone?: readonly StepResult[];
  readonly repairs: readonly Repair[];
  /** What was deleted here cannot be put back. Absent where it can be, as long as the registry has its blobs. */
  readonly undo?: false;
  /** Why the repository was given up half-way; absent where it was not. */
  readonly error?: Failure;
}

/**
 * What an apply did. `done`: every step is deleted, copied, archived or gone. `partial`: some are, or none had to be, and others were not
 * done. `failed`: nothing was done and something failed, or something that stays was lost, or no journal could be written. `interrupted`:
 * stopped by the signal or the deadline.
 */
export interface ApplyReport {
  readonly kind: 'ApplyReport';
  readonly formatVersion: '1.0';
  readonly outcome: 'done' | 'partial' | 'failed' | 'interrupted';
  /** What ended the run before its last step. */
  readonly stoppedBy?: 'signal' | 'deadline';
  /** Path of the journal; absent where nothing was carried out. */
  readonly journal?: string;
  readonly counts: Counts;
  /** Those with steps, in the plan's order. */
  readonly repositories: readonly RepositoryReport[];
  /** What ended the whole run. */
  readonly error?: Failure;
}

export const NO_COUNTS: Counts = {
  deleted: 0,
  copied: 0,
  archived: 0,
  gone: 0,
  locked: 0,
  drifted: 0,
  in_use: 0,
  held: 0,
  failed: 0,
  skipped: 0,
  repaired: 0,
  lost: 0,
};

/** Counts what became of a repository's steps. */
export function countResults(results: readonly StepResult[], repairs: readonly Repair[]): Counts {
  const counts = { ...NO_COUNTS };
  for (const { outcome } of results) counts[outcome] += 1;
  for (const { restored } of repairs) counts[restored ? 'repaired' : 'lost'] += 1;
  return counts;
}

/** Puts the report together. */
export function applyReport(parts: Pick<ApplyReport, 'repositories' | 'stoppedBy' | 'journal' | 'error'>): ApplyReport {
  const { repositories, ...rest } = parts;
  const counts = { ...NO_COUNTS };
  for (const one of repositories) for (const key of Object.keys(counts) as (keyof Counts)[]) counts[key] += one.counts[key];
  return { kind: 'ApplyReport', formatVersion: '1.0', outcome: outcomeOf(counts, parts), ...rest, counts, repositories };
}

function outcomeOf(
  counts: Counts,
  { repositories, stoppedBy, error }: Pick<ApplyReport, 'repositories' | 'stoppedBy' | 'error'>,
): ApplyReport['outcome'] {
  const broken = counts.failed > 0 || repositories.some((one) => one.error);
  if (error || counts.lost > 0 || (broken && counts.deleted + counts.archived + counts.gone === 0)) return 'failed';
  if (stoppedBy) return 'interrupted';
  return broken || counts.locked + counts.drifted + counts.in_use + counts.held + counts.skipped + counts.repaired > 0 ? 'partial' : 'done';
}
