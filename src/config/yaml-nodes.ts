import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from 'yaml';
import { positionOf, type Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';

/** What is wrong with the nodes of a document, and what each alias stands for. */
export interface CheckedNodes {
  /** `fatal`: there is no data. */
  readonly problems: readonly { readonly problem: Problem; readonly fatal: boolean }[];
  readonly targets: ReadonlyMap<Alias.Parsed, ParsedNode>;
}

/**
 * Checks what the parser lets pass: every key is text and occurs once, no key is `__proto__` (which would be lost in the data), no `!`
 * stands unquoted, and every alias has its anchor before it and not around it. In a `generated` text, keys may be other scalars such as
 * numbers, which become text.
 */
export function checkNodes(source: Source, root: ParsedNode, { generated = false }: { readonly generated?: boolean } = {}): CheckedNodes {
  const problems: { problem: Problem; fatal: boolean }[] = [];
  const targets = new Map<Alias.Parsed, ParsedNode>();
  const anchors = new Map<string, ParsedNode>();
  const open = new Set<ParsedNode>();
  const add = (node: ParsedNode, message: string, fatal = false): void => {
    if (problems.length < MOST || fatal)
      problems.push({ problem: problemAt(source, { start: node.range[0], end: node.range[1] }, message), fatal });
  };

  const visitAlias = (alias: Alias.Parsed): void => {
    const target = anchors.get(alias.source);
    if (!target)
      add(alias, `"*${alias.source}" refers to nothing here; a text that starts with "*" must be quoted: "*${alias.source}"`, true);
    else if (open.has(target)) add(alias, `"*${alias.source}" refers to what it stands in`, true);
    else targets.set(alias, target);
  };

  const visit = (node: ParsedNode | null): void => {
    if (!node) return;
    if (isAlias(node)) return visitAlias(node);
    if (node.tag === '!') add(node, 'a text that starts with "!" must be quoted, such as "!legacy/*"');
    if (node.anchor) anchors.set(node.anchor, node);
    open.add(node);
    if (isSeq(node)) for (const item of node.items) visit(item as ParsedNode | null);
    if (isMap(node)) visitMap(node);
    open.delete(node);
  };

  const visitMap = (map: YAMLMap.Parsed): void => {
    const lines = new Map<string, number>();
    for (const { key, value } of map.items) {
      if (!isScalar(key) || (typeof key.value !== 'string' && !generated)) {
        if (isScalar(key)) add(key, key.source ? `a key must be text: quote it, "${key.source}"` : 'a key must be text');
        else add(key, 'a key must be text', true);
        visit(value);
        continue;
      }
      const name = String(key.value);
      const first = lines.get(name);
      if (first !== undefined) add(key, `"${name}" stands here twice, first in line ${first}`);
      else lines.set(name, positionOf(source, key.range[0]).line);
      if (name === '__proto__') add(key, 'unknown key "__proto__"');
      if (name === '<<') add(key, '"<<" merges nothing here, since YAML 1.2 has no merge keys: write out what it stands for');
      if (key.anchor) anchors.set(key.anchor, key);
      visit(value);
    }
  };

  visit(root);
  return { problems, targets };
}

const MOST = 1000;
