import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/inventory.ts';
import { buildGraph } from '../../../src/graph/graph.ts';
import type { Decision } from '../../../src/plan/decision.ts';
import { stepsFor } from '../../../src/plan/steps.ts';
import { attachmentTag, digest, manifest } from './fixture.ts';

const GO: Decision = { action: 'delete', untag: [], reasons: [{ code: 'expired' }] };
const STAY: Decision = { action: 'keep', untag: [], reasons: [{ code: 'no_rule' }] };
const untag = (...tags: string[]): Decision => ({ action: 'untag', untag: tags, reasons: [{ code: 'no_rule' }] });

/** The steps as `alias` or `alias after holders`, or `-tag alias`; everything goes but what is said otherwise. */
function steps(manifests: readonly Manifest[], decisions: Readonly<Record<string, Decision>> = {}): string[] {
  const { nodes } = buildGraph(manifests);
  const aliasOf = (full: string): string => full.slice(7, 8);
  const made = stepsFor(
    nodes,
    nodes.map((node) => decisions[aliasOf(node.manifest.digest)] ?? GO),
  );
  return made.map((step) => {
    if (step.op === 'copy-image') return `copy ${aliasOf(step.digest)}`;
    if (step.op === 'archive-manifest') return `archive ${aliasOf(step.digest)}`;
    if (step.op === 'delete-tag') return `-${step.tag} ${aliasOf(step.digest)}`;
    return [aliasOf(step.digest), ...(step.after.length > 0 ? [`after ${step.after.map(aliasOf).join(' ')}`] : [])].join(' ');
  });
}

describe('the order of steps', () => {
  test('nothing to do', () => {
    expect(steps([manifest('a')], { a: STAY })).toEqual([]);
  });

  test('tags first, by tag; then manifests by digest', () => {
    expect(steps([manifest('c'), manifest('b'), manifest('a', { tags: ['x', 'y', 'k'] })], { a: untag('y', 'x') })).toEqual([
      '-x a',
      '-y a',
      'b',
      'c',
    ]);
  });

  test('an index before its children, whatever their digests', () => {
    expect(steps([manifest('a'), manifest('b'), manifest('f', { children: ['a', 'b'] })])).toEqual(['f', 'a after f', 'b after f']);
  });

  test('a subject before its attachments', () => {
    expect(steps([manifest('a', { subject: 'f' }), manifest('b', { tags: [attachmentTag('f', '.sig')] }), manifest('f')])).toEqual([
      'f',
      'a after f',
      'b after f',
    ]);
  });

  test('level by level: what is held from two levels waits for the last of them', () => {
    const deep = [
      manifest('a'),
      manifest('e', { children: ['a'] }),
      manifest('f', { children: ['e', 'a'] }),
      manifest('b', { subject: 'a' }),
    ];
    expect(steps(deep)).toEqual(['f', 'e after f', 'a after e f', 'b after a']);
  });

  test('a diamond', () => {
    expect(
      steps([
        manifest('a'),
        manifest('c', { children: ['a'] }),
        manifest('d', { children: ['a'] }),
        manifest('f', { children: ['c', 'd'] }),
      ]),
    ).toEqual(['f', 'c after f', 'd after f', 'a after c d']);
  });

  test('holders that stay are waited for by nobody', () => {
    expect(steps([manifest('a', { subject: 'e' }), manifest('e'), manifest('f', { children: ['a'] })], { f: STAY })).toEqual([
      'e',
      'a after e',
    ]);
  });

  test('what stays between two levels does not stop the search', () => {
    expect(steps([manifest('a'), manifest('e', { children: ['a'] }), manifest('f', { children: ['e'] })], { e: STAY })).toEqual(['a', 'f']);
  });

  test('the same manifest as child and as attachment of one index is held by it once', () => {
    expect(steps([manifest('a', { subject: 'f' }), manifest('f', { children: ['a'] })])).toEqual(['f', 'a after f']);
  });
});

describe('rings, which tags can make', () => {
  const ring = [manifest('a', { tags: [attachmentTag('b', '.sig')] }), manifest('b', { tags: [attachmentTag('a', '.att')] })];

  test('are opened at the lowest digest', () => {
    expect(steps(ring)).toEqual(['a', 'b after a']);
  });

  test('keep what hangs on them until they are opened', () => {
    expect(steps([...ring, manifest('0', { subject: 'b' }), manifest('f')])).toEqual(['f', 'a', 'b after a', '0 after b']);
  });

  test('of three', () => {
    const three = [
      manifest('c', { tags: [attachmentTag('b', '.sig')] }),
      manifest('b', { tags: [attachmentTag('a', '.sig')] }),
      manifest('a', { tags: [attachmentTag('c', '.sig')] }),
    ];
    expect(steps(three)).toEqual(['a', 'b after a', 'c after b']);
  });

  test('a manifest that names itself is no ring', () => {
    expect(steps([manifest('a', { subject: 'a', children: ['a'] })])).toEqual(['a']);
  });
});

test('a manifest is deleted only while every tag on it is what it was', () => {
  const tags = ['v2', attachmentTag('f', '.sig'), 'v10'];
  const [step] = stepsFor(buildGraph([manifest('a', { tags })]).nodes, [GO]);
  expect(step).toEqual({
    op: 'delete-manifest',
    digest: digest('a'),
    expect: { [attachmentTag('f', '.sig')]: digest('a'), v10: digest('a'), v2: digest('a') },
    after: [],
  });
});
