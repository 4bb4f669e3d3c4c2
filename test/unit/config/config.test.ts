import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { REGISTRY_TYPES } from '../../../src/registry/types.ts';
import { folderWith } from './temporary-folder.ts';

/** The names of all types, as an error lists them. */
const TYPES = REGISTRY_TYPES.map(({ name }) => `"${name}"`);

type Files = Readonly<Record<string, string>>;

async function load(files: Files, options: { readonly cwd?: string; readonly environment?: Record<string, string> } = {}): Promise<Config> {
  const folder = await folderWith(files);
  return loadConfig(path.join(folder, options.cwd ?? '.'), options.environment ?? {}, REGISTRY_TYPES);
}

/** The message of the error that reading ends in. */
async function failure(...args: Parameters<typeof load>): Promise<string> {
  return load(...args).then(
    () => 'was read',
    (error: unknown) => `${(error as { code: string }).code} ${(error as Error).message}`,
  );
}

const concurrency = (value: number): string => `concurrency: ${value}\n`;

describe('where a config is looked for', () => {
  test('nowhere is a config, and none is needed', async () => {
    expect(await load({})).toEqual({ registries: [], policies: [], inUse: [], findings: [], lists: {}, mirrors: {} });
  });

  test.for(['.regctlrc', '.regctlrc.yaml', '.regctlrc.yml', 'regctl.config.yaml', 'regctl.config.yml'])('%s', async (name) => {
    expect(await load({ [name]: concurrency(3) })).toMatchObject({ file: name, concurrency: 3 });
  });

  test.for(['.regctlrc', '.regctlrc.json', 'regctl.config.json'])('%s as JSON', async (name) => {
    expect(await load({ [name]: '{"concurrency": 3}' })).toMatchObject({ file: name, concurrency: 3 });
  });

  test('package.json, under its key alone', async () => {
    expect(await load({ 'package.json': '{"name": "x", "concurrency": 9, "regctl": {"concurrency": 3}}' })).toMatchObject({
      file: 'package.json',
      concurrency: 3,
    });
    expect(await load({ 'package.json': '{"name": "x"}' })).toEqual({
      registries: [],
      policies: [],
      inUse: [],
      findings: [],
      lists: {},
      mirrors: {},
    });
  });

  test('the first of the list counts', async () => {
    expect(
      await load({ 'package.json': '{"regctl": {"concurrency": 1}}', 'regctl.config.yaml': concurrency(2), '.regctlrc': concurrency(3) }),
    ).toMatchObject({ file: '.regctlrc' });
    expect(await load({ 'package.json': '{"regctl": {"concurrency": 1}}', 'regctl.config.yaml': concurrency(2) })).toMatchObject({
      file: 'regctl.config.yaml',
    });
  });

  test('the nearest one upward to the root of the git repository, past a package.json without a config', async () => {
    const files = { 'repo/.git/HEAD': '', 'repo/.regctlrc': concurrency(1), 'repo/a/package.json': '{}', 'repo/a/b/x': '' };
    expect(await load(files, { cwd: 'repo/a/b' })).toMatchObject({ file: path.join('..', '..', '.regctlrc'), concurrency: 1 });
    expect(await load({ ...files, 'repo/a/.regctlrc.yaml': concurrency(2) }, { cwd: 'repo/a/b' })).toMatchObject({ concurrency: 2 });
  });

  test('never above the root of the git repository, of a worktree neither', async () => {
    expect(await load({ '.regctlrc': concurrency(1), 'repo/.git/HEAD': '', 'repo/a/x': '' }, { cwd: 'repo/a' })).not.toHaveProperty('file');
    expect(
      await load({ '.git/HEAD': '', '.regctlrc': concurrency(1), 'tree/.git': 'gitdir: ../x\n', 'tree/a/x': '' }, { cwd: 'tree/a' }),
    ).not.toHaveProperty('file');
  });

  test('without a git repository, in the working directory alone', async () => {
    expect(await load({ '.regctlrc': concurrency(1), 'a/x': '' }, { cwd: 'a' })).not.toHaveProperty('file');
  });

  test('a variable names it', async () => {
    const folder = await folderWith({ 'conf/my.yaml': 'policies: [p.yaml]\n', 'work/.regctlrc': concurrency(1) });
    const cwd = path.join(folder, 'work');
    expect(await loadConfig(cwd, { REGCTL_CONFIG: '../conf/my.yaml' }, REGISTRY_TYPES)).toMatchObject({
      file: '../conf/my.yaml',
      policies: ['../conf/p.yaml'],
    });
    expect(await loadConfig(cwd, { REGCTL_CONFIG: path.join(folder, 'conf/my.yaml') }, REGISTRY_TYPES)).toMatchObject({
      policies: [path.join(folder, 'conf/p.yaml')],
    });
    expect(await loadConfig(cwd, { REGCTL_CONFIG: '' }, REGISTRY_TYPES)).toMatchObject({ file: '.regctlrc' });
    await expect(loadConfig(cwd, { REGCTL_CONFIG: 'no.yaml' }, REGISTRY_TYPES)).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining('there is no such file') as string,
    });
  });
});

/** Some libraries look at the working directory of the process, whatever they are told. */
function workIn(folder: string): void {
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
}

describe('nothing in a folder is executed', () => {
  test.for([
    '.regctlrc.js',
    '.regctlrc.cjs',
    '.regctlrc.mjs',
    '.regctlrc.ts',
    'regctl.config.js',
    '.config/regctlrc.js',
    '.config/config.js',
    '.config/config.cjs',
  ])('%s', async (name) => {
    const marker = 'regpruneExecuted';
    const folder = await folderWith({
      '.git/HEAD': '',
      [name]: `globalThis.${marker} = true; module.exports = {searchPlaces: ['evil.js']};`,
      'evil.js': `globalThis.${marker} = true;`,
    });
    workIn(folder);
    onTestFinished(() => void Reflect.deleteProperty(globalThis, marker));
    expect(await loadConfig(folder, {}, REGISTRY_TYPES)).not.toHaveProperty('file');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(globalThis).not.toHaveProperty(marker);
  });

  test('nor does package.json tell where else to look', async () => {
    const files = { 'package.json': '{"cosmiconfig": {"searchPlaces": ["other.yaml"]}}', 'other.yaml': concurrency(1), '.git/HEAD': '' };
    const folder = await folderWith(files);
    workIn(folder);
    expect(await loadConfig(folder, {}, REGISTRY_TYPES)).not.toHaveProperty('file');
  });

  test('$import brings in no other file', async () => {
    expect(await failure({ '.regctlrc': '$import: other.yaml\n', 'other.yaml': concurrency(1) })).toContain(
      '.regctlrc:1:1: unknown key "$import"',
    );
  });
});

describe('a config that is there is never passed over', () => {
  test('an empty one', async () => {
    expect(await failure({ '.regctlrc': '', 'regctl.config.yaml': concurrency(1) })).toBe(
      'CONFIG_INVALID .regctlrc:1:1: holds nothing: expected a map\n  1 | \n    | ^',
    );
  });

  test('one that is a directory', async () => {
    expect(await failure({ '.regctlrc/x': '', 'regctl.config.yaml': concurrency(1) })).toMatch(
      /^FILE .*\.regctlrc: the config cannot be read: it is a directory\.$/,
    );
  });

  test('a link that leads nowhere', async () => {
    const folder = await folderWith({});
    await symlink('gone', path.join(folder, '.regctlrc'));
    await expect(loadConfig(folder, {}, REGISTRY_TYPES)).rejects.toMatchObject({ code: 'FILE' });
  });

  test('a package.json that nobody can read', async () => {
    expect(await failure({ 'package.json': '{"regctl": ' })).toMatch(
      /^CONFIG_INVALID .*package\.json:1:1: not valid JSON, so that nobody can tell whether it holds a "regctl" config/,
    );
  });

  test('one that is not UTF-8', async () => {
    const folder = await folderWith({});
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, '.regctlrc'), new Uint8Array([0xff, 0xfe, 0x00]));
    await expect(loadConfig(folder, {}, REGISTRY_TYPES)).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining('not UTF-8') as string,
    });
  });
});

/** As `az acr show --query id` writes it. */
const RESOURCE_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ops/providers/Microsoft.ContainerRegistry/registries/contoso';

test('the Azure resource that a registry is', async () => {
  const registry = { name: 'contoso', url: 'https://contoso.azurecr.io', settings: { acr: { resourceId: RESOURCE_ID } } };
  expect(
    await load({ '.regctlrc': `registries: {contoso: {url: contoso.azurecr.io, acr: {resourceId: ${RESOURCE_ID}}}}\n` }),
  ).toMatchObject({ registries: [registry] });
});

test('a whole config; its files are relative to it', async () => {
  const text = [
    'registries:',
    '  prod:',
    '    url: harbor.example.com',
    '    type: oci',
    '    auth: {username: robot$ci, passwordFile: secrets/harbor}',
    '    tls: {ca: ca.pem}',
    '    concurrency: 4',
    '  test:',
    '    url: http://localhost:5000/',
    '    auth: {usernameEnv: TEST_USER, passwordEnv: TEST_PASSWORD}',
    '  old: {url: "registry.example.com:5000", plainHttp: true}',
    'policies: [policies/a.yaml, /etc/regctl/b.yaml]',
    'inUse:',
    '  - file: running.txt',
    '  - command: [./deployed, --all]',
    '  - kubernetes: {}',
    '  - kubernetes: {kubeconfig: clusters.yaml, contexts: [prod, staging]}',
    '  - ecs: {regions: [eu-central-1], profile: ops}',
    '  - lambda: {}',
    '    mayBeEmpty: true',
    'lists:',
    '  here: {git: {repository: ., refs: [branches]}}',
    '  there: {git: {repository: "git@git.example.com:team/app.git"}}',
    '  elsewhere: {git: {repository: "https://git.example.com/team/app"}}',
    '  envs: {file: envs.txt}',
    '  previews: {command: [./previews, a/b]}',
    'mirrors: {mirror.example.com/hub: prod, mirror.example.com/all: [prod, other.example.com/team]}',
    'limits: {maxDeletions: 500}',
    'journalDir: journal',
    'cacheDir: /var/cache/regctl',
    'concurrency: 6',
    '',
  ].join('\n');
  expect(await load({ '.git/HEAD': '', '.regctlrc': text, 'a/x': '' }, { cwd: 'a' })).toEqual({
    file: '../.regctlrc',
    findings: [],
    registries: [
      {
        name: 'prod',
        url: 'https://harbor.example.com',
        type: 'oci',
        auth: { username: { text: 'robot$ci' }, password: { file: '../secrets/harbor' } },
        caFile: '../ca.pem',
        concurrency: 4,
      },
      { name: 'test', url: 'http://localhost:5000', auth: { username: { env: 'TEST_USER' }, password: { env: 'TEST_PASSWORD' } } },
      { name: 'old', url: 'http://registry.example.com:5000', plainHttp: true },
    ],
    policies: ['../policies/a.yaml', '/etc/regctl/b.yaml'],
    inUse: [
      { file: '../running.txt' },
      { command: ['../deployed', '--all'] },
      { kubernetes: {} },
      { kubernetes: { kubeconfig: '../clusters.yaml', contexts: ['prod', 'staging'] } },
      { ecs: { regions: ['eu-central-1'], profile: 'ops' } },
      { lambda: {}, mayBeEmpty: true },
    ],
    lists: {
      here: { git: { repository: '..', refs: ['branches'] } },
      there: { git: { repository: 'git@git.example.com:team/app.git' } },
      elsewhere: { git: { repository: 'https://git.example.com/team/app' } },
      envs: { file: '../envs.txt' },
      previews: { command: ['../previews', 'a/b'] },
    },
    mirrors: { 'mirror.example.com/hub': 'prod', 'mirror.example.com/all': ['prod', 'other.example.com/team'] },
    maxDeletions: 500,
    journalDir: '../journal',
    cacheDir: '/var/cache/regctl',
    concurrency: 6,
  });
});

describe('what is wrong in a config', () => {
  const heads = async (text: string, file = '.regctlrc'): Promise<string[]> =>
    (await failure({ [file]: text }))
      .split('\n')
      .filter((line) => line.includes(`${file}:`))
      .map((line) => line.replace(/^CONFIG_INVALID /, ''));

  test('all of it at once', async () => {
    expect(
      await heads('registrys: {}\npolicy: [a]\nlimits: {maxDeletion: 1}\nconcurrency: 0\ninUse: [running.txt, {command: x}]\n'),
    ).toEqual([
      '.regctlrc:1:1: unknown key "registrys"; did you mean "registries"?',
      '.regctlrc:2:1: unknown key "policy"; did you mean "policies"?',
      '.regctlrc:3:10: unknown key "maxDeletion"; did you mean "maxDeletions"?',
      '.regctlrc:4:14: must be 1 or more',
      '.regctlrc:5:9: expected a map, got text',
      '.regctlrc:5:32: expected a list, got text: put it in brackets, [ … ]',
    ]);
  });

  test('in package.json, at its place there', async () => {
    expect(await heads('{\n\t"name": "x",\n\t"regctl": {\n\t\t"concurency": 3\n\t}\n}\n', 'package.json')).toEqual([
      'package.json:4:3: unknown key "concurency"; did you mean "concurrency"?',
    ]);
    expect(await heads('{"regctl": null}', 'package.json')).toEqual(['package.json:1:1: holds nothing: expected a map']);
  });

  test.for<[registry: string, problem: string]>([
    ['{url: "ftp://example.com"}', 'not the address of a registry: expected https:// or http://'],
    ['{url: "not a host"}', 'not the address of a registry, such as https://registry.example.com'],
    ['{url: ""}', 'not the address of a registry, such as https://registry.example.com'],
    ['{url: "https://example.com?x=1"}', 'holds a "?" or "#", which the address of a registry does not have'],
    ['{url: "https://example.com", plainHttp: true}', 'says https://, and plainHttp says the opposite: leave one of them out'],
    ['{url: "${REGISTRY_HOST}"}', 'not the address of a registry, such as https://registry.example.com'],
    [
      '{url: example.com, type: harbour}',
      `expected ${TYPES.slice(0, -1).join(', ')} or ${TYPES.at(-1)}, got "harbour"; did you mean "harbor"?`,
    ],
    ['{url: example.com, auth: {usernameEnv: A}}', 'needs one of "passwordEnv" and "passwordFile"'],
    [
      '{url: example.com, auth: {username: a, usernameEnv: A, passwordEnv: B}}',
      'cannot stand beside "username": needs one of "username", "usernameEnv" and "usernameFile"',
    ],
    ['{url: example.com, auth: {username: a, passwordEnv: "not a name"}}', 'not the name of an environment variable'],
    ['{url: example.com, plainHttp: false}', 'can only be true: leave it out otherwise'],
    ['{url: example.com, concurrency: 1000}', 'must be 256 or less'],
    [
      '{url: example.com, acr: {resourceId: contoso}}',
      'not the id of a registry, such as /subscriptions/…/resourceGroups/ops/providers/Microsoft.ContainerRegistry/registries/contoso',
    ],
    [
      `{url: example.com, acr: {resourceId: "${RESOURCE_ID}/../other"}}`,
      'not the id of a registry, such as /subscriptions/…/resourceGroups/ops/providers/Microsoft.ContainerRegistry/registries/contoso',
    ],
    ['{type: oci}', 'missing key "url"'],
  ])('a registry %s', async ([registry, problem]) => {
    expect((await heads(`registries:\n  prod: ${registry}\n`)).map((line) => line.replace(/^\.regctlrc:2:\d+: /, ''))).toEqual([problem]);
  });

  test.for<[source: string, problem: string]>([
    ['{}', 'needs one of "file", "command", "kubernetes", "ecs" and "lambda"'],
    ['{file: a, command: [b]}', 'cannot stand beside "file": needs one of "file", "command", "kubernetes", "ecs" and "lambda"'],
    ['{command: []}', 'needs at least one entry'],
    ['{kubernetes: {context: prod}}', 'unknown key "context"; did you mean "contexts"?'],
    ['{ecs: {regions: [Frankfurt]}}', 'not a region, such as eu-central-1'],
    ['{file: a, mayBeEmpty: false}', 'can only be true: leave it out otherwise'],
  ])('a source of what is in use %s', async ([source, problem]) => {
    expect((await heads(`inUse:\n  - ${source}\n`)).map((line) => line.replace(/^\.regctlrc:2:\d+: /, ''))).toEqual([problem]);
  });

  test.for<[source: string, problem: string]>([
    ['{}', 'needs one of "git", "file" and "command"'],
    ['{file: a, git: {repository: .}}', 'cannot stand beside "git": needs one of "git", "file" and "command"'],
    ['{git: {refs: [branches]}}', 'missing key "repository"'],
    ['{git: {repository: ., refs: [heads]}}', 'expected "branches" or "tags", got "heads"'],
    ['{file: a, mayBeEmpty: true}', 'unknown key "mayBeEmpty"'],
    ...['https://ci:swordfish@git.example.com/a', 'https://swordfish@git.example.com/a', 'ssh://git:swordfish@git.example.com/a'].map(
      (repository): [string, string] => [
        `{git: {repository: "${repository}"}}`,
        "holds a user or password, which must not stand in an address: use Git's credential helpers",
      ],
    ),
  ])('a list %s', async ([source, problem]) => {
    const told = await failure({ '.regctlrc': `lists:\n  a: ${source}\n` });
    expect(told).toContain(problem);
    expect(told).not.toContain('swordfish');
  });

  test('a mirror that is no host', async () => {
    expect(await heads('mirrors: {"https://mirror.example.com": prod}\n')).toEqual([
      '.regctlrc:1:11: not a host, such as mirror.example.com, or a host and path',
    ]);
  });

  test('a name that could be taken for an image', async () => {
    expect(await heads('registries: {"a/b": {url: example.com}}\n')).toEqual([
      '.regctlrc:1:14: not a name for a registry: letters, digits, ".", "_", ":" and "-", and a letter or digit first',
    ]);
    expect(await heads('registries: {__proto__: {url: example.com}}\n')).toEqual(['.regctlrc:1:14: unknown key "__proto__"']);
  });

  test.for(['password', 'token', 'secret', 'identityToken'])('a %s is refused, and never shown', async (key) => {
    const message = await failure({
      '.regctlrc': `registries:\n  prod:\n    url: example.com\n    auth: {username: bob, ${key}: hunter2}\n    usr: 1\n`,
    });
    expect(message).toMatch(
      /\.regctlrc:4:27: a (password|secret) must not stand in a config: name an environment variable \("passwordEnv"\) or a file \("passwordFile"\) that holds it/,
    );
    expect(message).toContain('unknown key "usr"');
    expect(message).not.toContain('hunter2');
  });

  test.for([
    ['caFile: x', 'tls: {ca: FILE}'],
    ['tls: {ca_cert: x}', 'tls: {ca: FILE}'],
    ['insecure: true', 'plainHttp: true'],
    ['plain_http: true', 'plainHttp: true'],
    ['skipTlsVerify: true', 'plainHttp: true'],
  ])('what other programs call it leads to what it is here: %s', async ([given, here]) => {
    expect(await failure({ '.regctlrc': `registries:\n  prod:\n    url: example.com\n    ${given}\n` })).toContain(here);
  });

  test.for(['https://bob:hunter2@example.com', 'bob:hunter2@example.com', 'https://hunter2@example.com/x'])(
    'nor may an address hold one: %s',
    async (address) => {
      const message = await failure({ '.regctlrc': `registries:\n  prod:\n    url: ${address}\n` });
      expect(message).toContain('.regctlrc:3:10: holds a user or password, which must not stand in an address: use "auth"');
      expect(message).not.toContain('hunter2');
    },
  );
});
