import type { ApplyReport } from '../apply/apply-report.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { Plan, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import type { Reason } from '../plan/reason.ts';
import { amountWords, copiedWords } from './amounts.ts';
import { OUTCOMES } from './apply-text.ts';
import { codeSpan } from './code-span.ts';
import { bulletList, fitting, foldedLines, lengthOf, LONGEST } from './markdown-parts.ts';
import { measuredAge } from './measured-age.ts';
import { appliedAmounts, type Outcome } from './outcome.ts';
import { reasonWords, selectedWords } from './reason-text.ts';
import { notesOf, ordinaryTags, viewOf } from './repository-view.ts';
import { freedNumber, freedWords, leftoverWords } from './table-totals.ts';
import { bytes, count, number, recoverable, shortDigest, time } from './text.ts';
import { unreadLines } from './unread-lines.ts';

/** As much of it may go to the list of repositories. */
const TABLE = LONGEST / 3;
const ROWS_PER_REPOSITORY = 100;

/**
 * The plan, or what came of it, for a CI step summary or a comment: the totals in a table, and under each repository, folded away, what
 * goes. Text from elsewhere stands in code spans only: there, no host reads a mention, a reference, a command, a link or an image.
 */
export function planMarkdown(plan: Plan, outcome: Outcome = {}): string {
  const governed = plan.repositories.filter(({ policy }) => policy !== undefined);
  const ungoverned = plan.repositories.length - governed.length;
  const lines = [
    `### ${headline(plan, outcome)}`,
    '',
    ...(outcome.refused === undefined ? [] : [codeSpan(outcome.refused), '']),
    ...bulletList('**Not everything could be read. Nothing is deleted where something is missing:**', unreadLines(plan)),
    ...bulletList(
      '**This plan may not be carried out:**',
      plan.blockedBy.map(({ message }) => message),
    ),
    ...(nothingRead(plan) ? [] : totals(plan, outcome, governed)),
    ...(ungoverned > 0 ? [`${count(ungoverned, 'repository is', 'repositories are')} governed by no policy, and left alone.`, ''] : []),
    ...bulletList('Notes:', notesOf(plan)),
  ];
  return `${[...lines, ...details(governed, plan.now, LONGEST - lengthOf(lines))].join('\n').trimEnd()}\n`;
}

function headline(plan: Plan, { applied, refused }: Outcome): string {
  const { images } = plan.summary;
  if (applied) {
    const what = amountWords(appliedAmounts(plan, applied));
    const verdict = { done: 'all of it', partial: 'in part', failed: 'failed', interrupted: 'stopped' }[applied.outcome];
    return what === '' ? `Prune: nothing was deleted (${verdict})` : `Prune: ${what} deleted (${verdict})`;
  }
  if (refused !== undefined) return 'Prune: nothing was changed';
  if (nothingRead(plan)) return 'Prune plan: nothing could be read';
  const left = plan.summary.leftovers ? ` and ${leftoverWords(plan.summary.leftovers.delete)}` : '';
  return `Prune plan: ${count(images.delete, 'image')}${left} to delete, ${freedWords(plan.summary)}`;
}

function totals(plan: Plan, { applied }: Outcome, governed: readonly RepositoryPlan[]): string[] {
  const { images } = plan.summary;
  const rows = fitting(
    governed.map((repository) => repositoryRow(repository, plan.now)),
    TABLE,
  );
  const left = governed.length - rows.length;
  return [
    `As of ${time(plan.now)}. ${applied ? stepsSentence(applied) : 'Nothing has been changed.'}`,
    '',
    '| Repository | Policy | Delete | Untag | Keep | Freed |',
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...rows,
    ...(left > 0 ? [`| … and ${number(left)} more; see the JSON document | | | | | |`] : []),
    `| **all** | | **${number(images.delete)}** | **${number(images.untag)}** | **${number(images.keep)}** | ` +
      `**${freedNumber(plan.summary)}** |`,
    '',
    ...(plan.summary.copied === undefined ? [] : [`${copiedWords(plan.summary)}.`, '']),
  ];
}

function stepsSentence({ counts }: ApplyReport): string {
  const steps = (Object.keys(OUTCOMES) as StepOutcome[])
    .filter((key) => counts[key] > 0)
    .map((key) => `${number(counts[key])} ${OUTCOMES[key]}`);
  return steps.length === 0 ? 'No step was carried out.' : `Of the steps: ${steps.join('; ')}.`;
}

/** What goes in each repository, as far as there is room. */
function details(governed: readonly RepositoryPlan[], now: string, room: number): string[] {
  const lines: string[] = [];
  let left = room;
  for (const [index, repository] of governed.entries()) {
    const all = detailRows(repository, now);
    if (all.length === 0) continue;
    const rows = fitting(all.slice(0, ROWS_PER_REPOSITORY), left - FRAME);
    if (rows.length === 0)
      return [...lines, `The details of ${count(governed.length - index, 'repository', 'repositories')} more are in the JSON document.`];
    const block = folded(repository, rows, all.length - rows.length);
    lines.push(...block);
    left -= lengthOf(block);
  }
  return lines;
}

/** What the frame of one repository's details takes at most, and the sentence behind the last. */
const FRAME = 800;

function repositoryRow(repository: RepositoryPlan, now: string): string {
  const {
    summary: { images },
    recoverableDays,
  } = repository;
  const until = recoverableDays === undefined || images.delete === 0 ? '' : ` (${recoverable(recoverableDays, now)})`;
  const state = repository.complete ? '' : ' (incomplete, nothing is deleted)';
  const name = `${codeSpan(`${repository.registry}/${repository.repository}`)}${state}`;
  const numbers = [images.delete, images.untag, images.keep].map(number).join(' | ');
  return `| ${name} | ${codeSpan(repository.policy ?? '')} | ${numbers} | ${freedNumber(repository.summary)}${until} |`;
}

/** The tags of an image, or its digest where it has none. */
function called(image: PlannedImage): string {
  const tags = ordinaryTags(image);
  return (tags.length > 0 ? tags : [shortDigest(image.digest)]).map(codeSpan).join(' ');
}

function detailRows(repository: RepositoryPlan, now: string): string[] {
  const why = (image: PlannedImage, reason: Reason, parts = 0): string =>
    whyText(reason, measuredAge(image, reason, repository.clock, now), parts);
  const { deleted, archived, removedTags } = viewOf(repository);
  return [
    ...deleted.map(
      ({ image, reason, parts, size }) => `| delete | ${called(image)} | ${bytes(size)} | ${why(image, reason, parts)}${copied(image)} |`,
    ),
    ...archived.map(({ image, reason }) => `| archive | ${called(image)} | | ${why(image, reason)} |`),
    ...removedTags.map(({ tag, image, reason }) => `| untag | ${codeSpan(tag)} | | ${why(image, reason)}${copied(image)} |`),
  ];
}

function folded({ registry, repository }: RepositoryPlan, rows: readonly string[], left: number): string[] {
  const more = left > 0 ? ['', `… and ${number(left)} more; see the JSON document.`] : [];
  const table = ['| | Image | Size | Why |', '| --- | --- | ---: | --- |', ...rows, ...more];
  return foldedLines(`${registry}/${repository}`, table);
}

function whyText(reason: Reason, age: string, parts: number): string {
  const named = [reason.rule ?? reasonWords(reason.code), selectedWords(reason), age].filter((part) => part !== '').join(', ');
  return `${codeSpan(named)}${parts > 0 ? `, with ${count(parts, 'part')}` : ''}`;
}

/** Where it is copied to first. */
function copied({ copiedTo = [] }: PlannedImage): string {
  return copiedTo.length === 0 ? '' : `, copied to ${copiedTo.map(codeSpan).join(' and ')} first`;
}
