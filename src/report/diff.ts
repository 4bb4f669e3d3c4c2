import { printable } from '../diagnostics/redact.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { ChangedImage, PlanDiff, Side } from '../plan/diff-plans.ts';
import type { Reason } from '../plan/reason.ts';
import { codeSpan } from './code-span.ts';
import { reasonLine } from './reason-text.ts';
import { byReason } from './repository-view.ts';
import { PLAIN, type Style } from './style.ts';
import { bytes, count, moreLine, number, shortDigest } from './text.ts';

/** Images of one repository before "… and N more". */
const LISTED = 20;
/** Rows of Markdown in all, each with two reasons: less than a comment takes. */
const ROWS = 60;

/** What a change of policies changes, for people: per image, what becomes of it now and what became of it before, each with its reason. */
export function diffText(diff: PlanDiff, options: { readonly style?: Style; readonly verbose?: boolean } = {}): string {
  const { style = PLAIN, verbose = false } = options;
  const lines = [style.bold(headline(diff)), ...blockLines(diff).map(printable), ''];
  for (const { registry, repository, policy, images } of diff.repositories) {
    const own = images.filter(({ part }) => !part).toSorted(byChange);
    if (own.length === 0) continue;
    const policies =
      policy.before === policy.after
        ? `policy ${policy.after ?? 'none'}`
        : `policy ${policy.before ?? 'none'}, now ${policy.after ?? 'none'}`;
    lines.push(`${style.bold(printable(`${registry}/${repository}`))}  ${style.dim(printable(policies))}`);
    const shown = verbose ? own : own.slice(0, LISTED);
    for (const image of shown) {
      const { after, before } = image;
      const mark = after.action === 'delete' ? style.remove('- ') : before.action === 'delete' ? style.stay('+ ') : style.change('~ ');
      lines.push(
        `  ${mark}${printable(nameOf(image))}  ${bytes(image.size)}`,
        `      now     ${sideText(after)}`,
        `      before  ${sideText(before)}`,
      );
    }
    if (shown.length < own.length) lines.push(style.dim(`  ${moreLine(own.length - shown.length)}`));
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The same for a comment on a pull request. */
export function diffMarkdown(diff: PlanDiff): string {
  const rows = diff.repositories.flatMap(({ registry, repository, images }) =>
    images
      .filter(({ part }) => !part)
      .toSorted(byChange)
      .map((image) => {
        const name = codeSpan(`${registry}/${repository}:${nameOf(image)}`);
        return `| ${name} | ${codeSpan(sideText(image.before))} | ${codeSpan(sideText(image.after))} |`;
      }),
  );
  const left = rows.length - ROWS;
  return `${[
    `### Policy change: ${headline(diff)}`,
    '',
    ...blockLines(diff).flatMap((line) => [codeSpan(line), '']),
    ...(rows.length === 0 ? [] : ['| Image | Before | Now |', '| --- | --- | --- |', ...rows.slice(0, ROWS), '']),
    ...(left > 0 ? [`… and ${number(left)} more; see the JSON document.`] : []),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** What goes from now on first, then what loses tags or gains them, then what stays from now on; in each by rule, the newest first. */
function byChange(one: ChangedImage, other: ChangedImage): number {
  const place = ({ before, after }: ChangedImage): number => (after.action === 'delete' ? 0 : before.action === 'delete' ? 2 : 1);
  const reason = ({ before, after }: ChangedImage): Reason => (after.reasons[0] ?? before.reasons[0]) as Reason;
  return place(one) - place(other) || byReason(reason(one), reason(other)) || byCodeUnit(nameOf(one), nameOf(other));
}

function headline({ summary: { images, tags, bytes: size }, repositories }: PlanDiff): string {
  if (repositories.length === 0) return 'nothing is decided differently';
  const parts = [
    `${count(images.deletedNow, 'image')} more ${images.deletedNow === 1 ? 'goes' : 'go'}, ` +
      `${number(images.keptNow)} that went ${images.keptNow === 1 ? 'stays' : 'stay'}`,
    ...(tags.deletedNow + tags.keptNow > 0
      ? [`of images that stay ${count(tags.deletedNow, 'tag')} more to take off, ${number(tags.keptNow)} fewer`]
      : []),
    `${bytes(Math.abs(size.deleted))} ${size.deleted < 0 ? 'less' : 'more'} to delete`,
  ];
  return parts.join('; ');
}

function blockLines({ blockedBy: { before, after } }: PlanDiff): string[] {
  return [
    ...before.map(({ message }) => `no longer blocked, and would be carried out: ${message}`),
    ...after.map(({ message }) => `blocked from now on: ${message}`),
  ];
}

function nameOf({ tags, digest }: ChangedImage): string {
  return tags.length > 0 ? tags.join(', ') : shortDigest(digest);
}

function sideText({ action, untag, reasons }: Side): string {
  const verb = action === 'untag' ? `untag ${untag.join(', ')}` : action;
  const [first] = reasons;
  return first ? `${verb}: ${reasonLine(first)}` : verb;
}
