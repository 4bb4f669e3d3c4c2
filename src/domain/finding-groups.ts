import { byCodeUnit } from './compare.ts';
import { type FindingGroup, SEVERITIES, type Severity } from './inventory.ts';
import { EARLIEST_KNOWN, utcTime } from './time.ts';

/** One vulnerability of an image, as a scanner tells it. */
export interface Finding {
  readonly severity: Severity;
  /** Undefined: not told. */
  readonly fixable?: boolean | undefined;
  /** Since when it is known, RFC 3339; anything else is not told. */
  readonly since?: string | undefined;
  readonly id?: string | undefined;
}

/**
 * What scanners call each severity. A finding that they take for harmless, or whose severity they do not know, counts as `none`.
 */
const CALLED: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  defcon1: 'critical',
  high: 'high',
  important: 'high',
  medium: 'medium',
  moderate: 'medium',
  low: 'low',
  negligible: 'none',
  minimal: 'none',
  informational: 'none',
  undefined: 'none',
  unknown: 'none',
  none: 'none',
};

/** The severity that a scanner's word stands for, in any case; `none` for a word that is not known. */
export function severityOf(word: unknown): Severity {
  const called = typeof word === 'string' ? word.toLowerCase() : '';
  return Object.hasOwn(CALLED, called) ? (CALLED[called] as Severity) : 'none';
}

/** The findings of one scan, counted by severity and fix, the worst first. Those of the same oldest time are told by the first name. */
export function groupFindings(findings: Iterable<Finding>): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const { severity, fixable, since, id } of findings) {
    const key = `${severity} ${fixable}`;
    const time = knownSince(since);
    const one: FindingGroup = {
      severity,
      ...(fixable !== undefined && { fixable }),
      count: 1,
      ...(time !== undefined && { since: time }),
      ...(id !== undefined && { id }),
    };
    const before = groups.get(key);
    groups.set(key, before ? { ...(isToldFirst(one, before) ? one : before), count: before.count + 1 } : one);
  }
  return [...groups.values()].toSorted(compareGroups);
}

/** The worst first; among these those with a fix, then those that do not tell whether there is one; each kind the oldest first. */
export function compareGroups(a: FindingGroup, b: FindingGroup): number {
  return (
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
    fixRank(a) - fixRank(b) ||
    byCodeUnit(a.since ?? '~', b.since ?? '~') ||
    byCodeUnit(a.id ?? '~', b.id ?? '~')
  );
}

function fixRank({ fixable }: FindingGroup): number {
  return fixable === undefined ? 1 : fixable ? 0 : 2;
}

/** A time before 2000 is a placeholder (a database that does not know writes the year 1), and says nothing. */
function knownSince(text: string | undefined): string | undefined {
  const time = utcTime(text);
  return time === undefined || Date.parse(time) < EARLIEST_KNOWN ? undefined : time;
}

function isToldFirst(one: FindingGroup, other: FindingGroup): boolean {
  return (byCodeUnit(one.since ?? '~', other.since ?? '~') || byCodeUnit(one.id ?? '~', other.id ?? '~')) < 0;
}
