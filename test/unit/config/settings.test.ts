import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { type Environment, ENVIRONMENT } from '../../../src/config/environment.ts';
import { DEFAULT_CONCURRENCY, resolveSettings, type SettingsFlags } from '../../../src/config/settings.ts';

const NONE: Config = { registries: [], policies: [], inUse: [], findings: [], lists: {}, mirrors: {} };
const PROD = { name: 'prod', url: 'https://registry.example.com', concurrency: 3 } as const;
const TEST = { name: 'test', url: 'http://localhost:5000' } as const;

test('without anything, the defaults', () => {
  expect(resolveSettings({}, { HOME: '/home/me' }, NONE)).toEqual({
    registries: [],
    withLimits: expect.any(Function) as unknown,
    policies: [],
    inUse: [],
    findings: [],
    lists: {},
    mirrors: {},
    concurrency: DEFAULT_CONCURRENCY,
    journalDir: '/home/me/.local/state/regprune',
    cacheDir: '/home/me/.cache/regprune',
  });
});

test('flags over environment over config', () => {
  const config: Config = {
    ...NONE,
    file: '.regctlrc',
    policies: ['config.yaml'],
    maxDeletions: 1,
    concurrency: 4,
    journalDir: 'j',
    cacheDir: 'c',
  };
  const environment = {
    REGCTL_POLICY: 'env.yaml, other.yaml',
    REGCTL_MAX_DELETIONS: '2',
    REGCTL_CONCURRENCY: '5',
    REGCTL_JOURNAL_DIR: '/env/j',
    REGCTL_CACHE_DIR: '/env/c',
  };
  expect(resolveSettings({}, {}, config)).toMatchObject({
    configFile: '.regctlrc',
    policies: ['config.yaml'],
    maxDeletions: 1,
    concurrency: 4,
    journalDir: 'j',
    cacheDir: 'c',
  });
  expect(resolveSettings({}, environment, config)).toMatchObject({
    policies: ['env.yaml', 'other.yaml'],
    maxDeletions: 2,
    concurrency: 5,
    journalDir: '/env/j',
    cacheDir: '/env/c',
  });
  expect(resolveSettings({ policy: ['flag.yaml'], maxDeletions: '0', concurrency: '6' }, environment, config)).toMatchObject({
    policies: ['flag.yaml'],
    maxDeletions: 0,
    concurrency: 6,
  });
});

test('in-use sources add up: no layer takes away what another protects', () => {
  const settings = resolveSettings({ inUse: ['flag.txt'] }, { REGCTL_IN_USE: 'env.txt' }, { ...NONE, inUse: [{ file: 'config.txt' }] });
  expect(settings.inUse).toEqual([{ file: 'config.txt' }, { file: 'flag.txt' }, { file: 'env.txt' }]);
});

describe('registries', () => {
  const config: Config = { ...NONE, registries: [PROD, TEST], concurrency: 4 };
  const names = (asked: string[], environment = {}): string[] =>
    resolveSettings({ registry: asked }, environment, config).registries.map(({ name }) => name);

  test('all of the config, unless some are asked for', () => {
    expect(names([])).toEqual(['prod', 'test']);
    expect(names(['test'])).toEqual(['test']);
    expect(names([], { REGCTL_REGISTRY: 'test,prod' })).toEqual(['test', 'prod']);
    expect(names(['prod'], { REGCTL_REGISTRY: 'test' })).toEqual(['prod']);
    expect(names(['prod', 'https://registry.example.com/'])).toEqual(['prod']);
  });

  test('an address of the config is that registry, another one is called by its host', () => {
    expect(names(['https://registry.example.com/', 'http://localhost:5000', 'harbor.example.com', 'other.example.com:8443'])).toEqual([
      'prod',
      'test',
      'harbor.example.com',
      'other.example.com:8443',
    ]);
    expect(resolveSettings({ registry: ['harbor.example.com'] }, {}, config).registries).toEqual([
      { name: 'harbor.example.com', url: 'https://harbor.example.com', concurrency: 4 },
    ]);
    // On this machine itself nobody runs a registry with TLS.
    expect(names(['localhost:5000'])).toEqual(['test']);
    // The same host without encryption is another registry: credentials of the config are not for it.
    expect(names(['http://registry.example.com'])).toEqual(['registry.example.com']);
  });

  test('its own concurrency is over that of the config, and what was asked for is over both', () => {
    const of = (flags: object, environment: object = {}): number[] =>
      resolveSettings(flags, { ...environment }, config).registries.map(({ concurrency }) => concurrency);
    expect(of({})).toEqual([3, 4]);
    expect(of({}, { REGCTL_CONCURRENCY: '2' })).toEqual([2, 2]);
    expect(of({ concurrency: '9' })).toEqual([9, 9]);
  });

  test('a name that nobody knows is an error, with the nearest one', () => {
    expect(() => names(['prdo'])).toThrow(/^There is no registry named "prdo"; did you mean "prod"\?$/);
    expect(() => names(['constructor'])).toThrow(/^There is no registry named "constructor"\.$/);
    expect(() => names(['ftp://example.com'])).toThrow(
      /^The registry given is wrong: not the address of a registry: expected https:\/\/ or http:\/\/\.$/,
    );
  });

  test('a password in an address is refused and not repeated', () => {
    for (const address of [
      'https://bob:hunter2@example.com',
      'bob:hunter2@example.com',
      'https://bob:hun/ter2@example.com',
      'http://hunter2@example.com',
    ]) {
      const attempt = (): unknown => names([address]);
      expect(attempt).toThrow(expect.objectContaining({ code: 'USAGE' }));
      expect(attempt).not.toThrow(/hun|ter2/);
    }
  });
});

test.for<[flags: object, environment: Record<string, string>, message: RegExp]>([
  [{ maxDeletions: 'many' }, {}, /^--max-deletions is "many": expected a whole number, 0 or more\.$/],
  [{ maxDeletions: '-1' }, {}, /^--max-deletions is "-1"/],
  [{ maxDeletions: '' }, {}, /^--max-deletions is ""/],
  [{ concurrency: '0' }, {}, /^--concurrency is "0": expected a whole number, from 1 to 256\.$/],
  [{ concurrency: '1e3' }, {}, /^--concurrency is "1e3"/],
  [{}, { REGCTL_CONCURRENCY: '1000' }, /^REGCTL_CONCURRENCY is "1000"/],
  [{}, { REGCTL_MAX_DELETIONS: '10 x' }, /^REGCTL_MAX_DELETIONS is "10 x"/],
  // A template that was not filled in must not switch a protection off.
  [{}, { REGCTL_MAX_DELETIONS: '' }, /^REGCTL_MAX_DELETIONS is empty\.$/],
  [{}, { REGCTL_IN_USE: ' ' }, /^REGCTL_IN_USE is empty\.$/],
  [{}, { REGCTL_IN_USE: ',' }, /^REGCTL_IN_USE is ",": an entry of it is empty\.$/],
  [{}, { REGCTL_IN_USE: 'stage.txt, ' }, /^REGCTL_IN_USE is "stage.txt, ": an entry of it is empty\.$/],
])('%j with %j is an error', ([flags, environment, message]) => {
  expect(() => resolveSettings(flags, environment, NONE)).toThrow(message);
});

test('other variables that are empty are not set', () => {
  expect(
    resolveSettings(
      {},
      { HOME: '/h', REGCTL_CONCURRENCY: '', REGCTL_POLICY: '', REGCTL_JOURNAL_DIR: '', XDG_CACHE_HOME: '' },
      { ...NONE, policies: ['p'] },
    ),
  ).toMatchObject({
    concurrency: DEFAULT_CONCURRENCY,
    policies: ['p'],
    journalDir: '/h/.local/state/regprune',
    cacheDir: '/h/.cache/regprune',
  });
});

test('folders of the user: XDG first, but not when it is relative; none without a home', () => {
  expect(resolveSettings({}, { HOME: '/h', XDG_STATE_HOME: '/state', XDG_CACHE_HOME: '/cache' }, NONE)).toMatchObject({
    journalDir: '/state/regprune',
    cacheDir: '/cache/regprune',
  });
  expect(resolveSettings({}, { HOME: '/h', XDG_STATE_HOME: 'state', XDG_CACHE_HOME: './cache' }, NONE)).toMatchObject({
    journalDir: '/h/.local/state/regprune',
    cacheDir: '/h/.cache/regprune',
  });
  expect(resolveSettings({}, {}, NONE)).toMatchObject({ journalDir: undefined, cacheDir: undefined });
});

test('no cache: by a flag, or by the config where nothing names a folder', () => {
  const folderOf = (flags: SettingsFlags, environment: Environment, config: Partial<Config>): string | undefined =>
    resolveSettings(flags, { HOME: '/h', ...environment }, { ...NONE, ...config }).cacheDir;
  expect(folderOf({ cache: false, cacheDir: 'f' }, { REGCTL_CACHE_DIR: 'e' }, { cacheDir: 'c' })).toBeUndefined();
  expect(folderOf({}, {}, { cache: false, cacheDir: 'c' })).toBeUndefined();
  expect(folderOf({}, { REGCTL_CACHE_DIR: 'e' }, { cache: false })).toBe('e');
  expect(folderOf({ cache: true, cacheDir: 'f' }, { REGCTL_CACHE_DIR: 'e' }, { cache: false })).toBe('f');
});

test('the rate: a flag over the environment over the registry over the config; none where nobody gives one', () => {
  const rateOf = (flags: SettingsFlags, environment: Environment, config: Partial<Config>): number | undefined =>
    resolveSettings(flags, environment, { ...NONE, ...config }).registries[0]?.rate;
  const registries = [{ ...PROD, rate: 2.5 }];
  expect(rateOf({ rate: '10' }, { REGCTL_RATE: '5' }, { registries, rate: 1 })).toBe(10);
  expect(rateOf({}, { REGCTL_RATE: '5' }, { registries, rate: 1 })).toBe(5);
  expect(rateOf({}, {}, { registries, rate: 1 })).toBe(2.5);
  expect(rateOf({}, {}, { registries: [PROD], rate: 1 })).toBe(1);
  expect(rateOf({}, {}, { registries: [PROD] })).toBeUndefined();
  for (const rate of ['0', '-1', 'fast', '']) expect(() => rateOf({ rate }, {}, { registries })).toThrow(/--rate is ".*": expected/);
});

test('every variable that is read is in the table that the help shows', () => {
  const read = new Set<string>();
  const environment = new Proxy<Record<string, string | undefined>>({}, { get: (_target, name) => void read.add(String(name)) });
  resolveSettings({}, environment, NONE);
  const shown = ENVIRONMENT.flatMap(([names]) => names.split(', '));
  expect([...read].filter((name) => name.startsWith('REGCTL_') && !shown.includes(name))).toEqual([]);
  expect([...read]).toContain('REGCTL_MAX_DELETIONS');
});
