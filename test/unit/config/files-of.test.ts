import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInUseFile } from '../../../src/inuse/file.ts';
import { filesOf } from '../../../src/config/files-of.ts';
import { folderWith } from '../config/temporary-folder.ts';

const TREE = [
  'a.yaml',
  'a.yml',
  '.hidden/b.yaml',
  'shop/web.yaml',
  'shop/deep/er/db.yaml',
  'shop/notes.md',
  'other/c.yaml',
  '.git/d.yaml',
  '[odd].yaml',
];

async function tree(files: readonly string[] = TREE): Promise<string> {
  return folderWith(Object.fromEntries(files.map((file) => [file, 'team/app:v1\n'])));
}

/** What a glob finds in a folder, relative to it. */
async function find(folder: string, glob: string): Promise<string[]> {
  return (await filesOf(path.join(folder, glob), 'list of images in use')).map((file) => path.relative(folder, file));
}

test.for<[glob: string, files: readonly string[]]>([
  ['*.yaml', ['[odd].yaml', 'a.yaml']],
  ['*.{yaml,yml}', ['[odd].yaml', 'a.yaml', 'a.yml']],
  ['**/*.yaml', ['.hidden/b.yaml', '[odd].yaml', 'a.yaml', 'other/c.yaml', 'shop/deep/er/db.yaml', 'shop/web.yaml']],
  ['shop/**/*.yaml', ['shop/deep/er/db.yaml', 'shop/web.yaml']],
  ['{shop/deep,other}/**', ['other/c.yaml', 'shop/deep/er/db.yaml']],
  ['*/*.yaml', ['.hidden/b.yaml', 'other/c.yaml', 'shop/web.yaml']],
  ['[so]*/?eb.yaml', ['shop/web.yaml']],
  ['[odd].yaml', ['[odd].yaml']],
  ['a.yaml', ['a.yaml']],
])('%s', async ([glob, files]) => {
  expect(await find(await tree(), glob)).toEqual(files);
});

test('the files of a glob are read, and named as the glob was', async () => {
  const folder = await folderWith({
    'shop/a.txt': 'team/app:v1\n',
    'shop/b.yaml': 'kind: Pod\napiVersion: v1\nmetadata: {name: b}\nspec: {containers: [{name: app, image: "team/app:v2"}]}\n',
  });
  const glob = path.relative(process.cwd(), path.join(folder, '**/*'));
  const sources = (await readInUseFile(glob)).map(({ source }) => source);
  expect(sources).toEqual([
    `${glob.slice(0, -'**/*'.length)}shop/a.txt:1`,
    `${glob.slice(0, -'**/*'.length)}shop/b.yaml: Pod b (container app)`,
  ]);
});

test('a pipe that the glob matches is not passed over', async () => {
  const folder = await tree(['a.txt']);
  execFileSync('mkfifo', [path.join(folder, 'b.txt'), path.join(folder, 'c')]);
  await expect(find(folder, '*.txt')).rejects.toThrow(/b\.txt: it is neither a file nor a folder, and the glob .* matches it\.$/);
  expect(await find(folder, 'a.*')).toEqual(['a.txt']);
});

test('everything that is wrong in any of them is told at once', async () => {
  const folder = await folderWith({ 'a.yaml': 'x: 1\n', 'b.txt': 'No Image\n', 'c.txt': 'team/app:v1\n' });
  await expect(readInUseFile(path.join(folder, '*'))).rejects.toMatchObject({
    code: 'IN_USE_INVALID',
    problems: [{ file: path.join(folder, 'a.yaml') }, { file: path.join(folder, 'b.txt') }],
  });
});

describe('what could not be looked at is an error, and never an empty list', () => {
  test.for<[glob: string, message: string]>([
    ['*.json', 'the glob matches no file.'],
    ['shop/nothing/**', 'the list of images in use cannot be read: there is no such file.'],
    ['shop/**/*.json', 'the glob matches no file.'],
    // Folders are no files.
    ['sho?', 'the glob matches no file.'],
    ['shop/{web', 'there is no such file, and it is not a glob.'],
    ['web.yaml', 'the list of images in use cannot be read: there is no such file.'],
  ])('%s', async ([glob, message]) => {
    await expect(readInUseFile(path.join(await tree(), glob))).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining(message) as string,
    });
  });

  // Root may read everything.
  if (process.getuid?.() !== 0) {
    test('a folder that may not be read', async () => {
      const folder = await tree();
      await chmod(path.join(folder, 'shop'), 0o000);
      const attempt = find(folder, '**/*.yaml').finally(() => chmod(path.join(folder, 'shop'), 0o700));
      await expect(attempt).rejects.toMatchObject({ code: 'FILE', message: expect.stringContaining('permission denied') as string });
    });
  }
});

describe('links', () => {
  test('within the tree are followed, as in a mounted ConfigMap', async () => {
    const folder = await tree(['..2026/web.yaml']);
    await symlink('..2026', path.join(folder, '..data'));
    await symlink('..data/web.yaml', path.join(folder, 'web.yaml'));
    expect(await find(folder, '*.yaml')).toEqual(['web.yaml']);
    expect(await find(folder, '..data/*.yaml')).toEqual(['..data/web.yaml']);
  });

  test('to another folder of the tree show its files under their name too', async () => {
    const folder = await tree(['releases/7/web.yaml']);
    await symlink('releases/7', path.join(folder, 'current'));
    expect(await find(folder, '**/*.yaml')).toEqual(['current/web.yaml', 'releases/7/web.yaml']);
  });

  test.for<[what: string, to: string, message: string]>([
    ['out of the tree', '../elsewhere', 'leads out of the folder'],
    ['to the tree itself', '.', 'leads back to a folder that it is in'],
  ])('%s are told', async ([, to, message]) => {
    const outer = await folderWith({ 'elsewhere/x.yaml': 'team/app:v1\n', 'tree/a.yaml': 'team/app:v1\n' });
    await symlink(to, path.join(outer, 'tree/link'));
    await expect(find(path.join(outer, 'tree'), '**/*.yaml')).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining(message) as string,
    });
    // One that cannot matter does not.
    expect(await find(path.join(outer, 'tree'), '*.yaml')).toEqual(['a.yaml']);
  });

  test('that lead nowhere are told where they would be read', async () => {
    const folder = await tree(['a.yaml']);
    await mkdir(path.join(folder, 'shop'));
    await symlink('gone', path.join(folder, 'shop/b.yaml'));
    await symlink('gone', path.join(folder, 'shop/b.md'));
    await expect(find(folder, '**/*.yaml')).rejects.toMatchObject({ code: 'FILE', message: expect.stringContaining('b.yaml') as string });
    expect(await find(folder, '*.yaml')).toEqual(['a.yaml']);
  });
});
