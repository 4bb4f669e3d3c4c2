import { describe, expect, test } from 'vitest';
import { parseDigestTag } from '../../../src/domain/attachment.ts';

const HEX = '0123456789abcdef'.repeat(4);

describe('a tag names a digest', () => {
  test.each([
    [`sha256-${HEX}`, `sha256:${HEX}`, ''],
    [`sha256-${HEX}.sig`, `sha256:${HEX}`, 'sig'],
    [`sha256-${HEX}.vex`, `sha256:${HEX}`, 'vex'],
    [`sha256-${HEX}.sig.old`, `sha256:${HEX}`, 'sig.old'],
    [`sha512-${HEX}`, `sha512:${HEX}`, ''],
  ])('%s', (tag, key, suffix) => {
    expect(parseDigestTag(tag)).toEqual({ key, suffix });
  });

  test.each([
    'latest',
    'v1.sig',
    `sha256-${HEX.slice(1)}`,
    `sha256-${HEX}0`,
    `sha256-${HEX.toUpperCase()}`,
    `sha256-${HEX}-sig`,
    `sha256-${HEX}.`,
    `x-sha256-${HEX}.sig`,
    `sha384-${HEX}`,
    HEX,
  ])('but %j does not', (tag) => {
    expect(parseDigestTag(tag)).toBeUndefined();
  });
});
