import { compileGlobs, type NameMatcher } from '../glob.ts';

/** True of labels or annotations that have every name that is asked for, each with a value that matches; false where they are not known. */
export type ValuesMatcher = (present: Readonly<Record<string, string>> | undefined) => boolean;

/** Compiles names with globs for their values; `*` alone asks that the name is there, whatever its value. */
export function compileValues(wanted: Readonly<Record<string, string>>): ValuesMatcher {
  const matchers = Object.entries(wanted).map(([name, glob]): readonly [string, NameMatcher] => [
    name,
    glob === '*' ? () => true : compileGlobs([glob]),
  ]);
  return (present) =>
    present !== undefined && matchers.every(([name, matches]) => Object.hasOwn(present, name) && matches(present[name] as string));
}
