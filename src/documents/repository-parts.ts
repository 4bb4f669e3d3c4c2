import { constants, isUtf8 } from 'node:buffer';
import { isObject, type JsonObject } from '../domain/json.ts';
import { ByteWindow } from './byte-window.ts';

/** A JSON document whose repositories are parsed one after the other, and the manifests of each some at a time. */
export interface DocumentInParts {
  /** The document; its list `repositories` is empty where they come in parts. */
  readonly value: unknown;
  /** The elements of `repositories`, each to be gone through before the next. Empty where the document has no such list. */
  readonly repositories: Iterable<RepositoryInParts>;
}

export interface RepositoryInParts {
  /** The repository, or whatever stands in its place; its list `manifests` is empty where they come in parts. */
  readonly value: unknown;
  /** The elements of its `manifests`, some at a time; undefined where it has no such list. */
  readonly manifests: Iterable<readonly unknown[]> | undefined;
}

/** A document that was parsed at once, in the same form. Throws `SyntaxError`. */
export function parseAtOnce(bytes: Buffer): DocumentInParts {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return { value, repositories: (listIn(value, 'repositories') ?? []).map(repositoryOf) };
}

/**
 * Parses a JSON document of UTF-8 text, which need not be in memory as values all at once. To look at each byte for where a part ends costs
 * as much as to parse it, so the ends are guessed: the elements of a list begin in the same way. Each guess is proved by parsing the part:
 * JSON has one end for each value. Where a guess was wrong, or the document is not JSON, either this or an element throws a
 * `SyntaxError`; what stands behind the last repository that was gone through is then told by {@link parseAtOnce}. Manifests are parsed
 * together that are about as long as `size`, in bytes.
 */
export function parseInParts(bytes: ByteWindow, size = PART): DocumentInParts {
  const document = withoutList({ bytes, start: hasByteOrderMark(bytes) ? 3 : 0, end: bytes.length }, 'repositories');
  if (!document) throw new SyntaxError('no list of repositories where it was looked for');
  return { value: document.value, repositories: repositoriesIn(document.list, size) };
}

function* repositoriesIn(list: Range, size: number): Generator<RepositoryInParts> {
  for (const part of elementsIn(list, 1)) yield repositoryInParts(part, size);
}

function repositoryInParts(part: Range, size: number): RepositoryInParts {
  const repository = withoutList(part, 'manifests');
  return repository ? { value: repository.value, manifests: manifestsIn(repository.list, size) } : repositoryOf(JSON.parse(textOf(part)));
}

/**
 * The same for a line that is a repository. This, or an element of its manifests, throws a `SyntaxError` where what is wrong is to be told
 * by {@link repositoryAtOnce}.
 */
export function repositoryOfLine(text: string, size = PART): RepositoryInParts {
  const bytes = ByteWindow.over(Buffer.from(text));
  return repositoryInParts({ bytes, start: 0, end: bytes.length }, size);
}

/** A line that was parsed at once, in the same form. Throws `SyntaxError`. */
export function repositoryAtOnce(text: string): RepositoryInParts {
  return repositoryOf(JSON.parse(text));
}

function* manifestsIn(list: Range, size: number): Generator<readonly unknown[]> {
  for (const part of elementsIn(list, size)) yield JSON.parse(`[${textOf(part)}]`) as unknown[];
}

function repositoryOf(value: unknown): RepositoryInParts {
  return { value, manifests: manifestsOf(value) };
}

/** The manifests of a repository that was parsed at once, all at a time; undefined where it has no such list. */
function manifestsOf(repository: unknown): RepositoryInParts['manifests'] {
  const list = listIn(repository, 'manifests');
  return list && [list];
}

function listIn(value: unknown, name: string): readonly unknown[] | undefined {
  const list = isObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list : undefined;
}

/** So short that what is parsed of it can be collected as soon as it has been checked. */
const PART = 65_536;

/** A part of the document: offsets of bytes, the end exclusive. */
interface Range {
  readonly bytes: ByteWindow;
  readonly start: number;
  readonly end: number;
}

const QUOTE = Buffer.from('"');
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = Buffer.from('[');
const CLOSE_LIST = 0x5d;

/**
 * An object without the elements of one list of it, and where these stand if they are JSON: everything beside them is parsed. Undefined
 * where it has no such key. Throws `SyntaxError` where that is not certain.
 */
function withoutList({ bytes, start, end }: Range, name: string): { readonly value: JsonObject; readonly list: Range } | undefined {
  const key = Buffer.from(`"${name}"`);
  const found = bytes.indexOf(key, start, end);
  if (found < 0) return undefined;
  const open = bytes.indexOf(OPEN_LIST, found + key.length, end);
  const close = bytes.lastIndexOf(CLOSE_LIST, start, end);
  if (open < 0 || close < open) throw new SyntaxError(`no list where ${name} was found`);
  // Not the end of a longer key, nor a key with another value before a key of the same name whose value is the list.
  const isKey = found > start && bytes.slice(found - 1, found)[0] !== BACKSLASH;
  const isItsList = isKey && /^\s*:\s*$/.test(textOf({ bytes, start: found + key.length, end: open }));
  // The key is one of this very object, if this closes the object.
  const before: unknown = JSON.parse(`${textOf({ bytes, start, end: open })}[]}`);
  const rest = textOf({ bytes, start: close + 1, end });
  const after: unknown = JSON.parse(`{"${name}":[]${rest}`);
  // An escaped character may hide the same key once more.
  const isCertain = isItsList && isObject(before) && isObject(after) && !/\\/.test(rest) && !rest.includes(`"${name}"`);
  if (!isCertain) throw new SyntaxError(`it is not certain which ${name} are meant`);
  return { value: { ...before, ...after }, list: { bytes, start: open + 1, end: close } };
}

/** How the first element of a list begins, as the others probably do too. */
interface Beginning {
  /** From its brace to the value of its first key. */
  readonly first: Buffer;
  /** From the end of that value to that of the next key, where the value is text. */
  readonly second: Buffer;
}

/** Parts of a list that begin and probably end with an element, each of at least so many bytes. */
function* elementsIn({ bytes, start, end }: Range, size: number): Generator<Range> {
  const beginning = beginningOf({ bytes, start, end });
  if (!beginning) {
    if (/[^\t\n\r ]/.test(textOf({ bytes, start, end }))) yield { bytes, start, end };
    return;
  }
  let at = start;
  const nextAfter = (place: number): number => nextElement({ bytes, start: place, end }, beginning);
  for (let next = nextAfter(nextAfter(at) + size); next >= 0; next = nextAfter(next + size)) {
    const comma = bytes.lastIndexOf(COMMA, at, next);
    if (comma < 0) throw new SyntaxError('no comma where an element seems to begin');
    yield { bytes, start: at, end: comma };
    at = comma + 1;
  }
  yield { bytes, start: at, end };
}

/** Undefined where the first element is not an object with keys. */
function beginningOf({ bytes, start, end }: Range): Beginning | undefined {
  const text = bytes.slice(start, Math.min(end, start + LONGEST_BEGINNING)).toString('latin1');
  const [, first, second = ''] = /^\s*(\{\s*"[^"\\]*"\s*:\s*)(?:"[^"\\]*"(\s*,\s*"[^"\\]*"\s*:))?/.exec(text) ?? [];
  return first === undefined ? undefined : { first: Buffer.from(first, 'latin1'), second: Buffer.from(second, 'latin1') };
}

const LONGEST_BEGINNING = 2048;

/** Where something begins as the elements of the list do; -1 if nothing does. */
function nextElement({ bytes, start, end }: Range, { first, second }: Beginning): number {
  for (let at = bytes.indexOf(first, start, end); at >= 0; at = bytes.indexOf(first, at + 1, end)) {
    if (second.length === 0) return at;
    const value = at + first.length;
    const next = bytes.indexOf(QUOTE, value + 1, end) + 1;
    const isLike = bytes.slice(value, value + 1).equals(QUOTE) && next > 0 && bytes.slice(next, next + second.length).equals(second);
    if (isLike) return at;
  }
  return -1;
}

/** Throws for bytes that are not UTF-8, or too long for one text; {@link parseAtOnce} then tells what is wrong. */
function textOf({ bytes, start, end }: Range): string {
  if (end - start > constants.MAX_STRING_LENGTH) throw new SyntaxError('too long');
  const part = bytes.slice(start, end);
  if (!isUtf8(part)) throw new SyntaxError('not UTF-8 text');
  return part.toString();
}

function hasByteOrderMark(bytes: ByteWindow): boolean {
  return bytes.slice(0, 3).equals(BYTE_ORDER_MARK);
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
