import type { ApplyReport, RepositoryReport, StepResult } from '../apply/apply-report.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { printable } from '../diagnostics/redact.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { addAmounts, amountLines, amountsOf, amountWords, isSomething, stepsDone } from './amounts.ts';
import { ordinaryTags } from './repository-view.ts';
import { PLAIN, type Style } from './style.ts';
import { count, moreLine, number, shortDigest } from './text.ts';
import { padEnd, padStart, width, wrap } from './width.ts';

/** What the outcomes of steps mean, in words. */
export const OUTCOMES: Readonly<Record<StepOutcome, string>> = {
  deleted: 'deleted',
  copied: 'copied elsewhere',
  archived: 'archived',
  gone: 'not there any more',
  locked: 'locked by the registry',
  drifted: 'changed since the plan was made, so left alone',
  in_use: 'in use by now, so left alone',
  held: 'held by something that stayed',
  failed: 'failed',
  skipped: 'not begun',
};

/** Lines for what was not done in one repository, before "… and N more". */
const LISTED = 20;
/** Columns of a list of tags where nobody says how wide the terminal is. */
const COLUMNS = 100;

export interface ApplyTextOptions {
  readonly style?: Style;
  readonly verbose?: boolean;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
  /** Only the headline, what was not done, and the journal: what went stands in another answer. */
  readonly brief?: boolean;
  /** True if something that the run was about could not be read, so that the plan cannot have held all of it. */
  readonly unread?: boolean;
  /** The command line that puts back what is in the journal. */
  readonly undoCommand?: string | undefined;
}

/** What came of a plan, for people: first what was deleted, then what was not and why, then every tag that went, then the journal. */
export function applyText(plan: Plan, report: ApplyReport, options: ApplyTextOptions = {}): string {
  const style = options.style ?? PLAIN;
  const byKey = new Map(plan.repositories.map((one) => [repositoryKey(one), one]));
  const works = report.repositories.flatMap((one): Work[] => {
    const planned = byKey.get(repositoryKey(one));
    return planned ? [{ planned, report: one }] : [];
  });
  const amounts = works.map(({ planned, report: one }) => amountsOf(planned, stepsDone(planned, one)));
  const went = addAmounts(amounts);
  const lines = [
    headline(report, amountWords(went), amounts.filter(isSomething).length, style, options.unread ?? false),
    ...(isSomething(went) ? amountLines(went).map((words) => `  ${words}`) : []),
    ...(report.error ? [`${style.remove('stopped')}: ${printable(report.error.message)}`] : []),
    ...works.flatMap((work) => notDoneLines(work, style, options.verbose ?? false)),
    ...(options.brief ? [] : works.flatMap((work) => wentLines(work, style, options.columns ?? COLUMNS))),
    ...countLines(report, style),
    ...(report.journal === undefined ? [] : ['', ...journalLines(report.journal, report.repositories, options.undoCommand, style)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** A repository with steps, and what came of them. */
interface Work {
  readonly planned: RepositoryPlan;
  readonly report: RepositoryReport;
}

function headline({ outcome, stoppedBy, counts }: ApplyReport, what: string, repositories: number, style: Style, unread: boolean): string {
  const notAll = unread ? ', and not everything could be read' : '';
  if (what === '') {
    const idle = outcome === 'done' && counts.gone === 0;
    const why = {
      done: idle ? 'there was nothing to delete' : 'all was gone already',
      partial: 'every step was left out',
      failed: 'it failed',
      interrupted: stopWords(stoppedBy),
    };
    return `${style.bold('Nothing was deleted')}: ${why[outcome]}${notAll}.`;
  }
  const verdict = {
    done: unread ? style.change('done in part') : style.stay('done'),
    partial: style.change('done in part'),
    failed: style.remove('failed'),
    interrupted: style.change(stopWords(stoppedBy)),
  }[outcome];
  return `${style.bold('deleted')}  ${what} in ${count(repositories, 'repository', 'repositories')}: ${verdict}${notAll}`;
}

function stopWords(by: ApplyReport['stoppedBy']): string {
  return by === 'deadline' ? 'stopped, the time for the run was over' : by === 'signal' ? 'stopped by a signal' : 'stopped';
}

function notDoneLines(
  { planned, report: { registry, repository, counts, notDone, repairs, error } }: Work,
  style: Style,
  verbose: boolean,
): string[] {
  if (notDone.length === 0 && repairs.length === 0 && !error) return [];
  const tags = new Map(planned.images.map((image) => [image.digest, ordinaryTags(image)]));
  const nameOf = ({ tag, digest }: Pick<StepResult, 'tag' | 'digest'>): string =>
    (tag === undefined ? (tags.get(digest) ?? []) : [tag]).map(printable).join(', ') || shortDigest(digest);
  const shown = verbose ? notDone : notDone.slice(0, LISTED);
  const widest = Math.max(0, ...shown.map((step) => width(nameOf(step))));
  const done = doneOf(counts);
  const title = style.bold(printable(`${registry}/${repository}`));
  return [
    '',
    `${title}  ${style.dim(`${number(done)} of ${count(done + notDone.length, 'step')} done`)}`,
    ...(error ? [`  ${style.remove('given up')}  ${printable(error.message)}`] : []),
    ...shown.map(
      (step) =>
        `  ${padEnd(nameOf(step), widest)}  ` +
        `${step.to === undefined ? '' : `copy to ${printable(step.to)} `}${style.change(OUTCOMES[step.outcome])}` +
        (step.message === undefined ? '' : `: ${printable(step.message)}`),
    ),
    ...(shown.length < notDone.length ? [style.dim(`  ${moreLine(notDone.length - shown.length)}`)] : []),
    ...repairs.map((repair) => {
      const became = repair.restored ? style.change('put back') : style.remove('LOST');
      return `  ${nameOf(repair)}  ${became}: ${printable(repair.message)}`;
    }),
  ];
}

function doneOf({ deleted, copied, archived, gone }: RepositoryReport['counts']): number {
  return deleted + copied + archived + gone;
}

/** Every tag that went, and how many images went that had none. */
function wentLines({ planned, report }: Work, style: Style, columns: number): string[] {
  const steps = stepsDone(planned, report).filter(({ op }) => op !== 'archive-manifest' && op !== 'copy-image');
  const images = new Map(planned.images.map((image) => [image.digest, image]));
  const names: string[] = [];
  let untagged = 0;
  for (const step of steps) {
    const image = images.get(step.digest);
    if (step.op === 'delete-tag') names.push(printable(step.tag));
    else if (image && ordinaryTags(image).length > 0) names.push(...ordinaryTags(image).map(printable));
    else if (image && !image.part) untagged += 1;
  }
  if (names.length + untagged === 0) return [];
  const words = [...names.toSorted(byCodeUnit), ...(untagged > 0 ? [`${count(untagged, 'image')} without a tag`] : [])];
  const title = style.bold(printable(`${planned.registry}/${planned.repository}`));
  return ['', `${title}  ${style.dim(names.length > 0 ? `${count(names.length, 'tag')} went` : 'went')}`, ...wrap(words, columns, '  ')];
}

/** The outcomes of the steps, where not all of them were simply done. */
function countLines({ counts }: ApplyReport, style: Style): string[] {
  const rows = (Object.keys(OUTCOMES) as StepOutcome[]).filter((key) => counts[key] > 0);
  if (rows.every((key) => key === 'deleted') && counts.repaired + counts.lost === 0) return [];
  const digits = Math.max(0, ...rows.map((key) => number(counts[key]).length));
  const row = (value: number, words: string): string => `  ${padStart(number(value), digits)}  ${words}`;
  return [
    '',
    'steps:',
    ...rows.map((key) => row(counts[key], OUTCOMES[key])),
    ...(counts.repaired > 0 ? [row(counts.repaired, 'hit by a deletion and put back')] : []),
    ...(counts.lost > 0 ? [style.remove(row(counts.lost, 'hit by a deletion and not put back'))] : []),
  ];
}

/** Where nothing was deleted, or nothing of it can be put back, nothing is said of putting it back. */
function journalLines(journal: string, repositories: readonly RepositoryReport[], undoCommand: string | undefined, style: Style): string[] {
  const canBeUndone = repositories.some(({ counts, undo }) => counts.deleted + counts.archived > 0 && undo !== false);
  if (!canBeUndone) return [`The journal: ${printable(journal)}`];
  if (undoCommand === undefined) return [`The journal, for "undo": ${printable(journal)}`];
  return ['To put it back, as long as the registry still has the layers:', '', `  ${style.bold(printable(undoCommand))}`];
}
