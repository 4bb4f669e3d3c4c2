import { printable } from '../diagnostics/redact.ts';
import type { Plan, Summary } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import { addAmounts, amountLines, type Amounts } from './amounts.ts';
import { notesOf } from './repository-view.ts';
import type { Style } from './style.ts';
import { bytes, count, number, time } from './text.ts';
import { padStart } from './width.ts';

/**
 * The end of a table: the totals, what else is to be known, and why the plan may not be carried out or which command line does it.
 * `going`: what goes in each repository, counted where its lists were read anyway.
 */
export function totalLines(
  plan: Plan,
  going: readonly Amounts[],
  style: Style,
  { applyCommand, apply }: { applyCommand?: string | undefined; apply?: boolean | undefined },
): string[] {
  // Totals of nothing would look like a success.
  const known = !nothingRead(plan);
  const notes = known ? notesOf(plan).map((note) => style.dim(`note: ${printable(note)}`)) : [];
  const lines = [...(known ? [...amounts(plan, going, style), ''] : []), ...notes, ...(notes.length > 0 ? [''] : [])];
  const changes = plan.repositories.some(({ steps }) => steps.length > 0);
  if (!plan.applyable && !apply) lines.push(...blockedLines(plan, style, ''));
  else if (plan.applyable && changes && applyCommand !== undefined)
    lines.push('Nothing has been changed. To carry this plan out:', '', `  ${style.bold(applyCommand)}`);
  else lines.pop();
  return lines;
}

/** Why a plan may not be carried out, after what is said before. */
export function blockedLines({ blockedBy }: Plan, style: Style, before: string): string[] {
  return [
    style.remove(style.bold(`${before}This plan may not be carried out:`)),
    ...blockedBy.map(({ message }) => `  ${printable(message)}`),
  ];
}

function amounts(plan: Plan, going: readonly Amounts[], style: Style): string[] {
  const repositories = plan.repositories.filter(({ policy }) => policy !== undefined).length;
  const { images, leftovers, bytes: size, copied = 0 } = plan.summary;
  const { archive = 0 } = images;
  const digits = Math.max(...[images.delete, archive, copied, images.untag, images.keep].map((value) => number(value).length));
  const line = (verb: string, value: number, words: string): string => `  ${verb}  ${padStart(number(value), digits)} ${words}`;
  const noun = (value: number): string => (value === 1 ? 'image ' : 'images');
  const goes = plan.repositories.some(({ steps }) => steps.some(({ op }) => op !== 'archive-manifest'));
  const space = `The space comes back when the registry collects its garbage${size.exact ? '.' : ';'}`;
  return [
    `${style.bold('total')}  ${count(repositories, 'repository', 'repositories')}, decided as of ${time(plan.now)}`,
    '',
    line(style.remove('delete'), images.delete, `${noun(images.delete)}  ${freedWords(plan.summary)}`),
    ...(leftovers ? [`          and ${leftoverWords(leftovers.delete)}`] : []),
    ...(archive > 0 ? [line(style.change('archive'), archive, `${noun(archive)}  not to be pulled before it is restored`)] : []),
    ...(images.untag > 0 ? [line(style.change('untag '), images.untag, `${noun(images.untag)}  kept by another tag`)] : []),
    ...(copied > 0 ? [line(style.change('copy  '), copied, `${noun(copied)}  elsewhere, before they go`)] : []),
    line(style.stay('keep  '), images.keep, noun(images.keep).trimEnd()),
    ...(goes
      ? [
          '',
          ...amountLines(addAmounts(going)).map((words) => style.dim(`To go: ${words}.`)),
          style.dim(space),
          ...(size.exact ? [] : [style.dim('the layers of some images are not known, so it may be less.')]),
        ]
      : []),
  ];
}

/** What an earlier run left half-way and this one deletes, in words. */
export function leftoverWords(manifests: number): string {
  return `${count(manifests, 'manifest')} that an earlier run left half-way`;
}

/** How much space is freed, in words: where the layers of some images are not known, what it can be at most, by their logical sizes. */
export function freedWords(summary: Summary): string {
  return `${isExact(summary) ? '' : 'up to '}${bytes(mostFreed(summary))} freed`;
}

/** The same for a column. */
export function freedNumber(summary: Summary): string {
  return `${isExact(summary) ? '' : '≤ '}${bytes(mostFreed(summary))}`;
}

/** How many bytes are freed at most. */
export function mostFreed({ bytes: { deleted, freed, exact } }: Summary): number {
  return exact ? freed : deleted;
}

function isExact({ bytes: { deleted, exact } }: Summary): boolean {
  return exact || deleted === 0;
}
