import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/inventory.ts';
import { below, close, holdOf } from '../../../src/graph/closure.ts';
import { buildGraph, type Node } from '../../../src/graph/graph.ts';
import { NodeSet } from '../../../src/graph/node-set.ts';
import { attachmentTag, digest, manifest } from '../plan/fixture.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

const aliases = (nodes: Iterable<Node>): string =>
  [...nodes]
    .map((node) => node.manifest.digest.slice(7, 8))
    .toSorted()
    .join('');

function nodesOf(manifests: readonly Manifest[]): (names: string) => Node[] {
  const { find } = buildGraph(manifests);
  return (names) => [...names].map((alias) => find(digest(alias)) as Node);
}

/** These nodes of a graph of six manifests or fewer. */
function setOf(nodes: readonly Node[]): NodeSet {
  const set = new NodeSet(6);
  for (const node of nodes) set.add(node);
  return set;
}

/** An index (e) in an index (f), with a child (a), its signature (b), its SBOM (c), and the signature of that (d). */
const tree = nodesOf([
  manifest('f', { children: ['e'] }),
  manifest('e', { children: ['a'] }),
  manifest('a'),
  manifest('b', { tags: [attachmentTag('a', '.sig')] }),
  manifest('c', { subject: 'a' }),
  manifest('d', { subject: 'c' }),
]);

describe('what stays with what stays', () => {
  test.each([
    ['f', 'abcdef'],
    ['e', 'abcde'],
    ['a', 'abcd'],
    // An attachment needs its subject, and that its other attachments; nothing needs its index.
    ['b', 'abcd'],
    ['d', 'abcd'],
    ['', ''],
  ])('%s needs %s', (seeds, staying) => {
    const added: Node[] = [];
    close(new NodeSet(6), tree(seeds), (node) => added.push(node));
    expect(aliases(added)).toBe(staying);
  });

  test('what stays already is gone through no more', () => {
    const added: Node[] = [];
    close(setOf(tree('a')), tree('a'), (node) => added.push(node));
    expect(added).toEqual([]);
  });
});

test.each([
  ['f', 'abcdef'],
  ['e', 'abcde'],
  ['c', 'cd'],
  ['bd', 'bd'],
])('below %s: %s', (roots, found) => {
  const going = below(tree(roots), 6);
  expect(aliases(tree('abcdef').filter((node) => going.has(node)))).toBe(found);
});

describe('what holds a manifest', () => {
  const held = (alias: string, staying: string): string => {
    const { code, by } = holdOf(tree(alias)[0] as Node, setOf(tree(staying)));
    return `${code} ${aliases([by])}`;
  };

  test.each([
    ['a', 'abcdef', 'child_of_kept e'],
    ['b', 'abcdef', 'attached_to_kept a'],
    ['a', 'abcd', 'subject_of_kept b'],
    ['a', 'acd', 'subject_of_kept c'],
    ['d', 'acd', 'attached_to_kept c'],
  ])('%s among %s: %s', (alias, staying, hold) => {
    expect(held(alias, staying)).toBe(hold);
  });

  test('of several the lowest digest', () => {
    const two = nodesOf([manifest('d', { children: ['a'] }), manifest('c', { children: ['a'] }), manifest('a')]);
    expect(aliases([holdOf(two('a')[0] as Node, setOf(two('acd'))).by])).toBe('c');
    expect(aliases([holdOf(two('a')[0] as Node, setOf(two('ad'))).by])).toBe('d');
  });

  test('nothing: an error, for then it should not stay', () => {
    expect(() => held('a', 'a')).toThrow('nothing needs it');
  });
});

test('a deep tree does not run out of stack', () => {
  const names = Array.from({ length: 5000 }, (_, index) => index.toString(16).padStart(64, '0'));
  const full = (name: string): Digest => asDigest(`sha256:${name}`);
  const manifests = names.map((name, index): Manifest => ({
    ...manifest('a'),
    digest: full(name),
    children: names.slice(index + 1, index + 2).map(full),
  }));
  const { find, indexesHolding } = buildGraph(manifests);
  let count = 0;
  close(new NodeSet(5000), [find(full(names[0] as string)) as Node], () => (count += 1));
  expect(count).toBe(5000);
  expect(indexesHolding(full(names.at(-1) as string)).size).toBe(4999);
});
