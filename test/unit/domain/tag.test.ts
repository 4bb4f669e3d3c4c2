import { describe, expect, test } from 'vitest';
import { attachmentTagSubject, isFallbackTag, isSignatureTag, isTag } from '../../../src/domain/tag.ts';

const HEX = '0123456789abcdef'.repeat(4);

describe('an attachment tag', () => {
  test.each([
    [`sha256-${HEX}`, { signature: false, fallback: true }],
    [`sha256-${HEX}.sig`, { signature: true, fallback: false }],
    [`sha256-${HEX}.att`, { signature: false, fallback: false }],
    [`sha256-${HEX}.sbom`, { signature: false, fallback: false }],
  ])('%s', (tag, { signature, fallback }) => {
    expect(attachmentTagSubject(tag)).toBe(`sha256:${HEX}`);
    expect(isSignatureTag(tag)).toBe(signature);
    expect(isFallbackTag(tag)).toBe(fallback);
  });

  test.each([
    'latest',
    'v1.sig',
    `sha256-${HEX.slice(1)}`,
    `sha256-${HEX}0`,
    `sha256-${HEX.toUpperCase()}`,
    `sha256-${HEX}.SIG`,
    `sha256-${HEX}.sig.old`,
    `sha256-${HEX}.sigs`,
    `sha256-${HEX}-sig`,
    `sha256-${HEX}.`,
    `x-sha256-${HEX}.sig`,
    `sha512-${HEX}${HEX}.sig`,
    HEX,
    `sha256-${HEX}.sig\n`,
  ])('%j is an ordinary tag', (tag) => {
    expect(attachmentTagSubject(tag)).toBeUndefined();
    expect(isSignatureTag(tag)).toBe(false);
    expect(isFallbackTag(tag)).toBe(false);
  });
});

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
