import type { ApplyReport } from '../apply/apply-report.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import { printable } from '../diagnostics/redact.ts';
import type { Plan, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import { OUTCOMES } from './apply-text.ts';
import { rankWords, reasonWords } from './reason-text.ts';
import { notesOf, ordinaryTags, viewOf } from './repository-view.ts';
import { freedWords } from './table-totals.ts';
import { bytes, count, number, recoverable, shortDigest, time } from './text.ts';
import { unreadLines } from './unread-lines.ts';

/** Rows of details in all: a CI step summary takes one mebibyte at most. */
const ROWS = 1000;
const ROWS_PER_REPOSITORY = 100;

/**
 * The plan for a CI step summary or a comment: totals in a table, and under each repository, folded away, what goes. With `applied`, also
 * what came of it.
 */
export function planMarkdown(plan: Plan, applied?: ApplyReport): string {
  const { images } = plan.summary;
  const governed = plan.repositories.filter(({ policy }) => policy !== undefined);
  const ungoverned = plan.repositories.length - governed.length;
  const unapplied = plan.applyable ? 'Nothing has been changed.' : '**This plan may not be carried out:**';
  const lines = [
    `### Prune plan: ${count(images.delete, 'image')} to delete, ${freedWords(plan.summary)}`,
    '',
    ...unreadList(unreadLines(plan)),
    `As of ${time(plan.now)}. ${applied ? appliedSentence(applied) : unapplied}`,
    '',
    ...plan.blockedBy.map(({ message }) => `- ${text(message)}`),
    ...(plan.blockedBy.length > 0 ? [''] : []),
    '| Repository | Policy | Delete | Untag | Keep | Freed |',
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...governed.map((repository) => repositoryRow(repository, plan.now)),
    `| **all** | | **${number(images.delete)}** | **${number(images.untag)}** | **${number(images.keep)}** | **${freed(plan)}** |`,
    '',
    ...(ungoverned > 0 ? [`${count(ungoverned, 'repository is', 'repositories are')} governed by no policy, and left alone.`, ''] : []),
    ...notesOf(plan).flatMap((note) => [`Note: ${text(note)}`, '']),
  ];
  let rows = 0;
  for (const repository of governed) {
    const details = detailRows(repository);
    if (details.length === 0) continue;
    const shown = details.slice(0, Math.max(0, Math.min(ROWS_PER_REPOSITORY, ROWS - rows)));
    rows += shown.length;
    lines.push(...folded(repository, shown, details.length - shown.length));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function unreadList(unread: readonly string[]): string[] {
  if (unread.length === 0) return [];
  const left = unread.length - ROWS_PER_REPOSITORY;
  return [
    '**Not everything could be read. Nothing is deleted where something is missing:**',
    '',
    ...unread.slice(0, ROWS_PER_REPOSITORY).map((line) => `- ${text(line)}`),
    ...(left > 0 ? [`- … and ${number(left)} more; see the JSON document.`] : []),
    '',
  ];
}

function appliedSentence({ outcome, counts }: ApplyReport): string {
  const steps = (Object.keys(OUTCOMES) as StepOutcome[])
    .filter((key) => counts[key] > 0)
    .map((key) => `${number(counts[key])} ${OUTCOMES[key]}`);
  return `**Carried out, ${outcome === 'done' ? 'all of it' : outcome}**${steps.length > 0 ? `: ${steps.join('; ')}` : ''}.`;
}

function repositoryRow(repository: RepositoryPlan, now: string): string {
  const {
    summary: { images },
    recoverableDays,
  } = repository;
  const until = recoverableDays === undefined || images.delete === 0 ? '' : ` (${recoverable(recoverableDays, now)})`;
  const state = repository.complete ? '' : ' (incomplete, nothing is deleted)';
  const name = `${code(`${repository.registry}/${repository.repository}`)}${state}`;
  const numbers = [images.delete, images.untag, images.keep].map(number).join(' | ');
  return `| ${name} | ${text(repository.policy ?? '')} | ${numbers} | ${freed(repository)}${until} |`;
}

function freed({ summary }: Pick<Plan, 'summary'>): string {
  const { deleted, freed: known, exact } = summary.bytes;
  return exact ? bytes(known) : `≤ ${bytes(deleted)}`;
}

/** The tags of an image, or its digest where it has none. */
function called(image: PlannedImage): string {
  const tags = ordinaryTags(image);
  return (tags.length > 0 ? tags : [shortDigest(image.digest)]).map(code).join(' ');
}

function detailRows(repository: RepositoryPlan): string[] {
  const { deleted, archived, removedTags } = viewOf(repository);
  return [
    ...deleted.map(({ image, reason, parts, size }) => `| delete | ${called(image)} | ${bytes(size)} | ${why(reason, parts)} |`),
    ...archived.map(({ image, reason }) => `| archive | ${called(image)} | | ${why(reason, 0)} |`),
    ...removedTags.map(({ tag, reason }) => `| untag | ${code(tag)} | | ${why(reason, 0)} |`),
  ];
}

function folded({ registry, repository }: RepositoryPlan, rows: readonly string[], left: number): string[] {
  const title = `<summary>${html(printable(`${registry}/${repository}`))}</summary>`;
  if (rows.length === 0) return [`<details>${title}`, '', `${count(left, 'line')} left out; see the JSON document.`, '', '</details>', ''];
  const more = left > 0 ? [`… and ${number(left)} more; see the JSON document.`, ''] : [];
  return [`<details>${title}`, '', '| | Image | Size | Why |', '| --- | --- | ---: | --- |', ...rows, '', ...more, '</details>', ''];
}

function why(reason: Reason, parts: number): string {
  const words = [text(reason.rule ?? reasonWords(reason.code)), text(rankWords(reason)), parts > 0 ? `with ${count(parts, 'part')}` : ''];
  return words.filter((part) => part !== '').join(', ');
}

/** Text from elsewhere, so that nothing in it is taken for markup or the end of a cell. */
function text(value: string): string {
  return printable(value).replace(/[\\`*_{}[\]<>()#+!|~&@:]/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Code within a table cell: a backtick cannot be escaped there, and a bar ends the cell even in code. */
function code(value: string): string {
  return `\`${printable(value).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

function html(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
