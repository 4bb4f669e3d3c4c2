import { alternatives, regexProblem, tokensOf } from '../policy/regex.ts';
import type { RuleSpec } from '../policy/schema.ts';

type Tags = NonNullable<RuleSpec['tags']>;

/**
 * The tags in which an expression is found anywhere, as tools search that do not anchor it: globs where they say the same. Undefined for
 * one that RE2 does not know, such as one with a lookahead.
 */
export function tagsFoundBy(search: string): Tags | undefined {
  const parts = alternatives(search).map(wholeOf);
  const whole = parts.join('|');
  if (regexProblem(whole) !== undefined) return undefined;
  const globs = parts.map(globSaying);
  if (globs.some((glob) => glob === undefined)) return { regex: whole };
  return globs.includes('*') ? ['**'] : (globs as string[]);
}

/** The globs of {@link tagsFoundBy}, for what has to be taken out; undefined where it takes an expression. */
export function globsFoundBy(search: string): string[] | undefined {
  const tags = tagsFoundBy(search);
  return Array.isArray(tags) ? tags : undefined;
}

/** An alternative as an expression for the whole tag. */
function wholeOf(alternative: string): string {
  const tokens = tokensOf(alternative);
  const first = tokens.findIndex((token) => token !== '^' && token !== '\\A');
  const last = tokens.findLastIndex((token) => token !== '$' && token !== '\\z');
  const body = first < 0 ? '' : tokens.slice(first, last + 1).join('');
  const opensAtStart = first === 0 && !body.startsWith('.*');
  const opensAtEnd = last === tokens.length - 1 && first >= 0 && !/(?<!\\)(?:\\\\)*\.\*$/.test(body);
  // Nothing but anchors on one side is found in every tag.
  if (body === '') return tokens.length > 0 && isAnchored(tokens) ? '^$' : '.*';
  return `${opensAtStart ? '.*' : ''}${body}${opensAtEnd ? '.*' : ''}`;
}

function isAnchored(tokens: readonly string[]): boolean {
  return tokens.some((token) => token === '^' || token === '\\A') && tokens.some((token) => token === '$' || token === '\\z');
}

/** The glob that says the same as an expression for a whole tag; undefined where there is none. */
function globSaying(expression: string): string | undefined {
  const glob: string[] = [];
  const tokens = tokensOf(expression);
  for (const [at, token] of tokens.entries()) {
    const previous = tokens[at - 1];
    if (/^[A-Za-z0-9_-]$/.test(token)) glob.push(token);
    else if (/^\\[.-]$/.test(token)) glob.push(token.slice(1));
    else if (token === '.') glob.push('?');
    else if (token === '*' && previous === '.') glob.splice(-1, 1, '*');
    else if (token === '+' && previous === '.') glob.splice(-1, 1, '?*');
    else return undefined;
  }
  return glob.join('').replace(/\*{2,}/g, '*');
}
