import { compileGlobs, type NameMatcher } from './glob.ts';

/** Repositories of the same registry that a policy or a rule names. */
export interface NamedRepositories {
  readonly matches: NameMatcher;
  /** One for each glob without `!`: where nothing matches one of them, something that is named was not found. */
  readonly each: readonly NameMatcher[];
  /** Each glob by itself, as written; `!` takes out. */
  readonly globs: readonly { readonly text: string; readonly takesOut: boolean; readonly matches: NameMatcher }[];
  /** True where there are names alone, so that it is known which repositories are meant without a list of all. */
  readonly areNames: boolean;
}

/** Compiles the globs over repository names of a policy. */
export function compileNamedRepositories(globs: readonly string[]): NamedRepositories {
  const plain = globs.filter((glob) => !glob.startsWith('!'));
  return {
    globs: globs.map((text) => ({ text, takesOut: text.startsWith('!'), matches: compileGlobs([text.replace(/^!/, '')]) })),
    matches: compileGlobs(globs),
    each: plain.map((glob) => compileGlobs([glob])),
    areNames: plain.every((glob) => !/[*?[{\\]/.test(glob)),
  };
}
