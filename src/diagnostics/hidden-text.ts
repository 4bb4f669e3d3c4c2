import { nearest } from './nearest.ts';
import { lineText, makeSource, type Source } from './source.ts';

/** Names of keys that hold secrets, also misspelt: such a key is unknown, and is shown for that. */
const SECRET_NAME = 'pas+o?w|pa?swo?r?d|pas+phrase|pwd|secre?t|secert|sercet|scret|token|tokn|toekn|credential|api[-_]?key|private[-_]?key';
const SECRET_KEY = new RegExp(`[\\w.-]*(?:${SECRET_NAME})[\\w.-]*["']?\\s*[:=]\\s*`, 'gi');
/** Misspelt in yet another way, a key is near to one of these. */
const SECRET_WORDS = ['password', 'passphrase', 'secret', 'token', 'identityToken', 'credentials', 'apiKey', 'privateKey'];
const KEY = /(?<=^|[\s{,"'])([A-Za-z][\w.-]*)["']?\s*:\s*/g;
/** A key that holds a map, some of whose values are secrets: in the place of the map there may be nothing but the secret. */
const AUTH_VALUE = /(?<=^\s*(?:-\s+)?|[{,]\s*)["']?auth["']?\s*[:=]\s*(?=[^\s{])/g;
const AUTH_ALONE = /^\s*(?:-\s+)?["']?auth["']?\s*:\s*$/;
const MAP_ENTRY = /^\s*["']?[\w.-]+["']?\s*:(?:\s|$)/;
// A key that ends in Env or File is meant to hold a name, and a name is not a secret.
const NAMED_VALUE = /^(?:[A-Z_][A-Z0-9_]*|["'][A-Z_][A-Z0-9_]*["'])(?=[\s,}]|$)/;
const QUOTED_VALUE = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')(?=[\s,}\]]|$)/;
const USER_INFO = /[^\s"'[\]{},]*:[^\s"'[\]{},]*@(?!sha(?:256|384|512):)/g;
/** How far up a line's key is looked for. */
const REACH = 200;

/**
 * The parts of a source line that must not be shown because they may be secrets: the value of a key such as `password`, also where it
 * stands on lines of its own, whatever stands in the place of the map `auth`, and the user and password in a URL. Pairs of offsets into
 * the line, the end exclusive.
 */
export function hiddenParts(source: Source, line: number): (readonly [start: number, end: number])[] {
  const text = lineText(source, line);
  if (isUnderSecretKey(source, line)) return [[0, text.length]];
  const parts: (readonly [number, number])[] = [];
  for (const match of secretKeys(text)) {
    const start = match.index + match[0].length;
    const rest = text.slice(start);
    const key = match[0].replace(/["']?\s*[:=]\s*$/, '');
    if (key.endsWith('File') || (key.endsWith('Env') && NAMED_VALUE.test(rest))) continue;
    // A plain value may hold commas and brackets, so where it ends is not certain: the rest of the line is hidden.
    parts.push([start, start + (QUOTED_VALUE.exec(rest)?.[0].length ?? rest.length)]);
  }
  for (const match of text.matchAll(USER_INFO)) parts.push([match.index, match.index + match[0].length - 1]);
  return merged(parts);
}

/** Parts that overlap become one; sorted. */
function merged(parts: readonly (readonly [start: number, end: number])[]): [start: number, end: number][] {
  const whole: [number, number][] = [];
  for (const [start, end] of parts.toSorted(([a], [b]) => a - b)) {
    const last = whole.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else whole.push([start, end]);
  }
  return whole;
}

/** A text that a program has said, with `***` in place of what stands where secrets do ({@link hiddenParts}). */
export function withoutHiddenParts(text: string): string {
  const source = makeSource('', text);
  const lines = source.lineStarts.map((_, index) => {
    const hidden = hiddenParts(source, index + 1).toReversed();
    return hidden.reduce((line, [start, end]) => `${line.slice(0, start)}***${line.slice(end)}`, lineText(source, index + 1));
  });
  return lines.join('\n');
}

/**
 * True of a line that continues the value of a secret's key: the nearest line above with less indentation ends in such a key, or in
 * `|` or `>`.
 */
function isUnderSecretKey(source: Source, line: number): boolean {
  const indent = indentOf(lineText(source, line));
  for (let above = line - 1; above >= Math.max(1, line - REACH); above--) {
    const text = lineText(source, above);
    if (text.trim() === '' || indentOf(text) >= indent) continue;
    const match = secretKeys(text).at(-1);
    if (!match) return AUTH_ALONE.test(text) && !MAP_ENTRY.test(lineText(source, line));
    const rest = text.slice(match.index + match[0].length);
    if (/auth["']?\s*[:=]\s*$/.test(match[0])) return !QUOTED_VALUE.test(rest);
    return !QUOTED_VALUE.test(rest) && !/File["']?\s*[:=]\s*$/.test(match[0]) && !rest.startsWith('{') && !rest.startsWith('[');
  }
  return false;
}

/** The keys of secrets in a line, each with what stands between it and its value. */
function secretKeys(text: string): RegExpExecArray[] {
  const misspelt = [...text.matchAll(KEY)].filter(
    ([, key]) => nearest(key as string, SECRET_WORDS) !== undefined || /^(?:pass|pw)$/i.test(key as string),
  );
  return [...text.matchAll(SECRET_KEY), ...text.matchAll(AUTH_VALUE), ...misspelt].toSorted((a, b) => a.index - b.index);
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}
