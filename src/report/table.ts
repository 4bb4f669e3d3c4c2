import { printable } from '../diagnostics/redact.ts';
import type { Plan, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import type { Reason } from '../plan/reason.ts';
import { type Amounts, amountsOf, copiedWords } from './amounts.ts';
import { clockWords, measuredAge } from './measured-age.ts';
import { copyWords, rankWords, reasonLine, reasonWords, selectedWords } from './reason-text.ts';
import { type KeptCount, ordinaryTags, type RepositoryView, viewOf } from './repository-view.ts';
import { PLAIN, type Style } from './style.ts';
import { blockedLines, freedWords, leftoverWords, totalLines } from './table-totals.ts';
import { unreadSection } from './table-unread.ts';
import { bytes, count, firstOf, moreLine, number, recoverable, shortDigest } from './text.ts';
import { fit, fitMiddle, padEnd, padStart, width } from './width.ts';

export interface TableOptions {
  /** Width of the terminal; undefined: nothing is cut. */
  readonly columns?: number | undefined;
  readonly style?: Style | undefined;
  /** Every image on a line of its own. */
  readonly verbose?: boolean | undefined;
  /** The command that carries the plan out, shown at the end. */
  readonly applyCommand?: string | undefined;
  /** It was to be carried out: a plan that may not be says first that nothing was deleted. */
  readonly apply?: boolean | undefined;
}

/** Lines for the deletions of one repository, before "… and N more": of the only one, and of each of several. */
const LISTED_ALONE = 20;
const LISTED = 8;
/** Columns of an age, and of size, age and the gaps between them. */
const AGE = 9;
const FIXED = 6 + 2 + 7 + 2 + AGE + 2;
const WHY = 24;
/** Reasons why one repository is incomplete. */
const REASONS = 5;

interface Page {
  readonly plan: Plan;
  readonly style: Style;
  readonly columns: number | undefined;
  readonly verbose: boolean;
  /** Lines for the deletions of one repository. */
  readonly listed: number;
  readonly lines: string[];
}

/** The plan as people read it in a terminal: what goes, what is untagged, what stays, why, and how to carry it out. */
export function planTable(plan: Plan, options: TableOptions = {}): string {
  const governed = plan.repositories.filter(({ policy }) => policy !== undefined);
  const { style = PLAIN, columns, verbose = false } = options;
  const listed = verbose ? Infinity : governed.length === 1 ? LISTED_ALONE : LISTED;
  const page: Page = { plan, style, columns, verbose, listed, lines: [] };
  if (options.apply && !plan.applyable) page.lines.push(...blockedLines(plan, page.style, 'Nothing was changed. '), '');
  page.lines.push(...unreadSection(plan, page.style, page.verbose));
  // What is known of nothing would look like an answer.
  if (nothingRead(plan)) return `${[...page.lines, ...totalLines(plan, [], page.style, options)].join('\n').trimEnd()}\n`;
  const amounts: Amounts[] = [];
  const empty: RepositoryPlan[] = [];
  for (const repository of governed) {
    // A copy, since each reading of the lists of a large plan brings them back anew.
    const read = { ...repository };
    amounts.push(amountsOf(read, read.steps));
    if (!page.verbose && governed.length > 1 && read.complete && read.images.length === 0) empty.push(repository);
    else addRepository(page, read, governed.length === 1);
  }
  addEmpty(page, empty);
  const ungoverned = plan.repositories.filter(({ policy }) => policy === undefined);
  addUngoverned(page, ungoverned);
  page.lines.push(...totalLines(plan, amounts, page.style, options));
  return `${page.lines.join('\n')}\n`;
}

function addRepository(page: Page, repository: RepositoryPlan, alone: boolean): void {
  const { lines, style } = page;
  const { summary, complete } = repository;
  const { images } = summary;
  const title = printable(`${repository.registry}/${repository.repository}`);
  const idle = complete && images.delete === 0 && images.untag === 0 && summary.bytes.deleted === 0;
  if (idle && !alone && !page.verbose) {
    const idleness = `nothing to delete, ${count(images.keep, 'image stays', 'images stay')}`;
    lines.push(`${style.bold(title)}  ${style.dim(`${printable(repository.policy ?? '')} · ${idleness}`)}`, '');
    return;
  }
  lines.push(`${style.bold(title)}  ${style.dim(`policy ${printable(repository.policy ?? '')} · ${clockWords(repository)}`)}`, '');
  if (!complete) lines.push(...incompleteLines(page, repository), '');
  const view = viewOf(repository);
  addDeleted(page, repository, view);
  addArchived(page, repository, view);
  addRemovedTags(page, repository, view);
  addKept(page, repository, view);
}

/** One line with the first reasons, since a repository may have one for each of its images. */
function incompleteLines({ plan, style, verbose }: Page, { registry, repository }: RepositoryPlan): string[] {
  const why = plan.diagnostics.filter((note) => note.code === 'incomplete' && note.registry === registry && note.repository === repository);
  const shown = verbose ? why : why.slice(0, REASONS);
  const more = why.length - shown.length;
  const told = shown.map(({ message }) => printable(message)).join('; ');
  return [`  ${style.remove('incomplete')}  ${told}${more > 0 ? `; and ${number(more)} more: -v shows all` : ''}`];
}

function addDeleted(page: Page, { summary, clock, recoverableDays }: RepositoryPlan, { deleted }: RepositoryView): void {
  if (deleted.length === 0) return;
  const { lines, style, plan } = page;
  const along = deleted.reduce((sum, { parts }) => sum + parts, 0);
  const leftovers = summary.leftovers?.delete ?? 0;
  const orphans = deleted.length - summary.images.delete - leftovers;
  const what = [
    `${count(summary.images.delete, 'image')}${along > 0 ? ` with ${count(along, 'part')}` : ''}`,
    ...(orphans > 0 ? [count(orphans, 'orphaned attachment')] : []),
    ...(leftovers > 0 ? [leftoverWords(leftovers)] : []),
    ...copiedAs(deleted),
    freedWords(summary),
    ...(recoverableDays === undefined ? [] : [`${recoverable(recoverableDays, plan.now)}, and stored until then`]),
  ];
  lines.push(`  ${style.remove('delete')}  ${what.join(' · ')}`);
  addByRule(page, deleted, ({ image, size, reason, parts }) => ({
    name: imageName(image),
    size: bytes(size),
    age: measuredAge(image, reason, clock, plan.now),
    why:
      [selectedWords(reason), parts > 0 ? `+${count(parts, 'part')}` : ''].filter((part) => part !== '').join(', ') ||
      (reason.rule === undefined ? reasonWords(reason.code) : ''),
  }));
  lines.push('');
}

/** Where all of them are copied to first, or how many are where not all go to one place. */
function copiedAs(items: readonly { readonly image: PlannedImage }[]): string[] {
  const copied = items.filter(({ image }) => image.copiedTo);
  const places = new Set(copied.map(({ image }) => copyWords(image)));
  if (copied.length === 0) return [];
  return places.size === 1 && copied.length === items.length
    ? [...places].map((words) => `${words} first`)
    : [copiedWords({ copied: copied.length })];
}

function addArchived(page: Page, { clock }: RepositoryPlan, { archived }: RepositoryView): void {
  if (archived.length === 0) return;
  const { lines, style, plan } = page;
  lines.push(`  ${style.change('archive')}  ${count(archived.length, 'image')} · not to be pulled before it is restored`);
  addByRule(page, archived, ({ image, reason }) => ({
    name: imageName(image),
    size: '',
    age: measuredAge(image, reason, clock, plan.now),
    why: selectedWords(reason),
  }));
  lines.push('');
}

function addRemovedTags(page: Page, { summary, clock }: RepositoryPlan, { removedTags }: RepositoryView): void {
  if (removedTags.length === 0) return;
  const { lines, style, plan } = page;
  const staying = count(summary.images.untag, 'image that stays', 'images that stay');
  lines.push(`  ${style.change('untag')}   ${[`${count(removedTags.length, 'tag')} of ${staying}`, ...copiedAs(removedTags)].join(' · ')}`);
  addByRule(page, removedTags, ({ tag, image, reason }) => {
    const others = ordinaryTags(image).filter((other) => !image.untag.includes(other));
    return {
      name: [printable(tag)],
      size: '',
      age: measuredAge(image, reason, clock, plan.now),
      why: [rankWords(reason), others.length > 0 ? `stays as ${printable(others[0] as string)}` : 'stays untagged']
        .filter((part) => part !== '')
        .join(', '),
    };
  });
  lines.push('');
}

function addKept(page: Page, { summary, clock, complete }: RepositoryPlan, { kept, keptBy }: RepositoryView): void {
  const { lines, style, plan } = page;
  if (kept.length === 0) return;
  lines.push(`  ${style.stay('keep')}    ${count(summary.images.keep, 'image')}`);
  if (page.verbose) {
    const rows = kept.map(({ image, reason, parts, size }): Row => ({
      name: imageName(image),
      size: bytes(size),
      age: measuredAge(image, reason, clock, plan.now),
      why: `${parts > 0 ? `+${count(parts, 'part')}, ` : ''}${reasonLine(reason)}`,
    }));
    const columns = columnsFor(page, rows);
    lines.push(...rows.map((row) => rowLine(page, 4, row, columns)));
  } else if (complete) {
    addCounts(page, keptBy);
  }
  lines.push('');
}

function addCounts({ lines, style, columns }: Page, counts: readonly KeptCount[]): void {
  const digits = Math.max(...counts.map(({ images }) => number(images).length));
  const words = Math.max(...counts.map(({ code }) => width(reasonWords(code))));
  for (const { code, images, rules } of counts) {
    const names = rules.map(printable).join(', ');
    const start = `    ${padStart(number(images), digits)}  ${names === '' ? reasonWords(code) : padEnd(reasonWords(code), words)}`;
    const room = columns === undefined ? Infinity : columns - width(start) - 2;
    lines.push(names === '' || room < 4 ? start : `${start}  ${style.dim(fit(names, room))}`);
  }
}

interface Row {
  /** One part for each tag, or the one digest. */
  readonly name: readonly string[];
  readonly size: string;
  readonly age: string;
  readonly why: string;
}

/** Rows under the name of the rule that decided each; unless verbose, no more than a screenful in all. */
function addByRule<Item extends { readonly reason: Reason }>(page: Page, items: readonly Item[], rowOf: (item: Item) => Row): void {
  const rules = new Map<string | undefined, Item[]>();
  for (const item of items) {
    const ofRule = rules.get(item.reason.rule);
    if (ofRule) ofRule.push(item);
    else rules.set(item.reason.rule, [item]);
  }
  const most = items.length <= page.listed ? Infinity : Math.max(2, Math.floor(page.listed / rules.size));
  // One left over takes no less room than saying so.
  const blocks = [...rules].map(([rule, ofRule]) => ({
    rule,
    all: ofRule.length,
    rows: (ofRule.length <= most + 1 ? ofRule : ofRule.slice(0, most)).map(rowOf),
  }));
  const columns = columnsFor(
    page,
    blocks.flatMap(({ rows }) => rows),
  );
  for (const { rule, all, rows } of blocks) {
    if (rule !== undefined) page.lines.push(`    ${printable(rule)}${page.style.dim(`  ${number(all)}`)}`);
    page.lines.push(...rows.map((row) => rowLine(page, 6, row, columns)));
    if (rows.length < all) page.lines.push(page.style.dim(`      ${moreLine(all - rows.length)}, -o name lists them`));
  }
}

interface Columns {
  /** What the longest name takes. */
  readonly name: number;
  /** The names as they are shown: two rows never show the same. */
  readonly shown: ReadonlyMap<Row, string>;
  /** Whether any row has a size. */
  readonly sized: boolean;
}

function columnsFor({ columns }: Page, rows: readonly Row[]): Columns {
  const most = columns === undefined ? Infinity : Math.max(16, columns - FIXED - WHY);
  const shown = namesOf(rows, most);
  const longest = Math.max(0, ...[...shown.values()].map(width).filter((one) => one <= most));
  return { shown, name: Math.min(longest, 60), sized: rows.some(({ size }) => size !== '') };
}

/** Each name cut to its room; where two would look the same, both are written out. */
function namesOf(rows: readonly Row[], most: number): ReadonlyMap<Row, string> {
  const cut = rows.map((row): [Row, string] => [row, nameIn(row.name, most)]);
  const times = new Map<string, number>();
  for (const [, name] of cut) times.set(name, (times.get(name) ?? 0) + 1);
  return new Map(cut.map(([row, name]) => [row, (times.get(name) as number) > 1 ? row.name.join(', ') : name]));
}

function rowLine({ style, columns }: Page, indent: number, row: Row, { shown, name, sized }: Columns): string {
  const facts = `${sized ? `  ${padStart(row.size, 7)}` : ''}  ${padStart(row.age, AGE)}`;
  const start = `${' '.repeat(indent)}${padEnd(shown.get(row) as string, name)}${facts}`;
  const why = columns === undefined ? row.why : fit(row.why, columns - width(start) - 2);
  return why === '' ? start.trimEnd() : `${start}  ${style.dim(why)}`;
}

/** All the tags where they fit, else the first and how many more. */
function nameIn(parts: readonly string[], columns: number): string {
  const all = parts.join(', ');
  if (parts.length < 2 || width(all) <= columns) return fitMiddle(all, columns);
  const more = ` +${parts.length - 1}`;
  return fitMiddle(parts[0] as string, columns - more.length) + more;
}

function imageName(image: PlannedImage): string[] {
  const tags = ordinaryTags(image).map(printable);
  return tags.length > 0 ? tags : [shortDigest(image.digest)];
}

/** Empty repositories on one line: some registries keep and list them for ever. */
function addEmpty({ lines, style }: Page, repositories: readonly RepositoryPlan[]): void {
  if (repositories.length === 0) return;
  const names = repositories.map(({ registry, repository }) => printable(`${registry}/${repository}`));
  const told = firstOf(names, LISTED).join(', ');
  lines.push(style.dim(`${count(repositories.length, 'empty repository', 'empty repositories')}: ${told}`), '');
}

function addUngoverned({ lines, style, verbose }: Page, repositories: readonly RepositoryPlan[]): void {
  if (repositories.length === 0) return;
  const names = repositories.map(({ registry, repository }) => printable(`${registry}/${repository}`));
  const shown = verbose || names.length <= 6 ? names : names.slice(0, 5);
  lines.push(style.dim(`No policy governs ${count(names.length, 'repository', 'repositories')}, left alone:`));
  lines.push(...shown.map((name) => style.dim(`  ${name}`)));
  if (shown.length < names.length) lines.push(style.dim(`  … and ${number(names.length - shown.length)} more`));
  lines.push('');
}
