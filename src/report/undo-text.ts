import type { UndoItem, UndoOutcome, UndoReport } from '../apply/undo.ts';
import { printable } from '../diagnostics/redact.ts';
import { PLAIN, type Style } from './style.ts';
import { number, padStart, shortDigest } from './text.ts';

const OUTCOMES: Readonly<Record<UndoOutcome, string>> = {
  restored: 'put back',
  present: 'there already',
  kept_newer: 'tag that points elsewhere today, left so',
  lost: 'lost: the registry has not got all its parts any more; if a later run deleted them, undo that one first',
  failed: 'failed',
  skipped: 'not begun',
};
const LISTED = 20;

/** What an undo did, for people: what is not back, with the reason, then the totals. */
export function undoText(
  { counts, items, outcome }: UndoReport,
  options: { readonly style?: Style; readonly verbose?: boolean } = {},
): string {
  const style = options.style ?? PLAIN;
  const told = items.filter(
    (item) => options.verbose || item.outcome === 'lost' || item.outcome === 'failed' || item.outcome === 'kept_newer',
  );
  const shown = options.verbose ? told : told.slice(0, LISTED);
  const rows = (Object.keys(OUTCOMES) as UndoOutcome[]).filter((key) => counts[key] > 0 || key === 'restored');
  const digits = Math.max(...rows.map((key) => number(counts[key]).length));
  const verdict = {
    done: style.stay('done'),
    partial: style.change('done in part'),
    failed: style.remove('failed'),
    interrupted: style.change('stopped'),
  }[outcome];
  return `${[
    ...shown.map(
      (item) =>
        `${itemName(item)}  ${style.change(OUTCOMES[item.outcome])}${item.message === undefined ? '' : `: ${printable(item.message)}`}`,
    ),
    ...(shown.length < told.length ? [style.dim(`… and ${number(told.length - shown.length)} more: -v shows all`)] : []),
    ...(shown.length > 0 ? [''] : []),
    `${style.bold('undone')}  ${verdict}`,
    '',
    ...rows.map((key) => `  ${padStart(number(counts[key]), digits)}  ${OUTCOMES[key]}`),
  ].join('\n')}\n`;
}

function itemName({ registry, repository, tag, digest }: UndoItem): string {
  return printable(`${registry}/${repository}${tag === undefined ? `@${shortDigest(digest)}` : `:${tag}`}`);
}
