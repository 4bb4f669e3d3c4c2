import { isObject, type JsonObject } from '../domain/json.ts';

/** A JSON document whose `repositories` are parsed one after the other. */
export interface DocumentInParts {
  /** The document; the repositories in it are empty objects. */
  readonly value: unknown;
  /** The elements of `repositories`, each parsed when its turn comes. Empty where the document has no such list. Throws `SyntaxError`. */
  readonly repositories: Iterable<unknown>;
}

/**
 * Parses a JSON document of UTF-8 text, which need not be in memory as values all at once. If the document is no JSON, either this or a
 * repository throws a `SyntaxError`, which does not know its place in the document.
 */
export function parseInParts(bytes: Buffer): DocumentInParts {
  const parts = findRepositories(bytes) ?? [];
  const value: unknown = JSON.parse(withoutParts(bytes, parts));
  return { value, repositories: elementsOf(isObject(value) ? value : {}, parts, bytes) };
}

/** Where an object stands in the document: offsets of bytes, the end exclusive. */
interface Part {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The objects in the list `repositories` of the outermost object. Undefined where that list is there twice. In text that is not JSON it may
 * find anything: what is left and the parts are then not all JSON.
 */
function findRepositories(bytes: Buffer): Part[] | undefined {
  const parts: Part[] = [];
  let depth = 0;
  let lists = 0;
  let isInList = false;
  let key = '';
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = endOfString(bytes, at);
      if (depth === 1) key = bytes.toString('utf8', at, end);
      at = end - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (depth === 0 && byte === OPEN_LIST) return undefined;
      if (depth === 1 && byte === OPEN_LIST && isRepositories(key)) {
        lists += 1;
        isInList = true;
      } else if (depth === 2 && isInList && byte === OPEN_OBJECT) start = at;
      depth += 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth === 2 && isInList && byte === CLOSE_OBJECT) parts.push({ start, end: at + 1 });
      if (depth === 1) isInList = false;
    }
  }
  return lists > 1 ? undefined : parts;
}

/** The offset behind the quote that ends a string. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
  }
  return bytes.length;
}

/** A key may be written with escapes. */
function isRepositories(key: string): boolean {
  if (!key.includes('\\')) return key === '"repositories"';
  try {
    return JSON.parse(key) === 'repositories';
  } catch {
    return false;
  }
}

/** The text with an empty object, between spaces, in place of each part: what stands beside a part does not grow together with it. */
function withoutParts(bytes: Buffer, parts: readonly Part[]): string {
  const decoder = new TextDecoder();
  const kept: string[] = [];
  let at = 0;
  for (const { start, end } of parts) {
    kept.push(decoder.decode(bytes.subarray(at, start), { stream: true }));
    at = end;
  }
  return [...kept, decoder.decode(bytes.subarray(at))].join(' {} ');
}

/** Every object in the list is a part, if there are parts. */
function* elementsOf({ repositories }: JsonObject, parts: readonly Part[], bytes: Buffer): Generator<unknown, void, undefined> {
  if (!Array.isArray(repositories)) return;
  let next = 0;
  for (const element of repositories as unknown[]) {
    const part = isObject(element) ? parts[next++] : undefined;
    yield part ? JSON.parse(bytes.toString('utf8', part.start, part.end)) : element;
  }
}
