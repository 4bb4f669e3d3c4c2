import { printable } from '../diagnostics/redact.ts';
import { isDigest } from '../domain/digest.ts';
import type { FindingGroup } from '../domain/inventory.ts';
import type { PlannedImage } from '../plan/plan.ts';
import { DELETE_REASONS, KEEP_REASONS, type Reason, type ReasonCode } from '../plan/reason.ts';
import { count, number, shortDigest, time } from './text.ts';

/** What a reason code means, in words. */
export function reasonWords(code: ReasonCode): string {
  return { ...KEEP_REASONS, ...DELETE_REASONS }[code];
}

/** Where the rule ranked it: `rank 5 in main`; empty where it took no rank. */
export function rankWords({ rank, group }: Reason): string {
  if (rank === undefined) return '';
  return `rank ${number(rank)}${group === undefined ? '' : ` in ${printable(group)}`}`;
}

/** The same, with the finding by which the rule selected the image, in short: `rank 5 in main, critical CVE-2024-3094`. */
export function selectedWords(reason: Reason): string {
  const { finding } = reason;
  const found = finding && finding.count > 0 ? `${finding.severity} ${finding.id === undefined ? 'finding' : printable(finding.id)}` : '';
  return [rankWords(reason), found].filter((part) => part !== '').join(', ');
}

/** An age that was measured: `41 days`, `pulled 41 days ago`. */
export function ageWords(age: string, pulled: true | undefined): string {
  return pulled ? `pulled ${age} ago` : age;
}

/** What a scan has found: `critical finding CVE-2024-3094 with a fix, known since 2024-03-29, and 2 more`. */
function findingWords({ severity, id, fixable, since, count: many }: FindingGroup): string {
  if (many === 0) return 'nothing was found';
  const fix = fixable === undefined ? '' : fixable ? ' with a fix' : ' without a fix';
  const known = since === undefined ? '' : `, known since ${printable(since.slice(0, 10))}`;
  return (
    `${severity} finding${id === undefined ? '' : ` ${printable(id)}`}${fix}${known}` +
    `${many > 1 ? `, and ${number(many - 1)} more` : ''}`
  );
}

/** What a reason was measured by, without its words: `releases, rank 12 in 1.2, 41 days, by v1.2.3`. */
function measured(reason: Reason): string {
  const { rule, ageDays, pulled, finding, by } = reason;
  const parts = [
    rule === undefined ? '' : printable(rule),
    rankWords(reason),
    ageDays === undefined ? '' : ageWords(count(ageDays, 'day'), pulled),
    reason.code === 'unknown_time' && reason.time !== undefined ? `"${printable(time(reason.time))}"` : '',
    // Which of its times that is, only this tells: it may be none of those that the image is shown with.
    reason.code === 'grace' && reason.time !== undefined ? `at ${printable(time(reason.time))}` : '',
    finding ? findingWords(finding) : '',
    by === undefined ? '' : `by ${isDigest(by) ? shortDigest(by) : printable(by)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Where an image is copied to before it goes: `copied to cold/archive/team/app`; empty where it is not. */
export function copyWords({ copiedTo = [] }: Pick<PlannedImage, 'copiedTo'>): string {
  return copiedTo.length === 0 ? '' : `copied to ${copiedTo.map(printable).join(' and ')}`;
}

/** The whole reason in one line: `among the newest of its group (releases, rank 3 in 1.2)`. */
export function reasonLine(reason: Reason): string {
  const details = measured(reason);
  return `${reasonWords(reason.code)}${details === '' ? '' : ` (${details})`}`;
}
