import { printable } from '../diagnostics/redact.ts';
import { parseDigestTag } from '../domain/attachment.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { Step } from '../plan/plan.ts';
import { OUTCOMES } from './apply-text.ts';
import { codeSpan } from './code-span.ts';
import { inParts } from './in-parts.ts';
import { PLAIN, type Style } from './style.ts';
import { count, firstOf, number, shortDigest, time } from './text.ts';
import { wrap } from './width.ts';

/** A journal as people and programs look at it: without the bytes of the manifests. A document. */
export interface JournalView {
  readonly kind: 'JournalView';
  readonly formatVersion: '1.0';
  readonly createdAt: string;
  readonly registries: Readonly<Record<string, { readonly type: string; readonly url: string }>>;
  /** In the order in which they were begun. */
  readonly deletions: Iterable<JournalEntry>;
  /** Images that were copied elsewhere before that. Absent where none was. */
  readonly copies?: readonly { readonly registry: string; readonly repository: string; readonly digest: Digest; readonly to: string }[];
}

/** The document, and the same by repository: one after the other is gone through, as often as it takes. */
export interface ShownJournal {
  readonly view: JournalView;
  /** In the order of their first deletions. */
  readonly repositories: Iterable<readonly [name: string, entries: readonly JournalEntry[]]>;
}

/** What was deleted, taken off or archived, or may have been. */
export interface JournalEntry {
  readonly registry: string;
  readonly repository: string;
  readonly op: Step['op'];
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Absent where the run ended before it knew. */
  readonly outcome?: StepOutcome;
}

/** Columns of a list of tags where nobody says how wide the terminal is. */
const COLUMNS = 100;
const UNKNOWN = 'begun, and not known how it ended';

/** What a run deleted, for people: the totals, then every tag of each repository, then what was not done. */
export function* journalText(
  shown: ShownJournal,
  options: { readonly style?: Style; readonly columns?: number | undefined } = {},
): Generator<string, void, undefined> {
  const { style = PLAIN, columns = COLUMNS } = options;
  yield `${totals(shown, style)}\n`;
  for (const [name, entries] of shown.repositories) {
    const done = entries.filter(wentAway);
    const tags = done.flatMap((entry) => entry.tags).filter((tag) => !parseDigestTag(tag));
    const untagged = done.filter((entry) => entry.tags.length === 0).length;
    const lines = ['', `${style.bold(printable(name))}  ${style.dim(count(done.length, 'deletion'))}`];
    const words = [...tags.map(printable).toSorted(byCodeUnit), ...(untagged > 0 ? [`${count(untagged, 'manifest')} without a tag`] : [])];
    lines.push(...wrap(words, columns, '  '));
    for (const entry of entries)
      if (!wentAway(entry)) lines.push(`  ${nameOf(entry)}  ${style.change(OUTCOMES[entry.outcome as StepOutcome])}`);
    const open = entries.filter(({ outcome }) => outcome === undefined);
    if (open.length > 0) lines.push(`  ${style.change(`${UNKNOWN}: ${open.map(nameOf).join(', ')}`)}`);
    yield `${lines.join('\n')}\n`;
  }
}

/** The same for a comment or a step summary. */
export function journalMarkdown(shown: ShownJournal): string {
  const rows: string[] = [];
  for (const [name, entries] of shown.repositories) {
    if (rows.length === ROWS) break;
    const done = entries.filter(wentAway);
    const tags = done.flatMap((entry) => entry.tags).filter((tag) => !parseDigestTag(tag));
    rows.push(`| ${codeSpan(name)} | ${number(done.length)} | ${firstOf(tags.map(codeSpan), TAGS).join(' ')} |`);
  }
  return `### ${totals(shown, PLAIN)}\n\n| Repository | Deletions | Tags |\n| --- | ---: | --- |\n${rows.join('\n')}\n`;
}

/** Rows and tags in Markdown, which together stay below what a comment takes. */
const ROWS = 50;
const TAGS = 5;

/** One reference a line for everything that went, in parts. */
export function journalNames(view: JournalView): Generator<string, void, undefined> {
  return inParts(namesIn(view));
}

function* namesIn({ registries, deletions }: JournalView): Generator<string, void, undefined> {
  for (const entry of deletions) {
    if (!wentAway(entry)) continue;
    const { registry, repository, digest, tags } = entry;
    const base = `${new URL(registries[registry]?.url ?? `https://${registry}`).host}/${repository}`;
    const names = tags.length > 0 ? tags.map((tag) => `${base}:${tag}`) : [`${base}@${digest}`];
    yield names.map((name) => `${printable(name)}\n`).join('');
  }
}

function totals({ view, repositories }: ShownJournal, style: Style): string {
  const sums = { manifests: 0, tags: 0, archived: 0, repositories: 0 };
  for (const [, entries] of repositories) {
    const done = entries.filter(wentAway);
    sums.repositories += 1;
    sums.manifests += new Set(done.flatMap(({ op, digest }) => (op === 'delete-manifest' ? [digest] : []))).size;
    for (const { op, tags } of done) sums[op === 'archive-manifest' ? 'archived' : 'tags'] += op === 'archive-manifest' ? 1 : tags.length;
  }
  const what = [
    count(sums.manifests, 'manifest'),
    count(sums.tags, 'tag'),
    ...(sums.archived > 0 ? [`${count(sums.archived, 'manifest')} into the archive`] : []),
  ];
  const where = count(sums.repositories, 'repository', 'repositories');
  const { copies = [] } = view;
  const places = [...new Set(copies.map(({ to }) => printable(to)))];
  const copied =
    copies.length === 0
      ? ''
      : `, after ${count(copies.length, 'image')} ${copies.length === 1 ? 'was' : 'were'} copied to ${firstOf(places, TAGS).join(', ')}`;
  return `The run of ${style.bold(time(view.createdAt))} deleted ${what.join(' and ')} in ${where}${copied}`;
}

/** Also what may have gone: a run that was killed does not know. */
function wentAway({ outcome }: JournalEntry): boolean {
  return outcome === undefined || outcome === 'deleted' || outcome === 'gone' || outcome === 'archived';
}

function nameOf({ tags, digest }: JournalEntry): string {
  return tags.length > 0 ? tags.map(printable).join(', ') : shortDigest(digest);
}
