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
    };

/** How an image stands in its group. */
export interface Standing {
  /** 1 is the newest. */
  readonly rank: number;
  /** Milliseconds since the time that the rule's order names; undefined only where the rule needs no time. */
  readonly age: number | undefined;
  /** Milliseconds since the last pull; undefined: never. */
  readonly pullAge: number | undefined;
}

/** Why a claimed tag is kept. Undefined: it is expired. */
export function keptBy(keep: Keep, { rank, age, pullAge }: Standing): 'keep_all' | 'newest' | 'within_days' | 'pulled_within' | undefined {
  if (keep === 'all') return 'keep_all';
  if (keep === 'none') return undefined;
  const { last, days, pulledDays, max } = keep;
  const within = (time: number | undefined, bound: number | undefined): boolean =>
    time !== undefined && bound !== undefined && time <= bound * DAY_MS;
  // On its own, `max` is the newest N; beside a time it is the ceiling of what the time keeps.
  if (last === undefined && days === undefined && pulledDays === undefined) return max !== undefined && rank <= max ? 'newest' : undefined;
  if (last !== undefined && rank <= last) return 'newest';
  if (max !== undefined && rank > max) return undefined;
  if (within(age, days)) return 'within_days';
  if (within(pullAge, pulledDays) || within(age, pulledDays)) return 'pulled_within';
  return undefined;
}

/** True of a `keep` that measures an age. */
export function measuresAge(keep: Keep): boolean {
  return typeof keep === 'object' && (keep.days !== undefined || keep.pulledDays !== undefined || keep.label !== undefined);
}

/** True of a `keep` that asks for the last pull. */
export function measuresPulls(keep: Keep): boolean {
  return typeof keep === 'object' && keep.pulledDays !== undefined;
}
