import type { FindingGroup } from '../domain/inventory.ts';

/**
 * Why an image, or one tag of it, stays or goes. The codes are stable words; this table is their documentation.
 * The first list keeps, the second deletes.
 */
export const KEEP_REASONS = {
  newest: 'among the newest of its group',
  within_days: 'no older than the rule asks',
  pulled_within: 'pulled, or pushed, recently enough',
  live: 'what it was built from is still there',
  no_lifetime: 'it does not say for how long it is to be kept',
  keep_all: 'the rule keeps all that it selects',
  no_rule: 'no rule selects it',
  ungoverned: 'no policy governs the repository',
  protected_tag: 'the policy protects this tag',
  protected_digest: 'the policy protects this digest',
  protected_label: 'the policy protects its label',
  protected_signed: 'the policy protects signed images',
  locked: 'the registry has locked it',
  in_use: 'it runs, or would be run again',
  grace: 'pushed, tagged, restored or first seen too recently',
  unknown_time: 'a time that the rule needs is not known',
  unparsable_version: 'the tag is not a version of the kind that the rule needs',
  shares_digest: 'another tag of the same image is kept',
  child_of_kept: 'part of an index that stays',
  attached_to_kept: 'attached to an image that stays',
  subject_of_kept: 'an attachment that stays belongs to it',
  keep_newest: 'among the newest images of the repository',
  repository_floor: 'the repository would be left with too few images',
  archived: 'in the archive of the registry, or going there instead of being deleted',
  next_run: 'left for the next run, which deletes no more than it may',
  incomplete: 'the repository could not be read whole',
} as const;

export const DELETE_REASONS = {
  expired: 'its rule keeps it no longer',
  deleted_with_parent: 'part of an index that is deleted',
  deleted_with_subject: 'attached to an image that is deleted',
} as const;

const DELETE_CODES: ReadonlySet<string> = new Set(Object.keys(DELETE_REASONS));

export type KeepReason = keyof typeof KEEP_REASONS;
export type DeleteReason = keyof typeof DELETE_REASONS;
export type ReasonCode = KeepReason | DeleteReason;

/** True of a code that deletes. */
export function isDeleteReason(code: ReasonCode): code is DeleteReason {
  return DELETE_CODES.has(code);
}

/** One reason, with what it was measured by. */
export interface Reason {
  readonly code: ReasonCode;
  /** The tag it is about; absent where it is about the whole image. */
  readonly tag?: string;
  readonly rule?: string;
  /** The group in which the rule ranked it; absent where the repository is the one group. */
  readonly group?: string;
  /** 1 is the newest of the group. */
  readonly rank?: number;
  /** The time that was measured, ISO 8601 UTC, or the text that no time could be read from. */
  readonly time?: string;
  /** Whole days (24 h) between that time and now, rounded down. */
  readonly ageDays?: number;
  /** That time is the one of the last pull. */
  readonly pulled?: true;
  /** What a scan has found, by which its rule selects it. */
  readonly finding?: FindingGroup;
  /** What holds it: a digest, a label, a glob, who uses it. */
  readonly by?: string;
}

/** The same reasons, with `code` in place of those that delete: what was measured is still told. */
export function keptInstead(reasons: readonly Reason[], code: KeepReason): readonly Reason[] {
  return reasons.map((reason) => (isDeleteReason(reason.code) ? { ...reason, code } : reason));
}
