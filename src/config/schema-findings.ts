import type * as z from 'zod';
import { isObject } from '../domain/json.ts';
import { nearest } from '../diagnostics/nearest.ts';
import { advice, expectedWord, kindOf, wordList } from './plain-words.ts';
import { keysAt } from './schema-keys.ts';
import type { Path } from './yaml-document.ts';

type Issue = z.core.$ZodIssue;

/** Something that a schema does not allow, and where. */
export interface Finding {
  readonly path: Path;
  /** What to point at. */
  readonly part: 'key' | 'value';
  readonly message: string;
  /** The key that is not there. */
  readonly missing?: string;
  /** It is about a map and not about one of its values. */
  readonly whole?: true;
}

export interface FindingOptions {
  readonly schema: z.core.$ZodType;
  readonly data: unknown;
  /** Better words for an unknown key than its nearest neighbour. */
  readonly unknownKey?: ((path: Path, key: string) => string | undefined) | undefined;
}

/** Turns zod's issues into findings a person understands: one branch of a union, each unknown key by itself, missing keys at their map. */
export function findingsOf(issues: readonly Issue[], options: FindingOptions): Finding[] {
  const meant = new Set<string>();
  const findings = issues.flatMap((issue) => flatten(issue, [], options, meant));
  const unsure = new Set(findings.filter(({ part }) => part === 'key').map(({ path }) => keyOf(path.slice(0, -1))));
  return findings.filter(({ path, missing, whole }) => {
    // A key that is there misspelt is not missing besides, and a map is judged as a whole once all its keys are known.
    if (missing !== undefined) return !meant.has(keyOf([...path, missing]));
    return whole === undefined || !unsure.has(keyOf(path));
  });
}

function flatten(issue: Issue, prefix: Path, options: FindingOptions, meant: Set<string>): Finding[] {
  const path: Path = [...prefix, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], part: 'key', message: unknownKey(path, key, options, meant) }));
  }
  if (issue.code === 'custom')
    return [{ path, part: 'value', message: issue.message, ...(isObject(valueAt(options.data, path)) && { whole: true }) }];
  if (issue.code === 'invalid_key') return [{ path, part: 'key', message: issue.issues[0]?.message ?? issue.message }];
  const last = path.at(-1);
  if (last !== undefined && !isThere(options.data, path))
    return [{ path: path.slice(0, -1), part: 'value', message: `missing key "${last}"`, missing: String(last) }];
  if (issue.code === 'invalid_union') return ofUnion(issue, path, options, meant);
  return [{ path, part: 'value', message: issue.message }];
}

/** Reports the branch that the input has the shape of; without one, what shapes there are. */
function ofUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, options: FindingOptions, meant: Set<string>): Finding[] {
  const input = valueAt(options.data, path);
  const [branch] = issue.errors
    .filter((issues) => !issues.some((inner) => isWrongShape(inner, input)))
    .toSorted((a, b) => a.length - b.length);
  if (branch) return branch.flatMap((inner) => flatten(inner, path, options, meant));
  const shapes = issue.errors.flatMap((issues) => issues.filter((inner) => isWrongShape(inner, input)).map(shapeWord));
  const brackets = shapes.includes(expectedWord('array')) ? advice('array', input) : '';
  return [{ path, part: 'value', message: `expected ${[...new Set(shapes)].join(' or ')}, got ${kindOf(input)}${brackets}` }];
}

function isWrongShape(issue: Issue, input: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_type') return true;
  return issue.code === 'invalid_value' && !issue.values.some((value) => typeof value === typeof input);
}

function shapeWord(issue: Issue): string {
  if (issue.code === 'invalid_value') return wordList(issue.values);
  return issue.code === 'invalid_type' ? expectedWord(issue.expected) : '';
}

function unknownKey(path: Path, key: string, options: FindingOptions, meant: Set<string>): string {
  const special = options.unknownKey?.(path, key);
  if (special !== undefined) return special;
  const known = keysAt(options.schema, path, options.data);
  const suggestion = nearest(key, known);
  if (suggestion !== undefined) {
    meant.add(keyOf([...path, suggestion]));
    return `unknown key "${key}"; did you mean "${suggestion}"?`;
  }
  return `unknown key "${key}"; known here: ${known.join(', ')}`;
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

function isThere(data: unknown, path: Path): boolean {
  const holder = valueAt(data, path.slice(0, -1));
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, path.at(-1) as string | number);
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, step)
      ? (value as Record<string | number, unknown>)[step]
      : undefined;
  }, data);
}
