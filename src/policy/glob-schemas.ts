import * as z from 'zod';
import { globProblem } from './glob.ts';
import { parseGlob } from './parse-glob.ts';

/** What keeps a glob from matching any name of its kind, as a sentence; undefined for one that can match. */
type Impossible = (glob: string) => string | undefined;

/** A list of globs over tags. Some plain glob must match, and no "!" glob may. */
export const tagGlobs = globList(impossibleTag);

/** A list of globs over the names of repositories. Some plain glob must match, and no "!" glob may. */
export const repositoryGlobs = globList(impossibleRepository);

/** A list of globs over tags, without "!". */
export const plainTagGlobs = z.array(plainGlob(impossibleTag)).min(1);

/** A list of globs over anything, without "!". */
export const plainGlobs = z.array(plainGlob()).min(1);

/** Names, each with a glob over its value. */
export const globMap = z
  .record(z.string(), plainGlob())
  .refine((map) => Object.keys(map).length > 0, { error: 'needs at least one name and value' })
  .meta({ minProperties: 1 });

function globList(impossible: Impossible) {
  return z
    .array(
      z.string().superRefine((glob, context) => {
        const message = problemOf(glob.replace(/^!/, ''), impossible);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      }),
    )
    .refine((list) => list.some((glob) => !glob.startsWith('!')), {
      error: 'needs at least one glob without "!": on their own, "!" globs select nothing',
    })
    .meta({ minItems: 1 });
}

function plainGlob(impossible: Impossible = () => undefined) {
  return z.string().superRefine((glob, context) => {
    const message = glob.startsWith('!')
      ? 'a glob with "!" cannot stand here; write "\\!" for the character itself'
      : problemOf(glob, impossible);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

function problemOf(glob: string, impossible: Impossible): string | undefined {
  const problem = globProblem(glob);
  return problem === undefined ? impossible(glob) : `not a valid glob: it ${problem}`;
}

function impossibleTag(glob: string): string | undefined {
  return impossibleName('tag', glob, /[^A-Za-z0-9_.-]/u);
}

function impossibleRepository(glob: string): string | undefined {
  return impossibleName('repository', glob, /[\^$()|\s:@]/u);
}

/** `^prod` is what people write who come from a tool with expressions: as a glob it would match nothing, and nobody would say so. */
function impossibleName(kind: 'tag' | 'repository', glob: string, foreign: RegExp): string | undefined {
  const parsed = parseGlob(glob);
  const [character] = typeof parsed === 'string' ? [] : (foreign.exec(parsed.literals) ?? []);
  if (character === undefined) return undefined;
  const [atStart, atEnd] = [glob.startsWith('^'), glob.endsWith('$')];
  const name = glob.slice(atStart ? 1 : 0, atEnd ? -1 : undefined);
  const none = `no ${kind} has "${character}"`;
  if ((!atStart && !atEnd) || name === '') return `${none}, so this glob matches nothing: it can hold *, **, ?, [a-z], {a,b} and "\\"`;
  const any = kind === 'tag' ? '*' : '**';
  const wide = atStart ? `${name}${any}` : `${any}${name}`;
  const orMany = atStart && atEnd ? '' : `, or "${wide}" for every ${kind} that ${atStart ? 'begins' : 'ends'} so`;
  return `${none}, and a glob is for the whole ${kind} in any case: write "${name}" for that ${kind} alone${orMany}`;
}
