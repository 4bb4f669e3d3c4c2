import type { Digest } from '../domain/digest.ts';
import type { Failure } from './apply-report.ts';

/**
 * What became of one manifest or tag. `present`: it was there already. `kept_newer`: the tag points elsewhere today, and was left so.
 * `lost`: not all its parts are to be had any more. `skipped`: the run ended before its turn.
 */
export type UndoOutcome = 'restored' | 'present' | 'kept_newer' | 'lost' | 'failed' | 'skipped';

export interface UndoItem {
  readonly registry: string;
  readonly repository: string;
  readonly digest: Digest;
  /** Absent where it is about the manifest itself. */
  readonly tag?: string;
  readonly outcome: UndoOutcome;
  readonly message?: string;
}

/** Labels of one manifest that could not be put back, and why. */
export interface LostLabels {
  readonly registry: string;
  readonly repository: string;
  readonly digest: Digest;
  readonly labels: readonly string[];
  readonly message: string;
}

/** What became of the old times. */
interface RememberedTimes {
  /** The folder that the next run has to find. */
  readonly path: string;
  /** Manifests of which the old times are remembered. */
  readonly manifests: number;
  /** Manifests of which the new times could not be read, so that the next run takes them for unknown. */
  readonly unknown: number;
  /** Why, a sentence each. */
  readonly problems: readonly string[];
}

export interface UndoReport {
  readonly kind: 'UndoReport';
  readonly formatVersion: '1.0';
  /** `done`: all is back, or newer tags stand in its place. `interrupted`: stopped by the signal. */
  readonly outcome: 'done' | 'partial' | 'failed' | 'interrupted';
  readonly counts: Readonly<Record<UndoOutcome, number>>;
  /** In the order in which they were done in each repository. */
  readonly items: Iterable<UndoItem>;
  readonly lostLabels: readonly LostLabels[];
  /** Absent where the registry tells no times that would have to be remembered. */
  readonly times?: RememberedTimes;
  /**
   * Where the registry refused these credentials: what of its repository was left is `skipped`. Where the journal could not be read any
   * more: what of a repository was not begun then is not among the items.
   */
  readonly error?: Failure;
}
