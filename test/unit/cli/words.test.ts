import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { dayCount, duration, shard, wholeNumber } from '../../../src/cli/option-values.ts';
import { shellLine } from '../../../src/cli/shell.ts';

describe('option values', () => {
  test('are read as what they say', () => {
    expect([wholeNumber(0)('0'), wholeNumber(1)('500'), dayCount('1.5'), duration('30m'), duration('2d')]).toEqual([
      0, 500, 1.5, 1_800_000, 172_800_000,
    ]);
    expect(shard({})('2/5')).toEqual({ index: 2, of: 5 });
    expect(shard({ JOB_COMPLETION_INDEX: '0' })('/5')).toEqual({ index: 1, of: 5 });
    expect(shard({ JOB_COMPLETION_INDEX: '0' })('2/5')).toEqual({ index: 2, of: 5 });
  });

  test.for([
    [wholeNumber(0), ['-1', '1.5', '', 'ten', '1e3', '99999999999999999999']],
    [wholeNumber(1), ['0']],
    [dayCount, ['-1', '30d', '', 'Infinity']],
    [duration, ['30', '1h30m', '-5m', '']],
    [shard({}), ['0/3', '4/3', '1/0', '1', 'a/b', '-1/3', '/3']],
    [shard({ JOB_COMPLETION_INDEX: '3' }), ['/3']],
  ] as const)('are refused otherwise (%#)', ([parse, texts]) => {
    for (const text of texts) expect(() => parse(text), text).toThrow('It must be');
  });
});

test('a shell reads a line as the words that it was made of', () => {
  const words = ['regctl', 'prune', '--tags', 'v*', "it's", '', '$HOME `x` "y"', 'a\nb', '!z', '-p', 'policies/a b.yaml'];

  const read = execFileSync('sh', ['-c', `printf '%s\\0' ${shellLine(words)}`])
    .toString()
    .split('\0')
    .slice(0, -1);

  expect(read).toEqual(words);
  expect(shellLine(['regctl', 'prune', 'host:5000/a', '--keep-last', '10'])).toBe('regctl prune host:5000/a --keep-last 10');
});
