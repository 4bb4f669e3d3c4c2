import { RE2JS } from 're2js';

/** What an expression captured of a whole name that it matches, by the name of the capture; undefined where it does not match. */
export type NameCapture = (name: string) => Readonly<Record<string, string>> | undefined;

const NO_CAPTURES: Readonly<Record<string, string>> = Object.freeze({});

/** The capture names of an RE2 expression; none for one that {@link regexProblem} refuses. */
export function captureNames(pattern: string): string[] {
  return regexProblem(pattern) === undefined ? Object.keys(RE2JS.compile(pattern).namedGroups()) : [];
}

/** RE2JS's name for a match from the first character to the last. */
const ANCHOR_BOTH = 2;

/**
 * Compiles an RE2 expression (no backtracking), anchored at both ends, that tells what it captured under these names. To tell whether it
 * matches costs a tenth of what captures cost, so only those that are needed are asked for; the expression has each of them. A matcher
 * would look for the match once and for its captures once more, so the expression is asked itself. Throws `RE2JSSyntaxException` for an
 * expression that does not compile.
 */
export function compileRegex(pattern: string, captures: readonly string[] = []): NameCapture {
  const regex = RE2JS.compile(pattern);
  const groups = regex.namedGroups();
  const wanted = captures.map((name): readonly [name: string, group: number] => [name, groups[name] as number]);
  const most = 1 + Math.max(0, ...wanted.map(([, group]) => group));
  return (text) => {
    if (!regex.testExact(text)) return undefined;
    if (wanted.length === 0) return NO_CAPTURES;
    const [matched, bounds] = regex.re2().matchWithGroup(text, 0, text.length, ANCHOR_BOTH, most) as [boolean, readonly number[]];
    if (!matched) return undefined;
    // A group that took no part in the match begins at -1.
    const textOf = (group: number): string => text.slice(Math.max(0, bounds[2 * group] ?? 0), Math.max(0, bounds[2 * group + 1] ?? 0));
    return Object.fromEntries(wanted.map(([name, group]) => [name, textOf(group)]));
  };
}

/**
 * What is wrong with an expression for whole tags, as a sentence without its subject; undefined for one that can be compiled and whose
 * meaning is clear.
 */
export function regexProblem(pattern: string): string | undefined {
  if (pattern === '' || pattern === '^$') return 'is empty, and no tag is';
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    return syntaxProblem(pattern, error);
  }
  return anchorProblem(alternatives(pattern));
}

/**
 * In other tools `^prod` means every tag that begins so. Here an expression is for the whole tag, and it would mean that tag alone. What is
 * told can be written in the place of the whole expression, so that nobody loses an alternative by it.
 */
function anchorProblem(parts: readonly string[]): string | undefined {
  const halves = parts.map(halfAnchored);
  const [first] = halves.filter((half) => half !== undefined);
  if (!first) return undefined;
  const empty = halves.findIndex((half) => half?.exact === '');
  if (empty >= 0) return `has "${parts[empty]}" as an alternative, which matches no tag`;
  const either = (key: 'wide' | 'exact'): string => parts.map((part, index) => halves[index]?.[key] ?? part).join('|');
  const verbs = [...new Set(halves.flatMap((half) => (half ? [half.side === 'start' ? 'begins' : 'ends'] : [])))].toSorted();
  return (
    `is anchored at its ${first.side} only by "${first.anchor}", but an expression is for the whole tag in any case: ` +
    `write "${either('wide')}" for every tag that ${verbs.join(' or ')} so, or "${either('exact')}" for the whole tag`
  );
}

function syntaxProblem(pattern: string, error: unknown): string {
  const [around] = /\(\?<?[=!]/.exec(pattern) ?? [];
  if (around !== undefined) {
    const kind = around.includes('<') ? 'lookbehind' : 'lookahead';
    return (
      `has the ${kind} "${around}", and RE2 knows no such thing, because it never goes back: what is to be left out belongs into ` +
      'tags.exclude or to a rule above this one, what must be there besides into tags.include'
    );
  }
  const [back] = /\\[1-9]/.exec(pattern) ?? [];
  if (back !== undefined) return `refers back to a capture by "${back}", which RE2 cannot, because it never goes back`;
  return `is not a valid RE2 expression: ${error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)}`;
}

/** An alternative that is anchored on one side only, and the two ways to write it. */
interface HalfAnchored {
  readonly side: 'start' | 'end';
  readonly anchor: string;
  /** For every tag that begins, or ends, so. */
  readonly wide: string;
  /** For the whole tag. */
  readonly exact: string;
}

/**
 * Undefined for an alternative that is anchored on both sides or on none. With `.*` or `.+` at the other side both ways to read it mean the
 * same, so nothing is wrong with that either.
 */
function halfAnchored(alternative: string): HalfAnchored | undefined {
  const [, start = ''] = /^(?:\((?:\?(?:[a-zA-Z]+\)|[a-zA-Z]*:|P?<\w+>))?)*(\^|\\A)/.exec(alternative) ?? [];
  const [, end = ''] = /(?<!\\)(?:\\\\)*(\$|\\z)\)*$/.exec(alternative) ?? [];
  if ((start === '') === (end === '')) return undefined;
  const body = alternative.replace(start, '');
  const meant = end === '' ? body : body.slice(0, body.lastIndexOf(end)) + body.slice(body.lastIndexOf(end) + end.length);
  const isOpen = end === '' ? /\.[*+]\??\)*$/.test(meant) : /^(?:\((?:\?(?:[a-zA-Z]*:|P?<\w+>))?)*\.[*+]/.test(meant);
  if (isOpen) return undefined;
  return end === ''
    ? { side: 'start', anchor: start, wide: `${meant}.*`, exact: meant }
    : { side: 'end', anchor: end, wide: `.*${meant}`, exact: meant };
}

/** The parts of an expression between the `|` that stand in no group. */
export function alternatives(pattern: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const token of tokensOf(pattern)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

/** The parts of an expression: an escaped character, a quotation, a class, or one character each. */
export function tokensOf(pattern: string): string[] {
  return pattern.match(/\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|./gsu) ?? [];
}
