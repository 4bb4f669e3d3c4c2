import { expect, test } from 'vitest';
import { isDigest } from '../../../src/domain/digest.ts';

test.each([
  [`sha256:${'a'.repeat(64)}`, true],
  [`sha384:${'0'.repeat(96)}`, true],
  [`sha512:${'f'.repeat(128)}`, true],
  [`sha256:${'a'.repeat(63)}`, false],
  [`sha256:${'a'.repeat(65)}`, false],
  [`sha256:${'A'.repeat(64)}`, false],
  [`sha256:${'g'.repeat(64)}`, false],
  [`sha512:${'f'.repeat(64)}`, false],
  [`md5:${'a'.repeat(32)}`, false],
  [`sha256-${'a'.repeat(64)}`, false],
  ['a'.repeat(64), false],
  [`sha256:${'a'.repeat(64)}\n`, false],
  ['', false],
])('%j is a digest: %s', (text, is) => {
  expect(isDigest(text)).toBe(is);
});
