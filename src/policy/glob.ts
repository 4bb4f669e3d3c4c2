import { RE2JS } from 're2js';

/** Matches whole names: `*` does not cross `/`, `**` does. */
export type NameMatcher = (name: string) => boolean;

/** True of a glob that can be compiled. */
export function isGlob(glob: string): boolean {
  return compileGlob(glob) !== undefined;
}

/** Matches a name that some plain glob matches and no `!` glob does. */
export function compileGlobs(globs: readonly string[]): NameMatcher {
  const compile = (list: readonly string[]): readonly RE2JS[] => list.flatMap((glob) => compileGlob(glob) ?? []);
  const include = compile(globs.filter((glob) => !glob.startsWith('!')));
  const exclude = compile(globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)));
  return (name) => include.some((glob) => glob.matches(name)) && !exclude.some((glob) => glob.matches(name));
}

/**
 * `*`, `**`, `?`, `[a-z]`, `[!a-z]`, `{a,b}` and `\` before any of these. The libraries for globs match by the regular expressions of the language, which
 * backtrack: `*a*a*a*a*b` can hang them. RE2 cannot. Undefined for a glob with a bracket or brace that does not close.
 */
function compileGlob(glob: string): RE2JS | undefined {
  let pattern = '';
  let depth = 0;
  for (let at = 0; at < glob.length;) {
    const [token = ''] = /^(?:\*+|\\?.)/su.exec(glob.slice(at)) ?? [];
    const after = at + token.length;
    if (token === '[') {
      const [group, negated, members] = /^\[([!^]?)(\]?[^\]]*)\]/.exec(glob.slice(at)) ?? [];
      if (group === undefined || members === '') return undefined;
      pattern += `[${negated ? '^/' : ''}${(members as string).replace(/[[\]^\\]/g, '\\$&')}]`;
      at += group.length;
      continue;
    }
    // "a/**/b" matches "a/b" too: whole path parts, none among them.
    const wholeParts = token.length > 1 && token.startsWith('*') && /(?:^|\/)$/.test(glob.slice(0, at)) && glob[after] === '/';
    if (wholeParts) pattern += '(?:.*/)?';
    else if (token.startsWith('*')) pattern += token === '*' ? '[^/]*' : '.*';
    else if (token === '?') pattern += '[^/]';
    else if (token === '{') pattern += '(?:';
    else if (token === '}' && depth > 0) pattern += ')';
    else if (token === ',' && depth > 0) pattern += '|';
    else pattern += RE2JS.quote(token.length > 1 && token.startsWith('\\') ? token.slice(1) : token);
    if (token === '{') depth += 1;
    if (token === '}' && depth > 0) depth -= 1;
    at = wholeParts ? after + 1 : after;
  }
  if (glob === '' || depth > 0) return undefined;
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch {
    return undefined;
  }
}
