import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { dayCount, duration, instant, shard, wholeNumber } from '../../../src/cli/option-values.ts';
import { inShard, scopeOf } from '../../../src/run/scope.ts';
import { parseTarget } from '../../../src/run/targets.ts';
import { shellLine } from '../../../src/cli/shell.ts';

describe('option values', () => {
  test('are read as what they say', () => {
    expect([wholeNumber(0)('0'), wholeNumber(1)('500'), dayCount('1.5'), duration('30m'), duration('2d')]).toEqual([
      0, 500, 1.5, 1_800_000, 172_800_000,
    ]);
    expect(instant('2026-11-24T05:10:00+02:00')).toBe(Date.parse('2026-11-24T03:10:00Z'));
    expect(shard('2/5')).toEqual({ index: 2, of: 5 });
  });

  test.for([
    [wholeNumber(0), ['-1', '1.5', '', 'ten', '1e3', '99999999999999999999']],
    [wholeNumber(1), ['0']],
    [dayCount, ['-1', '30d', '', 'Infinity']],
    [duration, ['30', '1h30m', '-5m', '']],
    [instant, ['2026-11-24', 'yesterday', '2026-11-24T03:10:00', '2026-13-01T00:00:00Z', '']],
    [shard, ['0/3', '4/3', '1/0', '1', 'a/b', '-1/3']],
  ] as const)('are refused otherwise (%#)', ([parse, texts]) => {
    for (const text of texts) expect(() => parse(text), text).toThrow('It must be');
  });
});

describe('what to read', () => {
  const known = [
    { name: 'prod', url: 'https://registry.example.com' },
    { name: 'nexus', url: 'https://nexus.example.com/repository/docker' },
    { name: 'old', url: 'https://gcr.io' },
    { name: 'aws', url: 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com' },
    { name: 'pub', url: 'https://public.ecr.aws/a1b2c3d4' },
  ];

  test.for([
    ['registry.example.com', { registry: 'registry.example.com' }],
    ['registry.example.com/team/app', { registry: 'registry.example.com', repositories: 'team/app' }],
    ['registry.example.com/team/**', { registry: 'registry.example.com', repositories: 'team/**' }],
    ['https://registry.example.com/team/app', { registry: 'https://registry.example.com', repositories: 'team/app' }],
    ['http://localhost:5000', { registry: 'http://localhost:5000' }],
    ['localhost:5000/a', { registry: 'localhost:5000', repositories: 'a' }],
    ['[::1]:5000/a', { registry: '[::1]:5000', repositories: 'a' }],
    ['prod', { registry: 'prod' }],
    ['prod/team/app', { registry: 'prod', repositories: 'team/app' }],
    ['nexus.example.com/repository/docker/team/app', { registry: 'nexus.example.com/repository/docker', repositories: 'team/app' }],
    ['nexus.example.com/repository/docker', { registry: 'nexus.example.com/repository/docker' }],
    ['prod/', { registry: 'prod' }],
    // Other names of repositories of the config.
    ['us-docker.pkg.dev/p/gcr.io/app', { registry: 'gcr.io', repositories: 'p/app' }],
    ['us-docker.pkg.dev/p/gcr.io/**', { registry: 'gcr.io', repositories: 'p/**' }],
    ['us-docker.pkg.dev/p/images/app', { registry: 'us-docker.pkg.dev', repositories: 'p/images/app' }],
    [
      '123456789012.dkr-ecr.eu-central-1.on.aws/team/app',
      { registry: '123456789012.dkr.ecr.eu-central-1.amazonaws.com', repositories: 'team/app' },
    ],
    ['ecr-public.aws.com/a1b2c3d4/app', { registry: 'public.ecr.aws/a1b2c3d4', repositories: 'app' }],
    ['ecr-public.aws.com/e5f6/app', { registry: 'ecr-public.aws.com', repositories: 'e5f6/app' }],
  ] as const)('%s', ([text, target]) => {
    expect(parseTarget(text, known)).toEqual(target);
  });

  test.for(['team/app', 'prd/team/app', 'prod/Team/App', 'prod/team/app:v1', 'prod//app', 'prod/team/app@sha256:12'])(
    '"%s" is refused, not guessed at',
    (text) => {
      expect(() => parseTarget(text, known)).toThrow(/REGISTRY|registry|neither the name/);
    },
  );

  test('names, globs and the whole registry', () => {
    expect(scopeOf(['team/app']).includes('team/app')).toBe(true);
    expect(scopeOf(['team/app']).includes('team/app/sub')).toBe(false);
    expect(scopeOf(['team/*', 'x']).includes('team/web')).toBe(true);
    expect(scopeOf(['team/*', 'x']).includes('team/a/b')).toBe(false);
    expect(scopeOf([undefined])).toMatchObject({ names: [], globs: ['**'] });
  });

  test('every repository is in exactly one shard', () => {
    const names = Array.from({ length: 500 }, (_, index) => `team/app-${index}`);
    const counts = [1, 2, 3].map((index) => names.filter((name) => inShard({ index, of: 3 }, 'prod', name)).length);

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500);
    expect(Math.min(...counts)).toBeGreaterThan(120);
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
