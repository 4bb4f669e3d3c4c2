import * as z from 'zod';
import { areGlobsDisjoint, areGlobsWithin } from '../policy/unreachable.ts';
import { DoublestarPattern, RepositoryPattern } from './doublestar.ts';
import { globOf } from './glob-of.ts';

/**
 * What a rule of Harbor selects tags or repositories by (goharbor/harbor, src/lib/selector/selectors/doublestar): a pattern that matches
 * everything where it is empty.
 */
export const HarborSelector = z.strictObject({
  kind: z.literal('doublestar'),
  decoration: z.enum(['matches', 'excludes', 'repoMatches', 'repoExcludes']),
  pattern: DoublestarPattern,
  extras: z.string().optional(),
});

export type HarborSelector = z.infer<typeof HarborSelector>;

export const HarborScope = HarborSelector.extend({ pattern: RepositoryPattern });

/** The globs that select the same tags. */
export function tagGlobsOf({ decoration, pattern }: HarborSelector): string[] {
  const glob = pattern === '' ? '**' : pattern.replace(/^!/, '\\!');
  return decoration === 'excludes' || decoration === 'repoExcludes' ? ['**', `!${glob}`] : [glob];
}

/** The globs that select the same repositories. Harbor's patterns are for their names within the project. */
export function repositoryGlobsOf(selector: HarborSelector, project: string | undefined): string[] {
  const within = project === undefined ? '*' : globOf(project);
  const globs = tagGlobsOf(selector).map((glob) => (glob.startsWith('!') ? `!${within}/${glob.slice(1)}` : `${within}/${glob}`));
  // "a/**" matches "a" too here, and does not in the package that Harbor uses (doublestar 1, doublestar_test.go).
  const { decoration, pattern } = selector;
  return decoration === 'repoMatches' && pattern.endsWith('/**') ? [...globs, `!${within}/${pattern.slice(0, -3)}`] : globs;
}

/** Whether images without a tag are selected, too: as `extras` says, and without it yes. */
export function selectsUntagged({ decoration, extras = '' }: HarborSelector): boolean {
  const untagged = /"untagged"\s*:\s*(true|false)/.exec(extras)?.[1];
  // "excludes" turns around what "untagged" says, and takes false where nothing is said.
  return untagged === undefined || (untagged === 'true') === (decoration === 'matches');
}

/** `tags that match v*` */
export function selectionWords({ decoration, pattern }: HarborSelector, what: string): string {
  return `${what} that ${decoration === 'excludes' || decoration === 'repoExcludes' ? 'do not match' : 'match'} ${pattern || '**'}`;
}

export function isSelectorWithin(inner: HarborSelector, outer: HarborSelector): boolean {
  return areGlobsWithin(tagGlobsOf(inner), tagGlobsOf(outer));
}

export function mayOverlap(one: HarborSelector, other: HarborSelector): boolean {
  return !areGlobsDisjoint(tagGlobsOf(one), tagGlobsOf(other));
}
