import type { Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { areGlobsWithin } from '../policy/unreachable.ts';
import { daysIn } from './days-in.ts';
import { globsOfRepositories } from './globs-of-repositories.ts';
import { type Commented, type ImportedPolicy, keepsAll } from './imported-policy.ts';
import { narrowFirst } from './narrow-first.ts';
import { originalAcr } from './original/acr.ts';
import type { Original } from './original/original.ts';
import { settingsError } from './parse-settings.ts';
import { shellWords, type Word } from './shell-words.ts';
import { tagsFoundBy } from './whole-tag.ts';
import type { Purge } from './settings/acr-purge.ts';

// Azure/acr-cli, cmd/acr/purge.go and cmd/repository/image_functions.go: the flags, and what they do. The expression for repositories
// stands between ^ and $, that for tags is searched for; --keep counts the newest of those that would be deleted, of tags and then, since
// 2025, of the manifests that have none; the tags of all filters of one command that match a repository are counted together.

const TAKE_A_VALUE = ['--registry', '-r', '--username', '-u', '--password', '-p', '--config', '-c'];
const HOW_FAST = ['--concurrency', '--repository-page-size', '--filter-timeout-seconds'];

/** The command, by its name or by that of its image (`mcr.microsoft.com/acr/acr-cli:0.14 purge`), but in no comment. */
const COMMAND = /(?<=^[^#\n]*)\bacr(?:-cli(?::[\w.-]+)?)?[ \t]+purge\b/gm;

export function isAcrPurge(text: string): boolean {
  return text.search(COMMAND) >= 0;
}

/** Every `acr purge` of a text: command lines, a script, `az acr task create --cmd`, the steps of a task as YAML. */
export function importAcrPurge(source: Source): ImportedPolicy[] {
  const read = [...source.text.matchAll(COMMAND)].map(({ index, 0: { length } }) => readPurge(source, index + length));
  const problems = read.flatMap((one) => ('text' in one ? [] : one));
  if (problems.length > 0) throw settingsError(problems);
  const purges = read.flatMap((one) => ('text' in one ? [one] : []));
  const expressions = [...new Set(purges.flatMap(({ filters }) => filters.map(({ repositories }) => repositories)))];
  const groups = expressions.flatMap((repositories): Group[] => {
    const globs = globsOfRepositories(repositories);
    return globs
      ? [{ repositories, globs, purges: purges.filter(({ filters }) => filters.some((one) => one.repositories === repositories)) }]
      : [];
  });
  const left = expressions
    .filter((expression) => !groups.some(({ repositories }) => repositories === expression))
    .map((expression) => `LEFT OUT: the repositories ${expression}, an expression that globs cannot say.`);
  if (groups.length === 0) throw settingsError([problemAt(source, { start: 0, end: 1 }, left.join(' '))]);
  return narrowFirst(groups, isWithin).map((group, index, all) => {
    // What a wider filter says holds for these repositories too, which its own policy below does not govern.
    const those = [group, ...all.slice(index + 1).filter((other) => isWithin(group, other))];
    const together = [...new Set(those.flatMap((one) => one.purges))];
    return policyFor(
      group,
      together,
      those.map(({ repositories }) => repositories),
      index === 0 ? left : [],
      originalAcr(purges),
    );
  });
}

function isWithin(inner: Group, outer: Group): boolean {
  return areGlobsWithin(inner.globs, outer.globs);
}

interface Group {
  /** The expression, as the filters have it. */
  readonly repositories: string;
  readonly globs: string[];
  readonly purges: readonly Purge[];
}

/** The policy for one expression for repositories; `filters` are that expression and the wider ones. */
function policyFor(
  { repositories, globs }: Group,
  purges: readonly Purge[],
  filters: readonly string[],
  left: readonly string[],
  original: Original,
): ImportedPolicy {
  // What has no tag goes by the command that takes it soonest.
  const [soonest] = purges.filter(({ untagged }) => untagged !== 'no').toSorted((a, b) => a.days - b.days || a.keep - b.keep);
  const ofTags = purges.filter(({ untagged }) => untagged !== 'only');
  const rules = ofTags.map((purge, index): Commented<RuleSpec> => {
    const searches = purge.filters.filter((filter) => filters.includes(filter.repositories)).map(({ tags }) => tags);
    const name = ofTags.length === 1 ? 'purge' : `purge ${index + 1}`;
    const comments = [`acr purge ${purge.text}`, ...purge.notes];
    const tags = tagsFoundBy(searches.join('|'));
    if (tags === undefined)
      return keepsAll({ name, tags: ['**'] }, ...comments, 'NOT IMPORTED: RE2 does not know an expression of these filters.');
    if (soonest === undefined)
      return keepsAll(
        { name, tags },
        ...comments,
        'NOT IMPORTED: without --untagged, acr purge takes tags off and leaves the images; here they are deleted. If that is meant, ' +
          `write order: tagged, and keep: {days: ${purge.days}${purge.keep > 0 ? `, older: ${purge.keep}` : ''}} ` +
          'in the place of keep: all.',
      );
    // An image goes with its last tag here, and there not before it is as old as the command for what has no tag asks.
    const keep = keepOf(Math.max(purge.days, soonest.days), purge.keep + soonest.keep);
    if (soonest.keep > 0)
      comments.push(
        `ATTENTION: of the manifests that are without a tag then, acr purge keeps the newest ${soonest.keep} (--keep). Here an image ` +
          `goes with its last tag, so that the newest ${purge.keep + soonest.keep} stay; one that has other tags too is counted ` +
          'among them.',
      );
    return { part: { name, tags, order: 'tagged', keep }, comments };
  });
  if (soonest !== undefined)
    rules.push({
      part: { name: 'untagged', untagged: true, keep: keepOf(soonest.days, soonest.keep) },
      comments: [
        soonest.untagged === 'only' ? `acr purge ${soonest.text}` : '--untagged',
        ...(soonest.untagged === 'only' ? soonest.notes : []),
        ...purges
          .filter((one) => one.untagged === 'only' && one !== soonest)
          .map(({ text }) => `acr purge ${text}: the other command takes the same sooner.`),
      ],
    });
  return {
    name: `purge of ${repositories}`,
    comments: [
      `From acr purge for the repositories ${repositories}.`,
      '--keep counts tags; here the images are counted that have them, which keeps no fewer.',
      ...left,
    ],
    repositories: globs,
    rules,
    original,
  };
}

function keepOf(days: number, older: number): { readonly days: number; readonly older?: number } {
  return { days, ...(older > 0 && { older }) };
}

/** One command from its place on; else what of it is not understood. */
function readPurge(source: Source, from: number): Purge | readonly Problem[] {
  const words = shellWords(source.text, from);
  const problems: Problem[] = [];
  const wrong = ({ start, end }: Word, message: string): void => void problems.push(problemAt(source, { start, end }, message));
  const filters: Purge['filters'][number][] = [];
  const notes: string[] = [];
  let [days, keep, untagged]: [number | undefined, number, Purge['untagged']] = [undefined, 0, 'no'];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as Word;
    const [flag = '', ...inline] = word.text.split('=');
    const value = (): Word | undefined => (inline.length > 0 ? { ...word, text: inline.join('=') } : words[++at]);
    if (flag === '--filter' || flag === '-f') {
      const given = value();
      const filter = filterIn(given?.text ?? '');
      if (filter) filters.push(filter);
      else wrong(given ?? word, 'a filter is REPOSITORY:TAGS, two expressions');
    } else if (flag === '--ago') {
      const given = value();
      days = daysIn(given?.text ?? '');
      if (days === undefined) wrong(given ?? word, '--ago takes days and a duration of Go, such as 30d or 2d3h6m');
    } else if (flag === '--keep') {
      const given = value();
      keep = Number(given?.text);
      if (!/^\d+$/.test(given?.text ?? '')) wrong(given ?? word, '--keep takes a number');
    } else if (flag === '--untagged' || flag === '--untagged-only') {
      if (inline.join('=') !== 'false') untagged = flag === '--untagged' ? 'too' : 'only';
    } else if (flag === '--verbose') continue;
    else if (flag === '--dry-run') notes.push('ATTENTION: there it is a dry run (--dry-run) and deletes nothing.');
    else if (flag === '--include-locked') notes.push('--include-locked: here, what is locked stays.');
    else if ([...TAKE_A_VALUE, ...HOW_FAST].includes(flag)) value();
    else wrong(word, `"${word.text}" is not known of acr purge`);
  }
  const whole = { start: from, end: words.at(-1)?.end ?? from, text: '' };
  if (untagged === 'only') {
    // Without a filter it is for every repository, and without an age for what is new too.
    if (filters.length === 0) filters.push({ repositories: '.*', tags: '.*' });
    if (problems.length === 0) days ??= 0;
  }
  if (filters.length === 0) wrong(whole, 'acr purge needs --filter');
  if (days === undefined && problems.length === 0) wrong(whole, 'acr purge needs --ago');
  if (problems.length > 0) return problems;
  return {
    text: words
      .filter((_word, at) => isShown(words, at))
      .map(({ text }) => text)
      .join(' '),
    filters,
    days: days as number,
    keep,
    untagged,
    notes,
  };
}

/** Names and passwords are not copied into a policy. */
function isShown(words: readonly Word[], at: number): boolean {
  const flag = (words[at]?.text ?? '').split('=')[0] ?? '';
  return !TAKE_A_VALUE.includes(flag) && !TAKE_A_VALUE.includes(words[at - 1]?.text ?? '');
}

/** The two expressions of a filter, which a ":" that belongs to neither a group nor a class stands between. */
function filterIn(text: string): Purge['filters'][number] | undefined {
  const colons = [...text.matchAll(/:/g)].filter(({ index }) => !/\(\?[a-zA-Z-]*$|\[[^\]]*$/.test(text.slice(0, index)));
  const [only] = colons;
  if (!only || colons.length > 1) return undefined;
  const [repositories, tags] = [text.slice(0, only.index), text.slice(only.index + 1)];
  return repositories !== '' && tags !== '' ? { repositories, tags } : undefined;
}
