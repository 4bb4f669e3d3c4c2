import { isDeepStrictEqual } from 'node:util';
import { isMap, isPair, isScalar, isSeq, parseDocument, type ParsedNode, stringify, type YAMLMap } from 'yaml';
import type { Path } from '../config/yaml-document.ts';
import { ToolError } from '../diagnostics/tool-error.ts';

/** What an expectation is to say, and where in its file. */
export interface Entry {
  readonly path: Path;
  /** The action, then codes of reasons. */
  readonly value: readonly string[];
}

/**
 * The text of a file of cases, YAML or JSON, with these expectations in place of those that stand there, or added. Nothing else of it is
 * touched: comments and layout stay. Throws `USAGE` where the text has a form, such as an alias, in which that cannot be done.
 */
export function rewrite(text: string, entries: readonly Entry[], file: string): string {
  const isJson = file.endsWith('.json');
  let rewritten = text;
  // What has to stand in a map that is not there yet waits until the map is.
  for (let left = entries; left.length > 0;) ({ text: rewritten, left } = rewriteOnce(rewritten, left, isJson));
  const found = parseDocument(rewritten);
  if (found.errors.length === 0 && isDeepStrictEqual(dataOf(rewritten), withEntries(dataOf(text), entries, isJson))) return rewritten;
  throw new ToolError('USAGE', `${file}: its expectations are written in a form that cannot be rewritten by a program.`, {
    hint: `Nothing was written. Correct it by hand: ${entries.map(({ path, value }) => `${path.at(-1)}: ${value.join(', ')}`).join('; ')}.`,
  });
}

/** What a text holds, each part by itself even where an alias stands for it. */
function dataOf(text: string): unknown {
  return JSON.parse(JSON.stringify(parseDocument(text).toJS()));
}

function withEntries(data: unknown, entries: readonly Entry[], isJson: boolean): unknown {
  for (const { path, value } of entries) {
    const holder = path.slice(0, -1).reduce((inner, key) => ((inner as Record<string, unknown>)[key] ??= {}), data);
    // An action alone is a word in YAML, and a list in JSON, as its readers have them.
    (holder as Record<string, unknown>)[path.at(-1) ?? ''] = value.length === 1 && !isJson ? value[0] : value;
  }
  return data;
}

/** A piece of a text that is replaced. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function rewriteOnce(text: string, entries: readonly Entry[], isJson: boolean): { readonly text: string; readonly left: readonly Entry[] } {
  const root = parseDocument(text).contents as ParsedNode | null;
  const left: Entry[] = [];
  const added = new Map<YAMLMap.Parsed, Entry[]>();
  const splices: Splice[] = [];
  for (const { path, value } of entries) {
    const { node, rest } = follow(root, path);
    const others = isMap(node) ? (added.get(node) ?? []) : [];
    if (rest.length === 0) splices.push({ start: node.range[0], end: endOf(text, node), text: contentOf(value, isJson) });
    else if (!isMap(node) || others.some((one) => one.path[0] === rest[0])) left.push({ path, value });
    else added.set(node, [...others, { path: rest, value }]);
  }
  if (splices.length + added.size === 0) return { text, left: [] };
  for (const [map, those] of added) splices.push(additions(text, map, those, isJson));
  const changed = splices
    .toSorted((a, b) => b.start - a.start)
    .reduce((all, { start, end, text: piece }) => all.slice(0, start) + piece + all.slice(end), text);
  return { text: changed, left };
}

/** The node at a path, or the last on the way to it, with what is left of the way. */
function follow(root: ParsedNode | null, path: Path): { readonly node: ParsedNode; readonly rest: Path } {
  let node = root as ParsedNode;
  for (const [depth, step] of path.entries()) {
    const next = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step)?.value
      : isSeq(node)
        ? node.items[Number(step)]
        : undefined;
    if (!next) return { node, rest: path.slice(depth) };
    node = next as ParsedNode;
  }
  return { node, rest: [] };
}

function contentOf(value: readonly string[], isJson: boolean): string {
  const words = isJson ? value.map((word) => JSON.stringify(word)) : value;
  return value.length === 1 && !isJson ? (value[0] as string) : `[${words.join(', ')}]`;
}

/** Where the text of a node ends, without the lines that follow it. */
function endOf(text: string, node: ParsedNode): number {
  const isBlock = (isMap(node) || isSeq(node)) && !node.flow;
  const last = isBlock ? node.items.at(-1) : undefined;
  const inner = isPair(last) ? (last.value ?? last.key) : last;
  return inner ? endOf(text, inner as ParsedNode) : text.slice(0, node.range[1]).trimEnd().length;
}

/** New keys behind the last of a map, each of them perhaps with maps around what it holds. */
function additions(text: string, map: YAMLMap.Parsed, entries: readonly Entry[], isJson: boolean): Splice {
  const keyText = (key: string | number): string => (isJson ? JSON.stringify(key) : stringify(key).trim());
  const inFlow = ({ path, value }: Entry): string =>
    path.reduceRight<string>(
      (inner, key, depth) => `${keyText(key)}: ${depth === path.length - 1 ? inner : `{${inner}}`}`,
      contentOf(value, isJson),
    );
  const last = map.items.at(-1);
  if (!last) return { start: map.range[0], end: map.range[1], text: `{${entries.map(inFlow).join(', ')}}` };
  const end = endOf(text, last.value ?? last.key);
  const indent = ' '.repeat(last.key.range[0] - (text.lastIndexOf('\n', last.key.range[0] - 1) + 1));
  if (map.flow) {
    const isOnOneLine = !text.slice(map.range[0], last.key.range[0]).includes('\n');
    return { start: end, end, text: entries.map((entry) => `,${isOnOneLine ? ' ' : `\n${indent}`}${inFlow(entry)}`).join('') };
  }
  // Behind a comment on the same line.
  const lineEnd = text.indexOf('\n', end);
  const at = lineEnd < 0 ? text.length : lineEnd;
  const lines = entries.map(({ path, value }) =>
    path
      .map((key, depth) => `\n${indent}${'  '.repeat(depth)}${keyText(key)}:`)
      .join('')
      .concat(` ${contentOf(value, isJson)}`),
  );
  return { start: at, end: at, text: lines.join('') };
}
