import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/inventory.ts';
import { buildGraph, type Graph, type Node } from '../../../src/graph/graph.ts';
import { OCI_INDEX } from '../../../src/domain/media-types.ts';
import { attachmentTag, digest, manifest } from '../plan/fixture.ts';

const aliases = (nodes: Iterable<Node>): string => [...nodes].map((node) => node.manifest.digest.slice(7, 8)).join('');

function node(graph: Graph, alias: string): Node {
  const found = graph.find(digest(alias));
  if (!found) throw new Error(`no ${alias}`);
  return found;
}

/** `parents/children/subjects/attachments` of each manifest. */
function edges(...manifests: Manifest[]): Record<string, string> {
  const graph = buildGraph(manifests);
  return Object.fromEntries(
    graph.nodes.map((each) => [aliases([each]), [each.parents, each.children, each.subjects, each.attachments].map(aliases).join('/')]),
  );
}

describe('edges', () => {
  test('of an index', () => {
    expect(edges(manifest('e', { children: ['b', 'a'] }), manifest('a'), manifest('b'))).toEqual({ a: 'e///', b: 'e///', e: '/ab//' });
  });

  test('of an attachment, by subject or by tag', () => {
    expect(
      edges(
        manifest('a'),
        manifest('b', { subject: 'a' }),
        ...['.sig', '.att', '.sbom'].map((suffix, index) => manifest(String(index), { tags: [attachmentTag('a', suffix)] })),
        manifest('3', { mediaType: OCI_INDEX, tags: [attachmentTag('a')] }),
      ),
    ).toEqual({
      a: '///0123b',
      b: '//a/',
      0: '//a/',
      1: '//a/',
      2: '//a/',
      3: '//a/',
    });
  });

  test('of an attachment with a subject and a tag of another image: both', () => {
    expect(
      edges(manifest('a'), manifest('b'), manifest('c', { subject: 'b', tags: [attachmentTag('a', '.sig'), attachmentTag('b', '.sig')] })),
    ).toEqual({ a: '///c', b: '///c', c: '//ab/' });
  });

  test('only to what is present, and none to itself', () => {
    expect(
      edges(
        manifest('a', { children: ['a', '9', 'b', 'b'], subject: 'a', tags: [attachmentTag('9', '.sig')] }),
        manifest('b', { subject: '8' }),
      ),
    ).toEqual({ a: '/b//', b: 'a///' });
  });

  test('the same whatever the order of the manifests', () => {
    const manifests = [
      manifest('e', { children: ['a', 'b'] }),
      manifest('f', { children: ['b', 'a'] }),
      manifest('a'),
      manifest('b', { tags: [attachmentTag('a', '.sig')] }),
      manifest('c', { subject: 'a' }),
    ];
    expect(edges(...manifests.toReversed())).toEqual(edges(...manifests));
  });
});

test('nodes are in order of their digests', () => {
  expect(aliases(buildGraph([manifest('c'), manifest('a'), manifest('b')]).nodes)).toBe('abc');
});

describe('tags', () => {
  const graph = buildGraph([
    manifest('a', { tags: ['v2', attachmentTag('9', '.sig'), 'v10'] }),
    manifest('b', { tags: [attachmentTag('9', '.att')] }),
    manifest('c', { subject: '9' }),
    manifest('d', { tags: ['x'] }),
  ]);

  test.each([
    ['a', ['v10', 'v2'], true],
    ['b', [], true],
    ['c', [], true],
    ['d', ['x'], false],
  ])('%s has the ordinary tags %j, is an attachment: %s', (alias, tags, isAttachment) => {
    expect(node(graph, alias)).toMatchObject({ ordinaryTags: tags, isAttachment });
  });

  /** Few are put in order in another way than many. */
  test.each([2, 5, 8, 9, 40])('stand in order of their code units, however many: %i', (count) => {
    const tags = Array.from({ length: count }, (_, number) => `build-${(number * 37) % 101}`);
    const found = node(buildGraph([manifest('a', { tags: [...tags, attachmentTag('b', '.sig')] })]), 'a');
    expect(found.ordinaryTags).toEqual(tags.toSorted());
    expect(found.tags).toEqual([...tags, attachmentTag('b', '.sig')].toSorted());
  });
});

describe('signed is an image with', () => {
  const signed = (...others: Manifest[]): boolean | undefined => node(buildGraph([manifest('a'), ...others]), 'a').signed;
  const NOTATION = { artifactType: 'application/vnd.cncf.notary.signature' };

  test.each<[string, Manifest[]]>([
    ['a .sig tag', [manifest('b', { tags: [attachmentTag('a', '.sig')] })]],
    ['a cosign referrer', [manifest('b', { subject: 'a', artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json' })]],
    ['a sigstore bundle', [manifest('b', { subject: 'a', artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' })]],
    ['a notation signature', [manifest('b', { subject: 'a', ...NOTATION })]],
    ['a signature that a fallback tag lists', [manifest('b', { tags: [attachmentTag('a')], children: ['c'] }), manifest('c', NOTATION)]],
    ['several attachments of which one signs', [manifest('b', { subject: 'a' }), manifest('c', { tags: [attachmentTag('a', '.sig')] })]],
  ])('%s', (_what, others) => {
    expect(signed(...others)).toBe(true);
  });

  test('a word of the registry', () => {
    expect(node(buildGraph([manifest('a', { signed: true })]), 'a').signed).toBe(true);
  });

  test.each<[string, Manifest[]]>([
    ['nothing attached', []],
    ['an attestation', [manifest('b', { tags: [attachmentTag('a', '.att')] })]],
    ['an SBOM', [manifest('b', { subject: 'a', artifactType: 'application/spdx+json' })]],
    ['the signature of another', [manifest('b', { subject: '9', ...NOTATION, tags: [attachmentTag('9', '.sig')] })]],
    ['an empty fallback index', [manifest('b', { tags: [attachmentTag('a')], children: ['c'] }), manifest('c')]],
    ['an SBOM that is signed itself', [manifest('b', { subject: 'a' }), manifest('c', { subject: 'b', ...NOTATION })]],
    ['an attachment that carries the .sig tag of another', [manifest('b', { subject: 'a', tags: [attachmentTag('9', '.sig')] })]],
  ])('not: %s', (_what, others) => {
    expect(signed(...others)).toBe(false);
  });
});

describe('the indexes that hold a digest', () => {
  const graph = buildGraph([
    manifest('f', { children: ['e'] }),
    manifest('e', { children: ['a', '9'] }),
    manifest('d', { children: ['a'] }),
    manifest('a'),
  ]);

  test.each([
    ['a', 'def'],
    ['e', 'f'],
    ['f', ''],
    ['9', 'ef'],
    ['8', ''],
  ])('%s: %j', (alias, holders) => {
    expect(aliases([...graph.indexesHolding(digest(alias))].toSorted((a, b) => (a.manifest.digest < b.manifest.digest ? -1 : 1)))).toBe(
      holders,
    );
  });

  test('indexes that list each other end the search', () => {
    const ring = buildGraph([manifest('e', { children: ['f', 'a'] }), manifest('f', { children: ['e'] })]);
    expect(ring.indexesHolding(digest('a')).size).toBe(2);
  });
});
