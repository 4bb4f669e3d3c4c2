import type { Plan } from '../plan/plan.ts';
import type { Style } from './style.ts';
import { moreLine } from './text.ts';
import { unreadLines } from './unread-lines.ts';

/** Lines before "… and N more". */
const LISTED = 20;

/** The beginning of a table: what could not be read. Empty if everything was. */
export function unreadSection(plan: Plan, style: Style, verbose: boolean): string[] {
  const unread = unreadLines(plan);
  if (unread.length === 0) return [];
  const shown = verbose ? unread : unread.slice(0, LISTED);
  return [
    style.remove(style.bold('Not everything could be read. Nothing is deleted where something is missing:')),
    ...shown.map((line) => `  ${line}`),
    ...(shown.length < unread.length ? [style.dim(`  ${moreLine(unread.length - shown.length)}`)] : []),
    '',
  ];
}
