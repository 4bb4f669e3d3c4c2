import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../../src/diagnostics/nearest.ts';

const KEYS = [
  'name',
  'tags',
  'untagged',
  'orphaned',
  'repositories',
  'registries',
  'keepAtLeast',
  'maxDeletions',
  'keep',
  'order',
  'per',
  'policies',
];

test.for<[word: string, meant: string | undefined]>([
  ['kep', 'keep'],
  ['kepe', 'keep'],
  ['tgas', 'tags'],
  ['tag', 'tags'],
  ['Tags', 'tags'],
  ['repos', 'repositories'],
  ['reposotories', 'repositories'],
  ['keep-at-least', 'keepAtLeast'],
  ['max_deletions', 'maxDeletions'],
  ['maxDeletes', 'maxDeletions'],
  ['policy', 'policies'],
  ['registry', 'registries'],
  ['un-tagged', 'untagged'],
  ['xyzzy', undefined],
  ['a', undefined],
  ['', undefined],
  ['constructor', undefined],
  ['x'.repeat(100_000), undefined],
])('"%s" means %s', ([word, meant]) => {
  expect(nearest(word, KEYS)).toBe(meant);
});

test('only a near word is suggested', () => {
  expect(didYouMean('kep', KEYS)).toBe('; did you mean "keep"?');
  expect(didYouMean('xyzzy', KEYS)).toBe('');
});
