import { printable } from '../diagnostics/redact.ts';
import { PLAIN, type Style } from './style.ts';
import { count } from './text.ts';
import { padEnd, width } from './width.ts';

/** `unknown`: it could not be found out, or was not asked because something before it failed. */
type FindingState = 'ok' | 'warning' | 'failed' | 'unknown';

/** One thing that was looked at. */
export interface Finding {
  /** What it is about: a registry by its name, `in use`, `policies`, `folders`. */
  readonly subject: string;
  /** A stable word, such as `reach` or `delete`. */
  readonly check: string;
  readonly state: FindingState;
  readonly message: string;
  /** What to do about it; absent where nothing is to be done. */
  readonly next?: string;
}

/** What `doctor` has found. A document. */
export interface Diagnosis {
  readonly kind: 'Diagnosis';
  readonly formatVersion: '1.0';
  readonly checkedAt: string;
  readonly findings: readonly Finding[];
}

const WORDS: Readonly<Record<FindingState, string>> = { ok: 'ok', warning: 'look', failed: 'FAILED', unknown: '?' };

/** The findings for people: by subject, each with the next step. */
export function diagnosisText({ findings }: Diagnosis, style: Style = PLAIN): string {
  const paint: Readonly<Record<FindingState, (text: string) => string>> = {
    ok: style.stay,
    warning: style.change,
    failed: style.remove,
    unknown: style.dim,
  };
  const checks = Math.max(0, ...findings.map(({ check }) => width(check)));
  const lines: string[] = [];
  for (const subject of new Set(findings.map((finding) => finding.subject))) {
    lines.push(style.bold(printable(subject)));
    for (const { check, state, message, next } of findings.filter((finding) => finding.subject === subject)) {
      lines.push(`  ${paint[state](padEnd(WORDS[state], 6))}  ${padEnd(check, checks)}  ${printable(message)}`);
      if (next !== undefined) lines.push(`${' '.repeat(checks + 12)}${style.dim(`next: ${printable(next)}`)}`);
    }
    lines.push('');
  }
  const failed = findings.filter(({ state }) => state === 'failed').length;
  const warned = findings.filter(({ state }) => state === 'warning').length;
  const verdict = failed > 0 ? `${count(failed, 'thing')} failed` : 'nothing failed';
  lines.push(`${verdict}, ${count(warned, 'thing')} to look at`);
  return `${lines.join('\n')}\n`;
}
