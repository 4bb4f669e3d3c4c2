import { describe, expect, test } from 'vitest';
import { parseSize } from '../../../src/policy/size.ts';

describe('a size', () => {
  test.each([
    ['0B', 0],
    ['1B', 1],
    ['1KB', 1000],
    ['500MB', 500_000_000],
    ['1.5GB', 1_500_000_000],
    ['2TB', 2_000_000_000_000],
    ['1KiB', 1024],
    ['1MiB', 1024 ** 2],
    ['2 GiB', 2 * 1024 ** 3],
    ['0.5TiB', 1024 ** 4 / 2],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', '1', 'GB', '-1GB', '1gb', '1G', '1kB', '1PB', '1.GB', '.5GB', '1e3MB', '1,5GB', '1 GB ', '9999999999TB'])(
    '%j is not one',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});
