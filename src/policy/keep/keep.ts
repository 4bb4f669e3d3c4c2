import { DAY_MS } from '../../domain/time.ts';

/** What a rule keeps: a word, or bounds (days of exactly 24 hours), all inclusive. */
export type Keep =
  | 'all'
  | 'none'
  | {
      readonly last?: number | undefined;
      readonly days?: number | undefined;
      readonly pulledDays?: number | undefined;
      readonly max?: number | undefined;
      /** The label with the image's own lifetime, a duration. */
      readonly label?: string | undefined;
      /** How many stay of those that are older than `days`. */
      readonly older?: number | undefined;
      /** How many groups `last` and `max` count in, the newest first. */
      readonly groups?: number | undefined;
      /** How many groups `days`, `pulledDays` and `label` keep in, the newest first. */
      readonly maxGroups?: number | undefined;
    };

/** How an image stands in its group. */
export interface Standing {
  /** 1 is the newest. */
  readonly rank: number;
  /** False in a group that is not among the newest `groups`: there `last` and `max` do not count. */
  readonly counts: boolean;
  /** False in a group that is not among the newest `maxGroups`: there `days`, `pulledDays` and `label` keep nothing. */
  readonly isTimed: boolean;
  /** Milliseconds since the time that the rule's order names; undefined only where the rule needs no time. */
  readonly age: number | undefined;
  /** Milliseconds since the last pull; undefined: never. */
  readonly pullAge: number | undefined;
  /** Milliseconds for which the image itself asks to be kept; undefined: its label does not say, or cannot be read. */
  readonly lifetime: number | undefined;
  /** Its rank among those that are older than `days`; undefined for one that is not. */
  readonly olderRank: number | undefined;
}

/** Why a claimed tag is kept. Undefined: it is expired. */
export function keptBy(
  keep: Keep,
  { rank, counts, isTimed, age, pullAge, lifetime, olderRank }: Standing,
): 'keep_all' | 'newest' | 'within_days' | 'pulled_within' | 'no_lifetime' | undefined {
  if (keep === 'all') return 'keep_all';
  if (keep === 'none') return undefined;
  const { last, days, pulledDays, max, label, older } = keep;
  const timed = days !== undefined || pulledDays !== undefined || label !== undefined;
  if (counts && isWithin(rank, last)) return 'newest';
  if (isWithin(olderRank, older)) return 'newest';
  // On its own, `max` is the newest N; beside a time it is the ceiling of what the time keeps.
  if (max !== undefined && last === undefined && older === undefined && !timed) return counts && rank <= max ? 'newest' : undefined;
  if (isTimed && (!counts || max === undefined || rank <= max)) {
    if (isWithin(age, inMilliseconds(days))) return 'within_days';
    const pulled = inMilliseconds(pulledDays);
    if (isWithin(pullAge, pulled) || (days === undefined && isWithin(age, pulled))) return 'pulled_within';
    if (isWithin(age, lifetime)) return 'within_days';
  }
  // Where the label is all that could say for how long, and it says nothing.
  const labelAlone = label !== undefined && last === undefined && days === undefined && pulledDays === undefined && older === undefined;
  return labelAlone && lifetime === undefined ? 'no_lifetime' : undefined;
}

function isWithin(value: number | undefined, bound: number | undefined): boolean {
  return value !== undefined && bound !== undefined && value <= bound;
}

function inMilliseconds(days: number | undefined): number | undefined {
  return days === undefined ? undefined : days * DAY_MS;
}

/** True of a `keep` that measures an age. */
export function measuresAge(keep: Keep): boolean {
  return typeof keep === 'object' && (keep.days !== undefined || keep.pulledDays !== undefined || keep.label !== undefined);
}

/** True of a `keep` that asks for the last pull. */
export function measuresPulls(keep: Keep): boolean {
  return typeof keep === 'object' && keep.pulledDays !== undefined;
}
