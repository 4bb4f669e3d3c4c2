/** What the process exits with; the one table, shown in the help. 129, 130 and 143 stand for SIGHUP, SIGINT and SIGTERM. */
export const EXIT = {
  done: 0,
  failed: 1,
  planned: 2,
  usage: 3,
  auth: 4,
  notApplyable: 5,
  partial: 6,
} as const;

/** The table's texts, in order. */
export const EXIT_TEXTS: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'deletions are planned, or by policy diff more than before (only with --detailed-exitcode)'],
  ['3', 'wrong usage, config or policy'],
  ['4', 'authentication or permission'],
  ['5', 'not applyable: a limit, an in-use source, list or report that failed, a stale plan, deletion switched off, nothing could be read'],
  ['6', 'applied or read in part'],
  ['129, 130, 143', 'stopped by SIGHUP, SIGINT, SIGTERM'],
];
