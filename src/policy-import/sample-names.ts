import { tokensOf } from '../policy/regex.ts';

/** Names that people give, for what no glob and no expression tells more of. */
const USUAL = ['build-', 'v1.2.', '1.2.', 'main-', 'sha-000000', 'pr-', 'release-', '2026-01-', 'x'];

/** Tags that may be what a selection is for: the caller sees which are. The same number makes the same tags. */
export function candidateTags(tags: TagPatterns, number: number): string[] {
  const fill = String(number);
  const globs = (tags.globs ?? []).filter((glob) => !/^\*+$/.test(glob));
  const own = globs.flatMap((glob) => [...globNames(glob.replace(/^\*+/, ''), fill), ...globNames(glob, fill)]);
  const ofRegex = tags.regex === undefined ? [] : [regexName(tags.regex, fill)];
  return [...own, ...ofRegex, ...USUAL.map((begin) => `${begin}${fill}`), fill, `${fill}.0.0`];
}

interface TagPatterns {
  readonly globs?: readonly string[] | undefined;
  readonly regex?: string | undefined;
}

/** Names that a glob may match, with `fill` in the place of what it leaves open. */
export function globNames(glob: string, fill: string): string[] {
  const texts = glob
    .replaceAll(/\{([^{},]*)[^{}]*\}/g, '$1')
    .replaceAll(/\[!?([^\]])[^\]]*\]/g, '$1')
    .replaceAll(/\\(.)/g, '$1');
  const open = texts.replaceAll('?', '0');
  return [
    open.replaceAll(/\*+/g, fill),
    open.replace(/\*+/, fill).replaceAll(/\*+/g, ''),
    open.replaceAll('**/', '').replaceAll(/\*+/g, fill),
  ];
}

/** A text that an expression may match. What it leaves open becomes `fill` once, and is left out elsewhere. */
function regexName(expression: string, fill: string): string {
  let rest = expression.replaceAll(/\(\?(?:[a-zA-Z]+\)|[a-zA-Z]*:|P?<\w+>)/g, '(');
  // The innermost groups first, each by its first alternative.
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replaceAll(/\(([^()|]*)(?:\|[^()]*)?\)([?*])?/g, (_group, first: string, optional?: string) => (optional ? '' : first));
  }
  const tokens = tokensOf(rest.split('|')[0] ?? '');
  let name = '';
  let isFilled = false;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as string;
    if (/^[\^$]$|^\\[Az]$/.test(token)) continue;
    const [quantifier = '', least] = /^(?:[*+?]|\{(\d+)[^}]*\})/.exec(tokens.slice(at + 1, at + 8).join('')) ?? [];
    const isOpen = token === '.' || /^\\[dw]$|^\[/.test(token);
    if (isOpen && /[*+]/.test(quantifier)) {
      name += isFilled && quantifier === '*' ? '' : fill;
      isFilled = true;
    } else if (least !== undefined) name += characterOf(token).repeat(Number(least));
    else if (quantifier !== '?' && quantifier !== '*') name += characterOf(token);
    at += quantifier.length;
  }
  return name;
}

function characterOf(token: string): string {
  if (token === '.' || /^\\[dw]$/.test(token)) return '0';
  if (token.startsWith('[')) return token.replace(/^\[\^?/, '').charAt(0);
  return token.startsWith('\\') ? token.slice(1) : token;
}
