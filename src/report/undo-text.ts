import type { UndoItem, UndoOutcome, UndoReport } from '../apply/undo-report.ts';
import type { UndoWork } from '../apply/undo.ts';
import { printable } from '../diagnostics/redact.ts';
import { parseDigestTag } from '../domain/attachment.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { PLAIN, type Style } from './style.ts';
import { count, moreLine, number, shortDigest } from './text.ts';
import { padStart } from './width.ts';

const OUTCOMES: Readonly<Record<UndoOutcome, string>> = {
  restored: 'put back',
  present: 'there already',
  kept_newer: 'tag that points elsewhere today, left so',
  lost: 'lost: not all its parts are to be had any more; if a later run deleted them, undo that one first',
  failed: 'failed',
  skipped: 'not begun',
};
const LISTED = 20;
/** Tags of one repository that are named before something is put back. */
const TAGS = 5;

/**
 * What an undo would put back, for people: the counts, then each repository with tags of it. `finishedBy` names the journals of later runs
 * that have finished what this one had left.
 */
export function undoWorkText(work: readonly UndoWork[], made: string, finishedBy: readonly string[] = []): string {
  const sum = (size: (one: UndoWork) => number): number => work.reduce((total, one) => total + size(one), 0);
  const what = `${count(
    sum(({ manifests }) => manifests),
    'manifest',
  )} and ${count(
    sum(({ tags }) => tags.length),
    'tag',
  )} in ${count(work.length, 'repository', 'repositories')}`;
  const sorted = work.toSorted((a, b) => byCodeUnit(a.registry, b.registry) || byCodeUnit(a.repository, b.repository));
  const shown = sorted.slice(0, LISTED).map(({ registry, repository, manifests, tags }) => {
    const ordinary = tags.filter((tag) => !parseDigestTag(tag));
    const first = (ordinary.length > 0 ? ordinary : tags).slice(0, TAGS);
    const named = [...first, ...(tags.length > first.length ? [`and ${number(tags.length - first.length)} more`] : [])];
    const words = [count(manifests, 'manifest'), ...(named.length > 0 ? [`tags ${named.join(', ')}`] : [])];
    return `  ${printable(`${registry}/${repository}  ${words.join(', ')}`)}`;
  });
  const rest = work.length > LISTED ? [`  … and ${number(work.length - LISTED)} more`] : [];
  const finished = finishedBy.length === 0 ? '' : `, with what later runs deleted of what it had left (${finishedBy.join(', ')}),`;
  return [`The run of ${printable(made)}${printable(finished)} deleted ${what}:`, ...shown, ...rest].join('\n');
}

/** Where a message says the rest, only what it comes to. */
function outcomeWords({ outcome, message, tag }: UndoItem): string {
  if (outcome === 'lost' && message !== undefined) return 'lost';
  return outcome === 'kept_newer' && tag === undefined ? 'not put back' : OUTCOMES[outcome];
}

/** What an undo did, for people: what is not back, with the reason, then the totals. */
export function undoText(report: UndoReport, options: { readonly style?: Style; readonly verbose?: boolean } = {}): string {
  const { counts, items, outcome, lostLabels } = report;
  const style = options.style ?? PLAIN;
  const { told, ...kinds } = toldOf(items, options.verbose ?? false);
  const lines = [
    ...told.map(
      (item) =>
        `${itemName(item)}  ${style.change(outcomeWords(item))}` + (item.message === undefined ? '' : `: ${printable(item.message)}`),
    ),
    ...lostLabels.map((lost) => {
      const lack = `without ${lost.labels.length === 1 ? 'its label' : 'its labels'} ${printable(lost.labels.join(', '))}`;
      return `${itemName(lost)}  ${style.change(lack)}: ${printable(lost.message)}`;
    }),
  ];
  const shown = options.verbose ? lines : lines.slice(0, LISTED);
  const rows = (Object.keys(OUTCOMES) as UndoOutcome[]).filter((key) => counts[key] > 0 || key === 'restored');
  const labels = lostLabels.reduce((sum, one) => sum + one.labels.length, 0);
  const digits = Math.max(...rows.map((key) => number(counts[key]).length), number(labels).length);
  const verdict = {
    done: style.stay('done'),
    partial: style.change('done in part'),
    failed: style.remove('failed'),
    interrupted: style.change('stopped'),
  }[outcome];
  return `${[
    ...shown,
    ...(shown.length < lines.length ? [style.dim(moreLine(lines.length - shown.length))] : []),
    ...(shown.length > 0 ? [''] : []),
    `${style.bold('undone')}  ${verdict}`,
    '',
    ...rows.map((key) => `  ${padStart(number(counts[key]), digits)}  ${OUTCOMES[key]}${kindWords(kinds, key)}`),
    ...(labels > 0 ? [`  ${padStart(number(labels), digits)}  ${labels === 1 ? 'label' : 'labels'} that could not be put back`] : []),
    ...timesLines(report),
  ].join('\n')}\n`;
}

interface Kinds {
  readonly manifests: UndoReport['counts'];
  readonly tags: UndoReport['counts'];
}

/** What is told of each by itself, and how many of each outcome are manifests and how many tags: they are gone through once. */
function toldOf(items: Iterable<UndoItem>, verbose: boolean): Kinds & { readonly told: readonly UndoItem[] } {
  const told: UndoItem[] = [];
  const none = { restored: 0, present: 0, kept_newer: 0, lost: 0, failed: 0, skipped: 0 };
  const [manifests, tags] = [{ ...none }, { ...none }];
  for (const item of items) {
    (item.tag === undefined ? manifests : tags)[item.outcome] += 1;
    if (verbose || item.outcome === 'lost' || item.outcome === 'failed' || item.outcome === 'kept_newer') told.push(item);
  }
  return { told, manifests, tags };
}

/** `(422 manifests and 215 tags)` */
function kindWords({ manifests, tags }: Kinds, outcome: UndoOutcome): string {
  const parts = [
    ...(manifests[outcome] > 0 ? [count(manifests[outcome], 'manifest')] : []),
    ...(tags[outcome] > 0 ? [count(tags[outcome], 'tag')] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(' and ')})`;
}

/** What the next run knows of the old times, and where from. */
function timesLines({ times }: UndoReport): string[] {
  if (!times) return [];
  const { path, manifests, unknown, problems } = times;
  const lines = [''];
  if (manifests > 0)
    lines.push(
      `The old times of ${count(manifests, 'manifest')} are remembered in ${printable(path)}.`,
      'A run that does not have this folder, such as a job whose journal folder is not kept, takes what is back for new.',
    );
  if (unknown > 0)
    lines.push(`The new times of ${count(unknown, 'manifest')} could not be read: the next run takes them for unknown. Run undo again.`);
  return [...lines, ...problems.map(printable)];
}

function itemName({ registry, repository, tag, digest }: Pick<UndoItem, 'registry' | 'repository' | 'tag' | 'digest'>): string {
  return printable(`${registry}/${repository}${tag === undefined ? `@${shortDigest(digest)}` : `:${tag}`}`);
}
