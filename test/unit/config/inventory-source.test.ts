import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openInventory, parseInventory, readInventory } from '../../../src/documents/inventory-source.ts';
import type { Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { folderWith } from './temporary-folder.ts';

const digest = (n: number): string => `sha256:${n.toString(16).padStart(64, '0')}`;

const HEAD = { kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-11-24T00:00:00Z' };

const document = (...repositories: unknown[]): string => JSON.stringify({ ...HEAD, repositories });
const repository = (manifests: unknown, more: object = {}): object => ({
  registry: 'prod',
  repository: 'team/app',
  complete: true,
  manifests,
  ...more,
});

function only(manifests: unknown, more: object = {}): RepositoryInventory {
  const [found] = parseInventory(document(repository(manifests, more)), 'i.json').repositories;
  if (!found) throw new Error('none');
  return found;
}

const manifestOf = (manifest: object): Manifest | undefined => only([{ digest: digest(1), ...manifest }]).manifests[0];

/** What is said of a document, without the file. */
function problems(text: string): string[] {
  try {
    parseInventory(text, 'i.json');
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVENTORY_INVALID' });
    return (error as Error).message.split('\n').map((line) => line.replace(/^i\.json: /, ''));
  }
}
const wrong = (manifest: object): string[] =>
  problems(document(repository([{ digest: digest(1), ...manifest }]))).map((line) =>
    line.replace(/^repositories\[0\]\.manifests\[0\]\.?/, ''),
  );

test('a whole document', () => {
  const full = {
    digest: digest(1),
    mediaType: 'application/vnd.oci.image.index.v1+json',
    size: 123,
    tags: ['v1', `sha256-${'a'.repeat(64)}.sig`],
    tagTimes: { v1: '2026-01-01T00:00:00Z' },
    pushedAt: '2026-01-01T00:00:00Z',
    firstSeen: { v1: '2026-01-04T00:00:00Z' },
    createdAt: '2026-01-02T00:00:00Z',
    pulledAt: '2026-01-03T00:00:00Z',
    config: digest(2),
    children: [digest(3)],
    subject: digest(4),
    artifactType: 'a/b',
    labels: { keep: 'true' },
    annotations: {},
    platforms: ['linux/amd64'],
    blobs: [{ digest: digest(5), size: 1 }],
    locked: false,
    lockedTags: ['v1'],
    signed: true,
    vulnerability: 'high',
  };
  const capabilities = {
    deleteTag: true,
    listUntagged: false,
    pushedAt: false,
    createdAt: false,
    pulledAt: false,
    tagTimes: false,
    labels: false,
    annotations: false,
    platforms: false,
    artifactType: false,
    vulnerability: false,
  };
  const one = {
    registry: 'prod',
    type: 'harbor',
    repository: 'team/app',
    complete: false,
    problems: ['a page failed'],
    danglingTags: [{ tag: 'v9', digest: digest(9) }, { tag: 'v10' }],
    notes: ['a note'],
    names: ['eu.example.org/shop/app', 'localhost:5000/app'],
    recoverableDays: 7,
    capabilities,
    manifests: [full],
  };
  expect(parseInventory(document(one), 'i.json')).toEqual({ ...HEAD, repositories: [one] });
});

describe('what may be left out', () => {
  test('of a manifest: all but its digest; null is missing', () => {
    const least = { digest: digest(1), mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 0, tags: [], children: [] };
    expect(manifestOf({})).toStrictEqual(least);
    const nulls = Object.fromEntries(
      [
        'mediaType',
        'size',
        'tags',
        'children',
        'tagTimes',
        'pushedAt',
        'pulledAt',
        'createdAt',
        'config',
        'subject',
        'labels',
        'annotations',
        'platforms',
        'blobs',
        'locked',
        'lockedTags',
        'signed',
        'vulnerability',
        'artifactType',
      ].map((key) => [key, null]),
    );
    expect(manifestOf(nulls)).toStrictEqual(least);
  });

  test('of a repository: its type and capabilities', () => {
    expect(only([])).toEqual({
      registry: 'prod',
      type: 'oci',
      repository: 'team/app',
      complete: true,
      capabilities: {
        deleteTag: false,
        listUntagged: true,
        pushedAt: true,
        createdAt: true,
        pulledAt: false,
        tagTimes: false,
        labels: true,
        annotations: true,
        platforms: true,
        artifactType: true,
        vulnerability: true,
      },
      manifests: [],
    });
  });

  test('what some manifest carries, the registry records; what it says itself counts more', () => {
    const some = [{ digest: digest(1) }, { digest: digest(2), pulledAt: '2026-01-01T00:00:00Z', tagTimes: {} }];
    expect(only(some).capabilities).toMatchObject({ pulledAt: true, tagTimes: true });
    expect(only(some, { capabilities: { pulledAt: false, tagTimes: false } }).capabilities).toMatchObject({
      pulledAt: false,
      tagTimes: false,
    });
    expect(only([{ digest: digest(1) }], { capabilities: { pulledAt: true } }).capabilities).toMatchObject({
      pulledAt: true,
      tagTimes: false,
    });
  });

  test('when it was taken', () => {
    expect(parseInventory(JSON.stringify({ kind: 'Inventory', formatVersion: '1.0', repositories: [] }), 'i.json').takenAt).toBe(
      'not known',
    );
  });

  test('keys that nobody knows are passed over', () => {
    expect(only([{ digest: digest(1), newThing: 1 }], { more: {}, capabilities: { teleport: 'yes' } }).manifests).toHaveLength(1);
  });

  test('a later minor version is read', () => {
    expect(parseInventory(JSON.stringify({ ...HEAD, formatVersion: '1.7', repositories: [] }), 'i.json').formatVersion).toBe('1.0');
  });
});

test('times stay as text, sense or not: what is no time is unknown later, and never old', () => {
  expect(manifestOf({ pushedAt: 'yesterday', createdAt: '0001-01-01T00:00:00Z', pulledAt: '' })).toMatchObject({
    pushedAt: 'yesterday',
    createdAt: '0001-01-01T00:00:00Z',
    pulledAt: '',
  });
  expect(manifestOf({ pushedAt: 1700000000, createdAt: 2015, pulledAt: false })).toMatchObject({
    pushedAt: 'not a time: number',
    createdAt: 'not a time: number',
    pulledAt: 'not a time: boolean',
  });
  expect(manifestOf({ tagTimes: { v1: 0, v2: null, v3: 'x' } })?.tagTimes).toEqual({ v1: 'not a time: number', v3: 'x' });
});

describe('what is wrong is told with its place', () => {
  test.for<[manifest: object, problem: string]>([
    [{ digest: 'sha256:123' }, 'digest: expected a whole digest'],
    [{ digest: undefined }, 'digest: missing'],
    [{ tags: 'v1' }, 'tags: expected a list'],
    [{ tags: ['v1', 2] }, 'tags[1]: expected text'],
    [{ tags: ['../../other'] }, 'tags: "../../other" is not a tag'],
    [{ tags: ['v1', 'v1'] }, 'tags: the tag "v1" is there twice, first in repositories[0].manifests[0]'],
    [{ size: -1 }, 'size: expected a number of bytes'],
    [{ size: '12' }, 'size: expected a number of bytes'],
    [{ children: [digest(2), 'latest'] }, 'children[1]: expected a whole digest'],
    [{ subject: digest(2).toUpperCase() }, 'subject: expected a whole digest'],
    [{ config: {} }, 'config: expected a whole digest'],
    [{ locked: 'true' }, 'locked: expected true or false'],
    [{ signed: 1 }, 'signed: expected true or false'],
    [{ labels: { keep: true } }, 'labels["keep"]: expected text'],
    [{ labels: [] }, 'labels: expected an object'],
    [{ tagTimes: 'v1' }, 'tagTimes: expected an object'],
    [{ vulnerability: 'Critical' }, 'vulnerability: expected none, low, medium, high, critical'],
    [{ blobs: [{ digest: digest(2) }] }, 'blobs[0].size: missing'],
    [{ blobs: [7] }, 'blobs[0]: expected an object'],
    [{ mediaType: '' }, 'mediaType: expected text'],
  ])('%j', ([manifest, problem]) => {
    expect(wrong(manifest)).toEqual([problem]);
  });

  test('whether a repository was read whole must be said', () => {
    expect(problems(document({ registry: 'prod', repository: 'a', manifests: [] }))).toEqual(['repositories[0].complete: missing']);
    expect(problems(document({ registry: 'prod', repository: 'a', manifests: [], complete: null }))).toEqual([
      'repositories[0].complete: missing',
    ]);
    expect(problems(document({ registry: 'prod', repository: 'a', manifests: [], complete: 'true' }))).toEqual([
      'repositories[0].complete: expected true or false',
    ]);
  });

  test('names and lists of a repository', () => {
    expect(problems(document({ complete: true }))).toEqual([
      'repositories[0].registry: missing',
      'repositories[0].repository: missing',
      'repositories[0].manifests: missing',
    ]);
    expect(problems(document(repository([], { repository: '../x' })))).toEqual(['repositories[0].repository: expected a repository name']);
    for (const name of ['team/app', 'eu.example.org/app:v1', 'https://eu.example.org/app', 'eu.example.org']) {
      expect(problems(document(repository([], { names: ['eu.example.org/app', name] }))), name).toEqual([
        'repositories[0].names[1]: expected a host and a path, such as "registry.example.com/team/app"',
      ]);
    }
    for (const days of [0, -1, 1.5, '7'])
      expect(problems(document(repository([], { recoverableDays: days })))).toEqual([
        'repositories[0].recoverableDays: expected a number of days',
      ]);
    expect(problems(document(repository([], { capabilities: 'all' })))).toEqual(['repositories[0].capabilities: expected an object']);
    expect(problems(document(repository([], { capabilities: { deleteTag: 'yes' } })))).toEqual([
      'repositories[0].capabilities.deleteTag: expected true or false',
    ]);
  });

  test('nothing is there twice', () => {
    const twice = [{ digest: digest(1), tags: ['v1'] }, { digest: digest(1) }, { digest: digest(2), tags: ['v1'] }];
    expect(problems(document(repository(twice), repository([])))).toEqual([
      `repositories[0].manifests[1].digest: ${digest(1)} is there twice in this repository`,
      'repositories[0].manifests[2].tags: the tag "v1" is there twice, first in repositories[0].manifests[0]',
      'repositories[1]: repository "team/app" of registry "prod" is there twice, first in repositories[0]',
    ]);
    expect(problems(document(repository([]), repository([], { registry: 'test' })))).toEqual([]);
  });

  test('another kind of document, another version, no document', () => {
    expect(problems('{"kind": "Plan", "formatVersion": "1.0", "repositories": []}')).toEqual(['kind: expected "Inventory", got "Plan"']);
    expect(problems('{"formatVersion": "2.0"}')).toEqual([
      'kind: missing',
      'formatVersion: this program reads version 1, and this is "2.0"',
      'repositories: missing',
    ]);
    expect(problems('[]')).toEqual(['expected an object']);
    expect(problems('{"kind": ')[0]).toMatch(/^not valid JSON: /);
  });

  test('of very many problems the first are told and the rest is counted', () => {
    const told = problems(document(repository(Array.from({ length: 500 }, () => ({})))));
    expect(told).toHaveLength(21);
    expect(told[20]).toBe('… and 480 more');
  });
});

test('tags with the names of what every object has', () => {
  const text = document(repository([{ digest: digest(1), tags: ['constructor', '__proto__', 'toString'] }])).replace(
    '"complete":true',
    '"complete":true,"__proto__":{"complete":true}',
  );
  expect(parseInventory(text, 'i.json').repositories[0]?.manifests[0]?.tags).toEqual(['constructor', '__proto__', 'toString']);
});

describe('one repository a line', () => {
  const line = (name: string, more: object = {}): string =>
    JSON.stringify(repository([{ digest: digest(1), tags: ['v1'] }], { repository: name, ...more }));
  const header = JSON.stringify(HEAD);

  async function names(text: string | Uint8Array): Promise<string[]> {
    const folder = await folderWith({ 'i.jsonl': text });
    return (await readInventory(path.join(folder, 'i.jsonl'))).repositories.map(({ repository: name }) => name);
  }

  test('with a header or without one, blank lines and carriage returns', async () => {
    expect(await names(`${header}\n${line('a')}\n${line('b')}\n`)).toEqual(['a', 'b']);
    expect(await names(`${line('a')}\r\n\r\n${line('b')}`)).toEqual(['a', 'b']);
    expect(await names(`${header}\n`)).toEqual([]);
  });

  test('the header says when it was taken', async () => {
    const folder = await folderWith({ 'i.jsonl': `${header}\n` });
    expect((await openInventory(path.join(folder, 'i.jsonl'))).head().takenAt).toBe('2026-11-24T00:00:00Z');
  });

  test('a line separator of Unicode within a text ends no line', async () => {
    expect(await names(`${line('a', { problems: ['x\u2028y'] })}\n${line('b')}\n`)).toEqual(['a', 'b']);
  });

  test('lines longer than what is read at once', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({ digest: digest(index) }));
    expect(await names(`${JSON.stringify(repository(many, { repository: 'large' }))}\n${line('b')}\n`)).toEqual(['large', 'b']);
  });

  test('repositories come one after the other, before what is wrong further on', async () => {
    const folder = await folderWith({ 'i.jsonl': `${line('a')}\n{"broken\n` });
    const { repositories } = await openInventory(path.join(folder, 'i.jsonl'));
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { repository: name } of repositories) seen.push(name);
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'INVENTORY_INVALID',
      message: expect.stringContaining('i.jsonl:2: not valid JSON') as string,
    });
    expect(seen).toEqual(['a']);
  });

  test.for<[label: string, text: string, problem: string]>([
    ['an empty file', '\n', 'i.jsonl: empty: expected a repository in each line'],
    [
      'a repository twice',
      `${line('a')}\n\n${line('a')}\n`,
      'i.jsonl:3: repository "a" of registry "prod" is there twice, first in line 1',
    ],
    ['a second header', `${header}\n${line('a')}\n${header}\n`, 'i.jsonl:3: a second header: expected a repository'],
    ['a whole document', document(repository([])), 'i.jsonl:1: repositories: in a .jsonl file each repository stands in a line of its own'],
    ['another kind', '{"kind":"Plan","formatVersion":"1.0"}', 'i.jsonl:1: kind: expected "Inventory", got "Plan"'],
    [
      'a problem in a line',
      `${header}\n${line('a', { manifests: [{ digest: 'x' }] })}`,
      'i.jsonl:2: manifests[0].digest: expected a whole digest',
    ],
  ])('%s', async ([, text, problem]) => {
    await expect(names(text)).rejects.toMatchObject({ code: 'INVENTORY_INVALID', message: expect.stringContaining(problem) as string });
  });

  test('bytes that are no text', async () => {
    await expect(names(new Uint8Array([0x7b, 0xff, 0x0a]))).rejects.toMatchObject({ code: 'INVENTORY_INVALID' });
  });
});

test.for([
  ['as long a list', [repository([], { repository: 'c' }), repository([], { repository: 'd' })]],
  ['an empty list', []],
] as const)('repositories that %s further down replaces are not planned in silence', ([, replacement]) => {
  const first = document(repository([], { repository: 'a' }), repository([], { repository: 'b' }));
  const text = `${first.slice(0, -1)},"repositories":${JSON.stringify(replacement)}}`;
  expect(() => parseInventory(text, 'i.json')).toThrow('it has the list "repositories" more than once');
});

test('what a document says of itself counts wherever it stands, also before a list that follows its repositories', () => {
  const text = JSON.stringify({
    repositories: [repository([], { repository: 'a' }), repository([], { repository: 'b' })],
    ...HEAD,
    partial: true,
    more: [],
  });
  expect(parseInventory(text, 'i.json')).toMatchObject({ takenAt: HEAD.takenAt, partial: true, repositories: [{}, {}] });
});

test('an empty list holds white space of JSON alone', () => {
  expect(() => parseInventory(document().replace('[]', '[\u00a0]'), 'i.json')).toThrow('not valid JSON');
});

test('JSON lines in a .json file are told by their hint', async () => {
  const folder = await folderWith({ 'i.json': `${JSON.stringify(HEAD)}\n${JSON.stringify(repository([]))}\n` });
  await expect(readInventory(path.join(folder, 'i.json'))).rejects.toMatchObject({
    code: 'INVENTORY_INVALID',
    hint: 'These are JSON lines, one repository each: name the file .jsonl.',
  });
});

test('a document over several lines in a .jsonl file is told by its hint', async () => {
  const folder = await folderWith({ 'i.jsonl': JSON.stringify(HEAD, null, 2) });
  await expect(readInventory(path.join(folder, 'i.jsonl'))).rejects.toMatchObject({
    code: 'INVENTORY_INVALID',
    hint: expect.stringContaining('Name it .json.') as string,
  });
});

test('the blobs are checked, and kept only where they are asked for', async () => {
  const documentWith = (blob: object): string => document(repository([{ digest: digest(1), blobs: [blob] }]));
  const folder = await folderWith({
    'i.json': documentWith({ digest: digest(2), size: 1 }),
    'wrong.json': documentWith({ digest: 'x', size: 1 }),
  });
  const read = async (name: string): Promise<(RepositoryInventory | undefined)[]> => {
    const found: RepositoryInventory[] = [];
    for await (const one of (await openInventory(path.join(folder, name), { blobs: false })).repositories) found.push(one);
    return found;
  };
  expect((await read('i.json'))[0]?.manifests[0]?.blobs).toBeUndefined();
  await expect(read('wrong.json')).rejects.toMatchObject({ code: 'INVENTORY_INVALID' });
});

test.for(['i.json', 'i.jsonl'])('%s that is not there is an error, never an empty inventory', async (name) => {
  const folder = await folderWith({});
  await expect(readInventory(path.join(folder, name))).rejects.toMatchObject({
    code: 'FILE',
    message: expect.stringContaining('the inventory cannot be read: there is no such file') as string,
  });
});
