import picomatch from 'picomatch';
import { RE2JS } from 're2js';
import semver, { type SemVer } from 'semver';
import type { RuleSpec } from '../../src/policy/schema.ts';

/*
 * How the second reading understands what is written in a policy and in a manifest: times, durations, globs, expressions, versions. It
 * shares no code with src, only the libraries for globs, expressions and versions.
 */

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Milliseconds; undefined for a text that is no duration. */
export function durationMs(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: HOUR, d: DAY, w: 7 * DAY };
  return /^[0-9]+[smhdw]$/.test(text) ? Number(text.slice(0, -1)) * (units[text.slice(-1)] as number) : undefined;
}

export function sizeBytes(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, number, letter, binary] = /^([0-9.]+)\s*([KMGT]?)(i?)B$/.exec(value) as RegExpExecArray;
  return Number(number) * (binary ? 1024 : 1000) ** ['', 'K', 'M', 'G', 'T'].indexOf(letter as string);
}

const times = new Map<string, number | undefined>();

/** Milliseconds since the epoch; undefined when the time is unknown in the sense of step 7. */
export function knownTime(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (!times.has(text)) times.set(text, parseTime(text));
  const time = times.get(text);
  return time === undefined || time < Date.UTC(2000, 0, 1) || time > now + DAY ? undefined : time;
}

function parseTime(text: string): number | undefined {
  const shape = /^(\d{4})-(\d{2})-(\d{2})[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/.exec(text);
  if (!shape) return undefined;
  const daysInMonth = new Date(Date.UTC(Number(shape[1]), Number(shape[2]), 0)).getUTCDate();
  if (Number(shape[3]) > daysInMonth) return undefined;
  const time = Date.parse(text.toUpperCase());
  return Number.isNaN(time) ? undefined : time;
}

const globs = new Map<string, (name: string) => boolean>();
const expressions = new Map<string, RE2JS>();

export function globMatches(glob: string, name: string): boolean {
  const matches = globs.get(glob) ?? picomatch(glob, { dot: true, nonegate: true });
  globs.set(glob, matches);
  return matches(name);
}

/** Some plain glob matches and no "!" glob does. */
export function globsSelect(list: readonly string[], name: string): boolean {
  const plain = list.filter((glob) => !glob.startsWith('!'));
  const taken = list.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  return plain.some((glob) => globMatches(glob, name)) && !taken.some((glob) => globMatches(glob, name));
}

/** True if every name that is asked for is there with a value that its glob matches; `*` asks for presence alone. */
export function holdsValues(wanted: Readonly<Record<string, string>>, have: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(wanted).every(
    ([name, glob]) => have !== undefined && Object.hasOwn(have, name) && (glob === '*' || globMatches(glob, have[name] as string)),
  );
}

/** What a capture holds, or of an expression without that capture ''; undefined where the expression does not match the whole tag. */
export function capture(pattern: string, tag: string, name: string): string | undefined {
  const expression = expressions.get(pattern) ?? RE2JS.compile(pattern);
  expressions.set(pattern, expression);
  const matcher = expression.matcher(tag);
  if (!matcher.matches()) return undefined;
  return name in expression.namedGroups() ? (matcher.group(name) ?? '') : '';
}

const versions = new Map<string, SemVer | undefined>();

/** Reads `_` as `+`, as Helm writes it. */
export function parseVersion(tag: string): SemVer | undefined {
  if (!versions.has(tag)) versions.set(tag, parseSemver(tag));
  return versions.get(tag);
}

function parseSemver(tag: string): SemVer | undefined {
  const version = tag.replace(/^v/, '').replaceAll('_', '+');
  return /^[0-9]/.test(version) ? (semver.parse(version) ?? undefined) : undefined;
}

export function tagSelected(tags: RuleSpec['tags'], tag: string): boolean {
  if (tags === undefined) return true;
  if (Array.isArray(tags)) return globsSelect(tags, tag);
  if (tags.include && !tags.include.some((glob) => globMatches(glob, tag))) return false;
  if (tags.exclude?.some((glob) => globMatches(glob, tag))) return false;
  if (tags.regex !== undefined && capture(tags.regex, tag, '') === undefined) return false;
  if (tags.semver === undefined) return true;
  const version = parseVersion(tag);
  return version !== undefined && semver.satisfies(version, tags.semver, { includePrerelease: true });
}

function compareNumeric(a: string, b: string): number {
  const runs = (tag: string): string[] => tag.match(/[0-9]+|[^0-9]+/g) ?? [];
  const [left, right] = [runs(a), runs(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i] as string, right[i] as string];
    const [xDigits, yDigits] = [/^[0-9]/.test(x), /^[0-9]/.test(y)];
    if (xDigits !== yDigits) return xDigits ? -1 : 1;
    if (xDigits) {
      if (BigInt(x) !== BigInt(y)) return BigInt(x) < BigInt(y) ? -1 : 1;
    } else if (x !== y) {
      return byCodeUnits(x, y);
    }
  }
  return left.length - right.length;
}

export type TagOrder = 'semver' | 'numeric' | 'alphabetical';

/** Ascending: a negative number means that a is the lower (older) tag. */
export function compareTags(order: TagOrder, a: string, b: string): number {
  if (order === 'semver') return semver.compare(parseVersion(a) as SemVer, parseVersion(b) as SemVer);
  return order === 'numeric' ? compareNumeric(a, b) : byCodeUnits(a, b);
}

/** A name as CI systems shorten it: lower case, other characters to `-`, cut at 63. */
function shortened(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, 63);
}

/** True if the two are the same name, as written or as CI systems shorten it. */
export function sameName(capture: string, name: string): boolean {
  return capture === name || shortened(capture) === shortened(name);
}
