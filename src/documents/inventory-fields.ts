import { type Digest, isDigest } from '../domain/digest.ts';

type Json = Readonly<Record<string, unknown>>;

/** Told of each problem: where it is, such as `repositories[3].manifests[17].digest`, and what. */
export type Report = (where: string, what: string) => void;

/**
 * One object of an inventory document, and where it stands. The functions below read a field each; they answer undefined for one that is
 * missing or null, and for one that is wrong after reporting it.
 */
export interface Fields {
  readonly object: Json;
  readonly at: string;
  readonly report: Report;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or undefined after reporting that it is none. */
export function fieldsOf(value: unknown, at: string, report: Report): Fields | undefined {
  if (isObject(value)) return { object: value, at, report };
  report(at, 'expected an object');
  return undefined;
}

export function pathOf({ at }: Fields, key: string): string {
  return at === '' ? key : `${at}.${key}`;
}

export function wrong(fields: Fields, key: string, what: string): undefined {
  fields.report(pathOf(fields, key), what);
  return undefined;
}

/** Reports a field that must be there, unless it was there and wrong. */
export function missing(fields: Fields, key: string): undefined {
  const value = fields.object[key];
  return value === undefined || value === null ? wrong(fields, key, 'missing') : undefined;
}

export function textOf(fields: Fields, key: string): string | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' && value !== '' ? value : wrong(fields, key, 'expected text');
}

export function flagOf(fields: Fields, key: string): boolean | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'boolean' ? value : wrong(fields, key, 'expected true or false');
}

export function bytesOf(fields: Fields, key: string): number | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  return isByteCount(value) ? value : wrong(fields, key, 'expected a number of bytes');
}

/** A whole number of days, at least one. */
export function daysOf(fields: Fields, key: string): number | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : wrong(fields, key, 'expected a number of days');
}

export function isByteCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function digestOf(fields: Fields, key: string): Digest | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' && isDigest(value) ? value : wrong(fields, key, 'not a whole digest');
}

/** As text, even when it makes no sense: whether it is a time is judged where it is used, and what is none is unknown there. */
export function timeOf(fields: Fields, key: string): string | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  return timeText(value);
}

function timeText(value: unknown): string {
  return typeof value === 'string' ? value : `not a time: ${typeof value}`;
}

export function listOf(fields: Fields, key: string): readonly unknown[] | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? value : wrong(fields, key, 'expected a list');
}

export function textsOf(fields: Fields, key: string): string[] | undefined {
  return checkedList(fields, key, isText, 'expected text');
}

export function digestsOf(fields: Fields, key: string): Digest[] | undefined {
  return checkedList(fields, key, (value) => typeof value === 'string' && isDigest(value), 'not a whole digest');
}

function checkedList(fields: Fields, key: string, isRight: (value: unknown) => boolean, what: string): string[] | undefined {
  const list = listOf(fields, key);
  if (!list) return undefined;
  let right = true;
  for (let index = 0; index < list.length; index++) {
    if (isRight(list[index])) continue;
    right = false;
    wrong(fields, `${key}[${index}]`, what);
  }
  return right ? (list as string[]) : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

export function textMapOf(fields: Fields, key: string): Readonly<Record<string, string>> | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return wrong(fields, key, 'expected an object');
  let right = true;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string') continue;
    right = false;
    wrong(fields, `${key}[${JSON.stringify(name)}]`, 'expected text');
  }
  return right ? (value as Readonly<Record<string, string>>) : undefined;
}

/** Times by name, each as {@link timeOf} has them. */
export function timesOf(fields: Fields, key: string): Readonly<Record<string, string>> | undefined {
  const value = fields.object[key];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return wrong(fields, key, 'expected an object');
  const entries = Object.entries(value).filter(([, time]) => time !== null);
  return Object.fromEntries(entries.map(([name, time]) => [name, timeText(time)]));
}
