import { printable } from '../diagnostics/redact.ts';
import type { Plan, Summary } from '../plan/plan.ts';
import { notesOf } from './repository-view.ts';
import type { Style } from './style.ts';
import { bytes, count, number, padStart, time } from './text.ts';

/** The end of a table: the totals, what else is to be known, and why the plan may not be carried out or which command line does it. */
export function totalLines(plan: Plan, style: Style, applyCommand: string | undefined): string[] {
  const lines: string[] = [];
  const repositories = plan.repositories.filter(({ policy }) => policy !== undefined).length;
  const { images, tags, bytes: size } = plan.summary;
  const changes = plan.repositories.some(({ steps }) => steps.length > 0);
  const { archive = 0 } = images;
  const digits = Math.max(...[images.delete, archive, images.untag, images.keep].map((value) => number(value).length));
  const line = (verb: string, value: number, words: string): string => `  ${verb}  ${padStart(number(value), digits)} ${words}`;
  const noun = (value: number): string => (value === 1 ? 'image ' : 'images');
  lines.push(`${style.bold('total')}  ${count(repositories, 'repository', 'repositories')}, decided as of ${time(plan.now)}`, '');
  lines.push(line(style.remove('delete'), images.delete, `${noun(images.delete)}  ${freedWords(plan.summary)}`));
  if (archive > 0) lines.push(line(style.change('archive'), archive, `${noun(archive)}  not to be pulled before it is restored`));
  if (images.untag > 0) lines.push(line(style.change('untag '), images.untag, `${noun(images.untag)}  kept by another tag`));
  lines.push(line(style.stay('keep  '), images.keep, noun(images.keep).trimEnd()), '');
  if (plan.repositories.some(({ steps }) => steps.some(({ op }) => op !== 'archive-manifest'))) {
    const space = `The space comes back when the registry collects its garbage${size.exact ? '.' : ';'}`;
    lines.push(style.dim(`${count(tags.delete, 'tag goes', 'tags go')}. ${space}`));
    if (!size.exact) lines.push(style.dim('the layers of some images are not known, so it may be less.'));
    lines.push('');
  }
  const notes = notesOf(plan);
  if (notes.length > 0) lines.push(...notes.map((note) => style.dim(`note: ${printable(note)}`)), '');
  if (!plan.applyable) {
    lines.push(
      style.remove(style.bold('This plan may not be carried out:')),
      ...plan.blockedBy.map(({ message }) => `  ${printable(message)}`),
    );
  } else if (changes && applyCommand !== undefined) {
    lines.push('Nothing has been changed. To carry this plan out:', '', `  ${style.bold(applyCommand)}`);
  } else {
    lines.pop();
  }
  return lines;
}

/** How much space is freed, in words: where the layers of some images are not known, what it can be at most, by their logical sizes. */
export function freedWords({ bytes: { deleted, freed, exact } }: Summary): string {
  return exact || deleted === 0 ? `${bytes(freed)} freed` : `up to ${bytes(deleted)} freed`;
}
