import { expect, test } from 'vitest';
import { isTag } from '../../../src/domain/tag.ts';

test.each([
  ['a', true],
  ['_', true],
  ['V1.2_3-x', true],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['.a', false],
  ['-a', false],
  ['a b', false],
  ['a/b', false],
  ['a:b', false],
  ['', false],
])('%j is a tag: %s', (tag, is) => {
  expect(isTag(tag)).toBe(is);
});
