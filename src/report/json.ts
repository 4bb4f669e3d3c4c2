import { MadeList } from '../domain/made-list.ts';
import { escapeHidden } from './escape-hidden.ts';
import { inParts } from './in-parts.ts';

/** A document as JSON: two spaces, keys in the order of its contract, a line end behind. Nothing in it can command a terminal. */
export function toJson(document: unknown): string {
  return [...jsonParts(document)].join('');
}

/** The same in one line. */
export function toJsonLine(document: unknown): string {
  return `${escapeHidden(JSON.stringify(document))}\n`;
}

/** Down to this depth, a document is written piece by piece: its lists, the repositories of a plan, and their manifests and steps. */
const DEPTH = 4;
/** Of the lists at that depth, so many elements are made text together: the fewer calls, the less time they take. */
const RUN = 100;

/** The text of {@link toJson} in parts, so that a large document need not be in memory as text. */
export function* jsonParts(document: unknown): Generator<string, void, undefined> {
  for (const part of inParts(pieces(document, '\n', DEPTH))) yield escapeHidden(part);
  yield '\n';
}

/** What `JSON.stringify` writes with two spaces. `line` is the line break with the spaces that stand before the value. */
function* pieces(value: unknown, line: string, depth: number): Generator<string, void, undefined> {
  if (value instanceof MadeList || (depth === 1 && Array.isArray(value) && value.length > 0)) {
    yield* runs(value, line);
    return;
  }
  const entries = depth > 0 && value !== null && typeof value === 'object' ? entriesOf(value) : [];
  if (entries.length === 0) {
    yield JSON.stringify(value, null, 2).replaceAll('\n', line);
    return;
  }
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  let before = `${open}${line}  `;
  for (const [key, child] of entries) {
    yield key === undefined ? before : `${before}${JSON.stringify(key)}: `;
    yield* pieces(child, `${line}  `, depth - 1);
    before = `,${line}  `;
  }
  yield `${line}${close}`;
}

/**
 * A list, some of its elements at a time: as deep in other lists as it stands in the document, so that `JSON.stringify` itself writes the
 * spaces before each line.
 */
function* runs(list: Iterable<unknown>, line: string): Generator<string, void, undefined> {
  const depth = (line.length - 1) / 2;
  const head = nested([], depth).indexOf('[]') + 1;
  const tail = nested([], depth).length - head;
  let before = '[';
  for (const run of runsOf(list)) {
    const text = nested(run, depth);
    yield `${before}${text.slice(head, -tail - line.length)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : `${line}]`;
}

function* runsOf(list: Iterable<unknown>): Generator<readonly unknown[], void, undefined> {
  let run: unknown[] = [];
  for (const element of list) {
    run.push(element);
    if (run.length < RUN) continue;
    yield run;
    run = [];
  }
  if (run.length > 0) yield run;
}

/** The text of a list that stands in so many others. */
function nested(list: readonly unknown[], depth: number): string {
  let value = list;
  for (let level = 0; level < depth; level++) value = [value];
  return JSON.stringify(value, null, 2);
}

/** The fields of an object that JSON can say, or the elements of a list, without a key. */
function entriesOf(value: object): readonly (readonly [key: string | undefined, child: unknown])[] {
  if (Array.isArray(value)) return value.map((child: unknown) => [undefined, child ?? null] as const);
  return Object.entries(value).filter(([, child]) => child !== undefined);
}
