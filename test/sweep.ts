/** True where a run has the time for every case: `.ci/run` says so by `REGPRUNE_SWEEP`. */
export const SWEEPING = process.env['REGPRUNE_SWEEP'] !== undefined;

/** All cases where the run has the time for them, elsewhere every third one, beginning with this one. */
export function everyThird<T>(cases: readonly T[], from: 0 | 1 | 2 = 0): readonly T[] {
  return SWEEPING ? cases : cases.filter((_case, at) => at % 3 === from);
}

/** All cases where the run has the time for them, elsewhere the first few: the list names the most telling ones first. */
export function everyday<T>(few: number, cases: readonly T[]): readonly T[] {
  return SWEEPING ? cases : cases.slice(0, few);
}
