import { describe, expect, test } from 'vitest';
import { inShard, scopeOf } from '../../../src/run/scope.ts';
import { parseTarget } from '../../../src/run/targets.ts';

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

  test.for([
    'ci:swordfish@registry.example.com/team/app',
    'https://ci:swordfish@registry.example.com',
    'swordfish@prod/team/app',
    'ci:sword/fish@prod',
  ])('a name with a user or password is refused without being repeated: %s', (text) => {
    const told = (() => {
      try {
        return parseTarget(text, known);
      } catch (error) {
        return error as Error & { readonly hint: string };
      }
    })();
    expect(told).toMatchObject({ code: 'USAGE' });
    expect(JSON.stringify(told) + String(told)).not.toMatch(/sword.?fish/);
  });

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
