import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  Parser,
  type YAMLMap,
} from 'yaml';
import { type Source, type Span } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import { checkNodes } from './yaml-nodes.ts';
import { syntaxProblems } from './yaml-syntax.ts';

/** Keys and indexes from the root of a document. */
export type Path = readonly (string | number)[];

/** A YAML (or JSON, which is YAML) document: plain data, and where each part of it stands. */
export interface YamlDocument {
  readonly source: Source;
  /** Undefined where `problems` tell that it cannot be read at all. */
  readonly data: unknown;
  /** What is wrong with it as YAML. */
  readonly problems: readonly Problem[];
  /** The place of a value, or of its key; of something that is not there, the nearest thing around it. */
  readonly locate: (path: Path, part?: 'key' | 'value') => Span;
}

/** One of the documents of a text. */
export interface YamlPart {
  readonly data: unknown;
  /** Offset of its first node. */
  readonly start: number;
}

/** Nesting of lists and maps; a policy needs eight. */
const DEEPEST = 64;
const MOST_ALIASES = 100;
// Duplicate keys are found by checkNodes: the library compares each key with each other, which takes hours on a long map.
const OPTIONS = { version: '1.2', schema: 'core', merge: false, resolveKnownTags: false, uniqueKeys: false, prettyErrors: false } as const;

/**
 * Reads one YAML 1.2 document with the core schema: without merge keys and custom tags, with limits on nesting and aliases, so that no file
 * can make the program run out of time or memory. `root` names the part that is meant, as in `package.json`.
 */
export function parseYaml(source: Source, root: Path = []): YamlDocument {
  const { text } = source;
  const none: Span = { start: 0, end: 0 };
  const failed = (problems: readonly Problem[]): YamlDocument => ({ source, data: undefined, problems, locate: () => none });
  const tokens = [...new Parser().parse(text)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) return failed([tooDeepAt(source, deep)]);
  const documents = [...new Composer(OPTIONS).compose(tokens, true, text.length)] as Document.Parsed<ParsedNode>[];
  const [document] = documents;
  const syntax = syntaxProblems(source, documents);
  if (!document || syntax.length > 0) return failed(syntax);
  const node = document.getIn(root, true) as ParsedNode | undefined;
  if (!node || (isScalar(node) && node.value === null)) return failed([problemAt(source, none, 'holds nothing: expected a map')]);
  const { problems, targets } = checkNodes(source, node);
  const locate = locator(node, targets);
  try {
    // There is no data if an alias leads nowhere or to itself.
    const data: unknown = problems.some(({ fatal }) => fatal) ? undefined : node.toJS(document, { maxAliasCount: MOST_ALIASES });
    return { source, data, problems: problems.map(({ problem }) => problem), locate };
  } catch (error) {
    return failed([tooMuch(source, targets, error)]);
  }
}

/**
 * Reads every document of a YAML text within the limits of {@link parseYaml}. Documents that hold nothing are left out. Keys may be any
 * scalar, as generated files have them, except `<<`, because nothing would be merged. If there are `problems`, the list of documents is not
 * complete.
 */
export function parseYamlDocuments(source: Source): { readonly documents: readonly YamlPart[]; readonly problems: readonly Problem[] } {
  const parts: YamlPart[] = [];
  const problems: Problem[] = [];
  let deep: number | undefined;
  const bounded = function* (): Generator<CST.Token, void> {
    for (const token of new Parser().parse(source.text)) {
      deep = tooDeep([token]);
      if (deep !== undefined) return;
      yield token;
    }
  };
  for (const document of new Composer(OPTIONS).compose(bounded(), false, source.text.length) as Iterable<Document.Parsed<ParsedNode>>) {
    const syntax = syntaxProblems(source, [document]);
    problems.push(...syntax);
    const node = document.contents as ParsedNode | null;
    if (syntax.length > 0 || !node || (isScalar(node) && node.value === null)) continue;
    const { problems: found, targets } = checkNodes(source, node, { generated: true });
    problems.push(...found.map(({ problem }) => problem));
    if (found.length > 0) continue;
    try {
      parts.push({ data: node.toJS(document, { maxAliasCount: MOST_ALIASES }), start: node.range[0] });
    } catch (error) {
      problems.push(tooMuch(source, targets, error));
    }
  }
  if (deep !== undefined) problems.push(tooDeepAt(source, deep));
  return { documents: parts, problems };
}

function tooDeepAt(source: Source, offset: number): Problem {
  return problemAt(source, { start: offset, end: offset + 1 }, `nested more than ${DEEPEST} levels deep`);
}

/** The problem of a document whose aliases the library will not follow; any other error is thrown on. */
function tooMuch(source: Source, targets: ReadonlyMap<Alias.Parsed, ParsedNode>, error: unknown): Problem {
  if (!(error instanceof ReferenceError)) throw error;
  const [first] = targets.keys();
  return problemAt(
    source,
    first?.range ? { start: first.range[0], end: first.range[1] } : { start: 0, end: 0 },
    'aliases stand for too much: write it out',
  );
}

/** The offset at which nesting goes too deep. Walks the syntax tree without recursion: composing it recurses. */
function tooDeep(tokens: readonly unknown[]): number | undefined {
  const stack: { readonly token: unknown; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    const token = next.token as {
      readonly offset?: number;
      readonly items?: readonly unknown[];
      readonly key?: unknown;
      readonly value?: unknown;
    } | null;
    if (typeof token !== 'object' || token === null) continue;
    const depth = next.depth + (token.items ? 1 : 0);
    if (depth > DEEPEST) return token.offset ?? 0;
    for (const inner of [token.key, token.value, ...(token.items ?? [])])
      if (typeof inner === 'object') stack.push({ token: inner, depth });
  }
  return undefined;
}

type Node = ParsedNode | null | undefined;

/** Follows paths from key to key, through aliases, as far as they go. */
function locator(root: ParsedNode, targets: ReadonlyMap<unknown, ParsedNode>): YamlDocument['locate'] {
  const indexes = new Map<YAMLMap.Parsed, ReadonlyMap<unknown, Pair<ParsedNode, Node>>>();
  const pairOf = (map: YAMLMap.Parsed, step: string | number): Pair<ParsedNode, Node> | undefined => {
    // Of a key that stands twice, the last one counts, as in the data.
    const index = indexes.get(map) ?? new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : pair, pair]));
    indexes.set(map, index);
    return index.get(String(step));
  };
  return (path, part = 'value') => {
    let node: Node = root;
    let span = spanOf(root);
    for (const [depth, step] of path.entries()) {
      const holder: Node = isAlias(node) ? targets.get(node) : node;
      const pair: Pair<ParsedNode, Node> | undefined = isMap(holder) ? pairOf(holder, step) : undefined;
      node = pair ? pair.value : isSeq(holder) ? (holder.items[Number(step)] as Node) : undefined;
      if (!pair && !node) return span;
      const isKey = pair && ((part === 'key' && depth === path.length - 1) || !node || isEmpty(node));
      span = spanOf(isKey || !node ? (pair as Pair<ParsedNode, Node>).key : node);
    }
    return span;
  };
}

function isEmpty(node: ParsedNode): boolean {
  return node.range[0] === node.range[1];
}

function spanOf(node: ParsedNode): Span {
  return { start: node.range[0], end: node.range[1] };
}
