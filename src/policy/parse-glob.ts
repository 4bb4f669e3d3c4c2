import { RE2JS } from 're2js';

/** A glob that was read: the characters that it begins with, and what follows them. What follows most often needs no expression. */
export interface ParsedGlob {
  /** The characters before the first that is not taken as it is. */
  readonly prefix: string;
  /** What follows the prefix up to the end: nothing, `*`, `**`, `/**`, or something else. */
  readonly rest: '' | '*' | '**' | '/**' | 'more';
  /** All of it as an RE2 expression. */
  readonly pattern: string;
  /** Every character outside of brackets that is taken as it is. */
  readonly literals: string;
}

/** Whole parts of a name to the end, which may also be missing: `a/**` matches `a` too. */
const REST_OF_NAME = /^\/\*\*+/;

/**
 * Reads `*`, `**`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, and `\` before any character, which is then taken as it is. A glob that is wrong is
 * answered by what is wrong with it, as a sentence without its subject.
 *
 * The libraries for globs match by the regular expressions of the language, which backtrack: `*a*a*a*a*b` can hang them. RE2 cannot.
 */
export function parseGlob(glob: string): ParsedGlob | string {
  if (glob === '') return 'is empty';
  const range = /\{[^{},]*\.\.[^{},]*\}/.exec(glob);
  if (range) return `has "${range[0]}", and braces hold a list here: write {1,2,3}, or [1-3] for one digit`;
  let [pattern, prefix, literals] = ['', '', ''];
  let rest: ParsedGlob['rest'] = '';
  /** For each brace that is open, whether it stands where a part of a name begins. */
  const open: boolean[] = [];
  let beginsPart = true;
  for (let at = 0; at < glob.length;) {
    const [character = ''] = glob.slice(at, at + 2).match(/^./su) ?? [];
    const [stars = ''] = /^\*+/.exec(glob.slice(at)) ?? [];
    const [restOfName = ''] = REST_OF_NAME.exec(glob.slice(at)) ?? [];
    let length = character.length;
    let kind: ParsedGlob['rest'] = 'more';
    let begins = false;
    if (stars !== '') {
      const crosses = stars.length > 1;
      const wholeParts: boolean = crosses && beginsPart && glob[at + stars.length] === '/';
      length = stars.length + (wholeParts ? 1 : 0);
      // "a/**/b" matches "a/b" too: any number of parts, and none.
      pattern += wholeParts ? '(?:.*/)?' : crosses ? '.*' : '[^/]*';
      begins = wholeParts;
      if (!wholeParts && at + length === glob.length) kind = crosses ? '**' : '*';
    } else if (restOfName !== '' && endsName(glob, at + restOfName.length, open.length)) {
      length = restOfName.length;
      pattern += '(?:/.*)?';
      if (at + length === glob.length) kind = '/**';
    } else if (character === '[') {
      const members = parseMembers(glob, at + 1);
      if (typeof members === 'string') return members;
      length = members.end - at;
      pattern += members.pattern;
    } else if (character === '?') {
      pattern += '[^/]';
    } else if (character === '{') {
      open.push(beginsPart);
      begins = beginsPart;
      pattern += '(?:';
    } else if (character === ',' && open.length > 0) {
      begins = open.at(-1) as boolean;
      pattern += '|';
    } else if (character === '}' && open.length > 0) {
      open.pop();
      pattern += ')';
    } else {
      const escaped = character === '\\';
      const taken = escaped ? (/^./su.exec(glob.slice(at + 1))?.[0] ?? '') : character;
      if (taken === '') return 'ends in "\\", which takes the next character as it is: write "\\\\" for the character itself';
      length = escaped ? 1 + taken.length : length;
      pattern += RE2JS.quote(taken);
      literals += taken;
      if (rest === '') prefix += taken;
      begins = taken === '/';
      kind = '';
    }
    if (rest === '') rest = kind;
    beginsPart = begins;
    at += length;
  }
  return open.length > 0 ? 'has a "{" that does not close' : { prefix, rest, pattern, literals };
}

/** True if nothing but the ends of open braces, and more `/**`, follows. */
function endsName(glob: string, from: number, depth: number): boolean {
  for (let at = from, open = depth; at < glob.length;) {
    const [more = ''] = REST_OF_NAME.exec(glob.slice(at)) ?? [];
    if (more === '' && (open === 0 || !/[,}]/.test(glob.charAt(at)))) return false;
    if (more !== '') at += more.length;
    else {
      at = endOfBrace(glob, at);
      open -= 1;
    }
  }
  return true;
}

/** The place after the brace that is open at a place of a glob. */
function endOfBrace(glob: string, from: number): number {
  let depth = 1;
  let at = from;
  for (; at < glob.length && depth > 0; at++) {
    if (glob[at] === '\\') at += 1;
    else if (glob[at] === '{') depth += 1;
    else if (glob[at] === '}') depth -= 1;
  }
  return at;
}

/** Reads what stands in brackets, from the place after the first. `\` takes the next character as it is; a first `]` is a member. */
function parseMembers(glob: string, from: number): { readonly pattern: string; readonly end: number } | string {
  const negated = glob[from] === '!' || glob[from] === '^';
  const first = from + (negated ? 1 : 0);
  const unclosed = 'has a "[" that does not close';
  let pattern = '';
  for (let at = first; at < glob.length;) {
    if (glob[at] === ']' && at > first) return { pattern: `[${negated ? '^/' : ''}${pattern}]`, end: at + 1 };
    if (glob.startsWith('[:', at)) return 'has "[:", and classes have no names here: write the characters, such as [0-9]';
    const low = memberAt(glob, at);
    at += low.length;
    const isRange = glob[at] === '-' && at + 1 < glob.length && glob[at + 1] !== ']';
    const high = isRange ? memberAt(glob, at + 1) : low;
    if (isRange) at += 1 + high.length;
    if (low.code === undefined || high.code === undefined) return unclosed;
    if (low.code > high.code) return 'has a range in brackets that runs backwards';
    pattern += isRange ? `${inBrackets(low.code)}-${inBrackets(high.code)}` : inBrackets(low.code);
  }
  return unclosed;
}

/** The character at a place in brackets, or the one after a `\`; no code where the glob ends. */
function memberAt(glob: string, at: number): { readonly code: number | undefined; readonly length: number } {
  const skipped = glob[at] === '\\' ? 1 : 0;
  const code = glob.codePointAt(at + skipped);
  return { code, length: skipped + (code === undefined || code < 0x1_00_00 ? 1 : 2) };
}

function inBrackets(code: number): string {
  return `\\x{${code.toString(16)}}`;
}
