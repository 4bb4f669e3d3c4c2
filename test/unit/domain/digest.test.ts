import { expect, test } from 'vitest';
import { type Digest, digestOf, isDigest } from '../../../src/domain/digest.ts';

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

test('text that was made to be a digest is one, or an error', () => {
  expect(digestOf(`sha256:${'a'.repeat(64)}`)).toBe(`sha256:${'a'.repeat(64)}`);
  expect(() => digestOf('latest')).toThrow(new TypeError('"latest" is not a digest'));
});

test('no other value is a digest', () => {
  for (const value of [undefined, null, 7, [`sha256:${'a'.repeat(64)}`]]) expect(isDigest(value)).toBe(false);
});

test('the compiler lets no tag pass for a digest', () => {
  const remove = (digest: Digest): string => digest;
  const tag: string = 'latest';
  // @ts-expect-error A tag is text like any other.
  remove(tag);
  // @ts-expect-error Nor does a literal that looks like a digest pass without being checked.
  remove('sha256:aaaa');
  // @ts-expect-error A place that is looked up under a digest cannot be looked up under a tag.
  new Map<Digest, string>().get(tag);
  // What was checked does.
  expect(isDigest(tag) ? remove(tag) : 'not one').toBe('not one');
});
