import { compileGlobs, type NameMatcher } from './glob.ts';

/** Repositories of the same registry that a policy or a rule names. */
export interface NamedRepositories {
  readonly matches: NameMatcher;
  /** Each glob by itself, as written; `!` takes out. Where nothing matches one without it, something that is named was not found. */
  readonly globs: readonly RepositoryGlob[];
  /** True where there are names alone, so that it is known which repositories are meant without a list of all. */
  readonly areNames: boolean;
}

interface RepositoryGlob {
  readonly text: string;
  readonly takesOut: boolean;
  /** Without the `!`. */
  readonly matches: NameMatcher;
}

/** Compiles the globs over repository names of a policy. */
export function compileNamedRepositories(globs: readonly string[]): NamedRepositories {
  const each = globs.map((text) => ({ text, takesOut: text.startsWith('!'), matches: compileGlobs([text.replace(/^!/, '')]) }));
  return {
    globs: each,
    matches: compileGlobs(globs),
    areNames: each.every(({ text, takesOut }) => takesOut || !/[*?[{\\]/.test(text)),
  };
}
