import type { ApplyReport, RepositoryReport, StepResult } from '../apply/apply-report.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import { printable } from '../diagnostics/redact.ts';
import { PLAIN, type Style } from './style.ts';
import { count, number, padEnd, padStart, shortDigest } from './text.ts';

/** What the outcomes of steps mean, in words. */
export const OUTCOMES: Readonly<Record<StepOutcome, string>> = {
  deleted: 'deleted',
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

export interface ApplyTextOptions {
  readonly style?: Style;
  readonly verbose?: boolean;
  /** True if something that the run was about could not be read, so that the plan cannot have held all of it. */
  readonly unread?: boolean;
  /** The command line that puts back what is in the journal. */
  readonly undoCommand?: string | undefined;
}

/** What an apply did, for people: what was not done, with the reason, then the totals and the journal. */
export function applyText(report: ApplyReport, options: ApplyTextOptions = {}): string {
  const style = options.style ?? PLAIN;
  const failed = report.outcome === 'failed' ? [whatWentText(report), ''] : [];
  const lines = report.repositories.flatMap((repository) => repositoryLines(repository, style, options.verbose ?? false));
  lines.push(...totalLines(report, style, options));
  return `${[...failed, ...lines].join('\n')}\n`;
}

/** What a run that failed has deleted, a sentence. */
export function whatWentText({ counts, repositories }: ApplyReport): string {
  if (counts.deleted + counts.archived === 0) return 'Nothing was deleted.';
  const left = repositories.reduce((sum, { notDone }) => sum + notDone.length, 0);
  return `Carried out: ${number(doneOf(counts))} of ${count(doneOf(counts) + left, 'step')}.`;
}

function repositoryLines(
  { registry, repository, counts, notDone, repairs, error }: RepositoryReport,
  style: Style,
  verbose: boolean,
): string[] {
  if (notDone.length === 0 && repairs.length === 0 && !error) return [];
  const shown = verbose ? notDone : notDone.slice(0, LISTED);
  const width = Math.max(0, ...shown.map((step) => stepName(step).length));
  const done = doneOf(counts);
  const title = style.bold(printable(`${registry}/${repository}`));
  return [
    `${title}  ${style.dim(`${number(done)} of ${count(done + notDone.length, 'step')} done`)}`,
    ...(error ? [`  ${style.remove('given up')}  ${printable(error.message)}`] : []),
    ...shown.map(
      (step) =>
        `  ${padEnd(stepName(step), width)}  ${style.change(OUTCOMES[step.outcome])}` +
        (step.message === undefined ? '' : `: ${printable(step.message)}`),
    ),
    ...(shown.length < notDone.length ? [style.dim(`  … and ${number(notDone.length - shown.length)} more: -v shows all`)] : []),
    ...repairs.map(
      ({ digest, tag, restored, message }) =>
        `  ${stepName({ digest, ...(tag !== undefined && { tag }) })}  ` +
        `${restored ? style.change('put back') : style.remove('LOST')}: ${printable(message)}`,
    ),
    '',
  ];
}

function doneOf({ deleted, archived, gone }: RepositoryReport['counts']): number {
  return deleted + archived + gone;
}

function stepName({ tag, digest }: Pick<StepResult, 'tag' | 'digest'>): string {
  return tag === undefined ? shortDigest(digest) : printable(tag);
}

function totalLines(
  { outcome, counts, repositories, journal, error, stoppedBy }: ApplyReport,
  style: Style,
  { unread, undoCommand }: ApplyTextOptions,
): string[] {
  const rows = (Object.keys(OUTCOMES) as StepOutcome[]).filter((key) => counts[key] > 0 || key === 'deleted');
  const digits = Math.max(...rows.map((key) => number(counts[key]).length));
  const done = !unread
    ? style.stay('done')
    : style.change(`${repositories.length === 0 ? 'nothing done' : 'done in part'}: not everything could be read`);
  const verdict = { done, partial: style.change('done in part'), failed: style.remove('failed'), interrupted: style.change('stopped') }[
    outcome
  ];
  const why = stoppedBy === 'deadline' ? ', the time for the run was over' : stoppedBy === 'signal' ? ' by a signal' : '';
  return [
    `${style.bold('applied')}  ${count(repositories.length, 'repository', 'repositories')}, ${verdict}${why}`,
    '',
    ...rows.map((key) => `  ${padStart(number(counts[key]), digits)}  ${OUTCOMES[key]}`),
    ...(counts.repaired > 0 ? [`  ${padStart(number(counts.repaired), digits)}  hit by a deletion and put back`] : []),
    ...(counts.lost > 0 ? [style.remove(`  ${padStart(number(counts.lost), digits)}  hit by a deletion and not put back`)] : []),
    ...(error ? ['', `${style.remove('stopped')}: ${printable(error.message)}`] : []),
    ...(journal === undefined ? [] : ['', ...journalLines(journal, repositories, undoCommand, style)]),
  ];
}

/** Where nothing was deleted, or nothing of it can be put back, nothing is said of putting it back. */
function journalLines(journal: string, repositories: readonly RepositoryReport[], undoCommand: string | undefined, style: Style): string[] {
  const changed = repositories.filter(({ counts }) => counts.deleted + counts.archived > 0);
  const mayBeMore = repositories.some(({ counts }) => counts.failed > 0);
  if (!mayBeMore && changed.every(({ undo }) => undo === false)) return [`The journal: ${printable(journal)}`];
  if (undoCommand === undefined) return [`The journal, for "undo": ${printable(journal)}`];
  return ['To put it back, as long as the registry still has the layers:', '', `  ${style.bold(printable(undoCommand))}`];
}
