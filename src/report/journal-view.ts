import { printable } from '../diagnostics/redact.ts';
import { parseDigestTag } from '../domain/attachment.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { Step } from '../plan/plan.ts';
import { OUTCOMES } from './apply-text.ts';
import { codeSpan } from './code-span.ts';
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
  readonly deletions: readonly JournalEntry[];
  /** Images that were copied elsewhere before that. Absent where none was. */
  readonly copies?: readonly { readonly registry: string; readonly repository: string; readonly digest: Digest; readonly to: string }[];
}

/** What was deleted, taken off or archived, or may have been. */
interface JournalEntry {
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
export function journalText(view: JournalView, options: { readonly style?: Style; readonly columns?: number | undefined } = {}): string {
  const { style = PLAIN, columns = COLUMNS } = options;
  const lines = [totals(view, style)];
  for (const [name, entries] of byRepository(view)) {
    const done = entries.filter(wentAway);
    const tags = done.flatMap((entry) => entry.tags).filter((tag) => !parseDigestTag(tag));
    const untagged = done.filter((entry) => entry.tags.length === 0).length;
    lines.push('', `${style.bold(printable(name))}  ${style.dim(count(done.length, 'deletion'))}`);
    const words = [...tags.map(printable).toSorted(byCodeUnit), ...(untagged > 0 ? [`${count(untagged, 'manifest')} without a tag`] : [])];
    lines.push(...wrap(words, columns, '  '));
    for (const entry of entries)
      if (!wentAway(entry)) lines.push(`  ${nameOf(entry)}  ${style.change(OUTCOMES[entry.outcome as StepOutcome])}`);
    const open = entries.filter(({ outcome }) => outcome === undefined);
    if (open.length > 0) lines.push(`  ${style.change(`${UNKNOWN}: ${open.map(nameOf).join(', ')}`)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The same for a comment or a step summary. */
export function journalMarkdown(view: JournalView): string {
  const rows = [...byRepository(view)].slice(0, ROWS).map(([name, entries]) => {
    const done = entries.filter(wentAway);
    const tags = done.flatMap((entry) => entry.tags).filter((tag) => !parseDigestTag(tag));
    return `| ${codeSpan(name)} | ${number(done.length)} | ${firstOf(tags.map(codeSpan), TAGS).join(' ')} |`;
  });
  return `### ${totals(view, PLAIN)}\n\n| Repository | Deletions | Tags |\n| --- | ---: | --- |\n${rows.join('\n')}\n`;
}

/** Rows and tags in Markdown, which together stay below what a comment takes. */
const ROWS = 50;
const TAGS = 5;

/** One reference a line for everything that went. */
export function journalNames({ registries, deletions }: JournalView): string {
  return deletions
    .filter(wentAway)
    .flatMap(({ registry, repository, digest, tags }) => {
      const base = `${new URL(registries[registry]?.url ?? `https://${registry}`).host}/${repository}`;
      return tags.length > 0 ? tags.map((tag) => `${base}:${tag}`) : [`${base}@${digest}`];
    })
    .map((name) => `${printable(name)}\n`)
    .join('');
}

function totals(view: JournalView, style: Style): string {
  const done = view.deletions.filter(wentAway);
  const manifests = new Set(
    done.filter(({ op }) => op === 'delete-manifest').map(({ registry, repository, digest }) => `${registry}/${repository}@${digest}`),
  );
  const tags = done.flatMap((entry) => (entry.op === 'archive-manifest' ? [] : entry.tags));
  const archived = done.filter(({ op }) => op === 'archive-manifest').length;
  const what = [
    count(manifests.size, 'manifest'),
    count(tags.length, 'tag'),
    ...(archived > 0 ? [`${count(archived, 'manifest')} into the archive`] : []),
  ];
  const where = count(byRepository(view).size, 'repository', 'repositories');
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

function byRepository({ deletions }: JournalView): Map<string, JournalEntry[]> {
  const all = new Map<string, JournalEntry[]>();
  for (const entry of deletions) {
    const name = `${entry.registry}/${entry.repository}`;
    const those = all.get(name);
    if (those) those.push(entry);
    else all.set(name, [entry]);
  }
  return all;
}
