import picomatch from 'picomatch';

// dot: a leading dot is a character like any other. nonegate, noextglob: "!" is ours, and nothing may backtrack.
const OPTIONS = { dot: true, nonegate: true, noextglob: true, strictSlashes: true, strictBrackets: true } as const;

/** Matches whole names: `*` does not cross `/`, `**` does. */
export type NameMatcher = (name: string) => boolean;

/** True of a glob that can be compiled. */
export function isGlob(glob: string): boolean {
  try {
    picomatch.makeRe(glob, OPTIONS);
    return glob.length > 0;
  } catch {
    return false;
  }
}

/** Matches a name that some plain glob matches and no `!` glob does. */
export function compileGlobs(globs: readonly string[]): NameMatcher {
  const compile = (list: readonly string[]): NameMatcher => (list.length > 0 ? picomatch([...list], OPTIONS) : () => false);
  const include = compile(globs.filter((glob) => !glob.startsWith('!')));
  const exclude = compile(globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)));
  return (name) => include(name) && !exclude(name);
}
