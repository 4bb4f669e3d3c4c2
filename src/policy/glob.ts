import { RE2JS } from 're2js';
import { type ParsedGlob, parseGlob } from './parse-glob.ts';

/** Matches whole names: `*` does not cross `/`, `**` does. */
export type NameMatcher = (name: string) => boolean;

/** True of a glob that can be compiled. */
export function isGlob(glob: string): boolean {
  return globProblem(glob) === undefined;
}

/** What keeps a glob from being compiled, as a sentence without its subject; undefined for one that can be. */
export function globProblem(glob: string): string | undefined {
  const parsed = parseGlob(glob);
  if (typeof parsed === 'string') return parsed;
  try {
    matcherOf(parsed);
    return undefined;
  } catch {
    return 'is too long or nested too deep';
  }
}

/** Matches a name that some plain glob matches and no `!` glob does. Throws a `TypeError` for a glob that {@link isGlob} refuses. */
export function compileGlobs(globs: readonly string[]): NameMatcher {
  const include = globs.filter((glob) => !glob.startsWith('!')).map(compileGlob);
  const exclude = globs.filter((glob) => glob.startsWith('!')).map((glob) => compileGlob(glob.slice(1)));
  const [only] = include;
  if (only && include.length === 1 && exclude.length === 0) return only;
  return (name) => include.some((matches) => matches(name)) && !exclude.some((matches) => matches(name));
}

function compileGlob(glob: string): NameMatcher {
  const parsed = parseGlob(glob);
  if (typeof parsed === 'string') throw new TypeError(`the glob "${glob}" ${parsed}`);
  return matcherOf(parsed);
}

/** The prefix is compared first, because most names differ there, and an expression is asked only where one is needed. */
function matcherOf({ prefix, rest, pattern }: ParsedGlob): NameMatcher {
  switch (rest) {
    case '':
      return (name) => name === prefix;
    case '*':
      return (name) => name.startsWith(prefix) && !name.includes('/', prefix.length);
    case '**':
      return (name) => name.startsWith(prefix);
    case '/**':
      return (name) => name.startsWith(prefix) && (name.length === prefix.length || name[prefix.length] === '/');
    case 'more': {
      const regex = RE2JS.compile(pattern, RE2JS.DOTALL);
      return (name) => name.startsWith(prefix) && regex.testExact(name);
    }
  }
}
