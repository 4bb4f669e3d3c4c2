import { printable } from '../diagnostics/redact.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Change, ChangedImage, ChangedRepository, ChangedRule, PlanDiff, Side } from '../plan/diff-plans.ts';
import type { Reason } from '../plan/reason.ts';
import { codeSpan } from './code-span.ts';
import { bulletList, fitting, foldedLines, lengthOf, LONGEST } from './markdown-parts.ts';
import { copyWords, reasonLine } from './reason-text.ts';
import { byReason } from './repository-view.ts';
import { PLAIN, type Style } from './style.ts';
import { bytes, count, moreLine, number, shortDigest } from './text.ts';
import { padEnd, width } from './width.ts';
import { unreadLines } from './unread-lines.ts';

/** Images of one repository before "… and N more". */
const LISTED = 20;
/** Of a Markdown answer, as much may go to each of the two tables of totals. */
const TABLE = LONGEST / 6;
/** Rows for one repository, and what the frame around them takes at most. */
const ROWS = 60;
const FRAME = 800;

/**
 * What a change of policies changes, for people: what goes more and less by each rule and in each repository, and of each image what
 * becomes of it now and what became of it before, each with its reason.
 */
export function diffText(diff: PlanDiff, options: { readonly style?: Style; readonly verbose?: boolean } = {}): string {
  const { style = PLAIN, verbose = false } = options;
  const { rules, repositories } = diff;
  const lines = [
    ...unreadLines(diff).map((line) => style.remove(`not read: ${line}`)),
    style.bold(headline(diff)),
    ...blockLines(diff).map(printable),
    '',
    ...(rules.length > 0
      ? totalLines(
          'rule',
          rules.map((rule) => [ruleName(rule), rule]),
          style,
        )
      : []),
    ...(repositories.length > 1
      ? totalLines(
          'repository',
          repositories.map((one) => [nameOf(one), one.change]),
          style,
        )
      : []),
  ];
  for (const repository of repositories) {
    const own = repository.images.filter(isTold).toSorted(byChange);
    if (own.length === 0) continue;
    lines.push(`${style.bold(printable(nameOf(repository)))}  ${style.dim(printable(policyWords(repository)))}`);
    const shown = verbose ? own : own.slice(0, LISTED);
    for (const image of shown) {
      const { after, before } = image;
      const mark = { more: style.remove('- '), less: style.stay('+ '), other: style.change('~ ') }[kindOf(image)];
      lines.push(
        `  ${mark}${printable(called(image))}  ${bytes(image.sizeWithParts)}`,
        `      now     ${sideText(after)}`,
        `      before  ${sideText(before)}`,
      );
    }
    if (shown.length < own.length) lines.push(style.dim(`  ${moreLine(own.length - shown.length)}`));
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A table of what goes more and less, a line each. */
function totalLines(title: string, totals: readonly (readonly [name: string, change: Change])[], style: Style): string[] {
  const rows = totals.map(([name, change]) => [printable(name), ...changeCells(change)]);
  const heads = [title, 'more goes', 'less goes', 'bytes'];
  const widths = heads.map((head, column) => Math.max(width(head), ...rows.map((row) => width(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => padEnd(cell, widths[column] ?? 0)).join('  ')}`.trimEnd();
  return [style.dim(line(heads)), ...rows.map(line), ''];
}

function changeCells({ images, tags, orphaned, bytes: size }: Change): [more: string, less: string, bytes: string] {
  const words = (side: 'deletedNow' | 'keptNow'): string =>
    [
      ...(images[side] > 0 ? [count(images[side], 'image')] : []),
      ...(orphaned[side] > 0 ? [count(orphaned[side], 'attachment')] : []),
      ...(tags[side] > 0 ? [count(tags[side], 'tag')] : []),
    ].join(', ');
  const bytesWords = [
    ...(size.deletedNow > 0 ? [`+${bytes(size.deletedNow)}`] : []),
    ...(size.keptNow > 0 ? [`-${bytes(size.keptNow)}`] : []),
  ].join(' ');
  return [words('deletedNow') || '–', words('keptNow') || '–', bytesWords || '–'];
}

/** The same for a comment on a pull request: less than 65,536 characters, text from elsewhere in code spans only. */
export function diffMarkdown(diff: PlanDiff): string {
  const { rules, repositories } = diff;
  const lines = [
    `### Policy change: ${headline(diff)}`,
    '',
    ...bulletList('**Not everything could be read. What the change does there is not known:**', unreadLines(diff)),
    ...blockLines(diff).flatMap((line) => [codeSpan(line), '']),
    ...totalTable(
      'Rule',
      rules.map((rule) => [ruleName(rule), rule]),
    ),
    ...(repositories.length > 1
      ? totalTable(
          'Repository',
          repositories.map((one) => [nameOf(one), one.change]),
        )
      : []),
  ];
  return `${[...lines, ...details(repositories, LONGEST - lengthOf(lines))].join('\n').trimEnd()}\n`;
}

function totalTable(title: string, totals: readonly (readonly [name: string, change: Change])[]): string[] {
  if (totals.length === 0) return [];
  const all = totals.map(([name, change]) => `| ${codeSpan(name)} | ${changeCells(change).join(' | ')} |`);
  const rows = fitting(all, TABLE);
  const left = all.length - rows.length;
  const more = left > 0 ? [`| … and ${number(left)} more; see the JSON document | | | |`] : [];
  return [`| ${title} | More goes | Less goes | Bytes |`, '| --- | --- | --- | ---: |', ...rows, ...more, ''];
}

/** The images of each repository, as far as there is room. */
function details(repositories: readonly ChangedRepository[], room: number): string[] {
  const lines: string[] = [];
  let left = room;
  for (const [index, repository] of repositories.entries()) {
    const all = repository.images.filter(isTold).toSorted(byChange).map(imageRow);
    const rows = fitting(all.slice(0, ROWS), left - FRAME);
    if (all.length === 0) continue;
    if (rows.length === 0)
      return [...lines, `The images of ${count(repositories.length - index, 'repository', 'repositories')} more are in the JSON document.`];
    const more = all.length - rows.length;
    const table = ['| | Image | Before | Now |', '| --- | --- | --- | --- |', ...rows];
    const block = foldedLines(nameOf(repository), [
      ...table,
      ...(more > 0 ? ['', `… and ${number(more)} more; see the JSON document.`] : []),
    ]);
    lines.push(...block);
    left -= lengthOf(block);
  }
  return lines;
}

function imageRow(image: ChangedImage): string {
  const kind = { more: 'goes', less: 'stays', other: 'changes' }[kindOf(image)];
  return `| ${kind} | ${codeSpan(called(image))} | ${codeSpan(sideText(image.before))} | ${codeSpan(sideText(image.after))} |`;
}

/** True of images, and of parts that a rule takes by itself: orphaned attachments. */
function isTold({ part, before, after }: ChangedImage): boolean {
  return !part || [before, after].some(({ reasons }) => reasons.some(({ code }) => code === 'expired'));
}

/** Whether an image goes from now on, stays from now on, or something else of it is decided differently: other tags, other copies. */
function kindOf({ before, after }: ChangedImage): 'more' | 'less' | 'other' {
  if (after.action === before.action) return 'other';
  return after.action === 'delete' ? 'more' : before.action === 'delete' ? 'less' : 'other';
}

/** What goes from now on first, then what loses tags or gains them, then what stays from now on; in each by rule, the newest first. */
function byChange(one: ChangedImage, other: ChangedImage): number {
  const place = (image: ChangedImage): number => ({ more: 0, other: 1, less: 2 })[kindOf(image)];
  const reason = ({ before, after }: ChangedImage): Reason => (after.reasons[0] ?? before.reasons[0]) as Reason;
  return place(one) - place(other) || byReason(reason(one), reason(other)) || byCodeUnit(called(one), called(other));
}

function headline({ summary: { images, tags, orphaned, bytes: size }, governed, repositories }: PlanDiff): string {
  if (governed === 0) return 'nothing is compared: neither policy governs a repository that was read';
  if (repositories.length === 0) return 'nothing is decided differently';
  const parts = [
    `${count(images.deletedNow, 'image')} more ${images.deletedNow === 1 ? 'goes' : 'go'}, ` +
      `${number(images.keptNow)} that went ${images.keptNow === 1 ? 'stays' : 'stay'}`,
    ...(tags.deletedNow + tags.keptNow > 0
      ? [`of images that stay ${count(tags.deletedNow, 'tag')} more to take off, ${number(tags.keptNow)} fewer`]
      : []),
    ...(orphaned.deletedNow + orphaned.keptNow > 0
      ? [`${count(orphaned.deletedNow, 'orphaned attachment')} more to delete, ${number(orphaned.keptNow)} fewer`]
      : []),
    ...copiesWords(repositories),
    `${bytes(Math.abs(size.deleted))} ${size.deleted < 0 ? 'less' : 'more'} to delete`,
  ];
  return parts.join('; ');
}

/** Images that go with or without a copy, and went the other way before. */
function copiesWords(repositories: readonly ChangedRepository[]): string[] {
  const changed = repositories.flatMap(({ images }) => images.filter((image) => isTold(image) && kindOf(image) === 'other'));
  const lost = changed.filter(({ before, after }) => before.copiedTo && !after.copiedTo).length;
  return lost === 0 ? [] : [`${count(lost, 'image')} no longer copied elsewhere before ${lost === 1 ? 'it goes' : 'they go'}`];
}

function blockLines({ blockedBy: { before, after } }: PlanDiff): string[] {
  return [
    ...before.map(({ message }) => `no longer blocked, and would be carried out: ${message}`),
    ...after.map(({ message }) => `blocked from now on: ${message}`),
  ];
}

function called({ tags, digest }: ChangedImage): string {
  return tags.length > 0 ? tags.join(', ') : shortDigest(digest);
}

function nameOf({ registry, repository }: ChangedRepository): string {
  return `${registry}/${repository}`;
}

function ruleName({ policy, rule = 'no rule' }: ChangedRule): string {
  return `${policy}: ${rule}`;
}

function policyWords({ policy: { before = 'none', after = 'none' } }: ChangedRepository): string {
  return before === after ? `policy ${after}` : `policy ${before}, now ${after}`;
}

function sideText({ action, untag, copiedTo, reasons }: Side): string {
  const verb = action === 'untag' ? `untag ${untag.join(', ')}` : action;
  const [first] = reasons;
  return [first ? `${verb}: ${reasonLine(first)}` : verb, ...(copiedTo ? [`${copyWords({ copiedTo })} first`] : [])].join(', ');
}
