import { execFileSync } from 'node:child_process';
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWhole } from '../../../src/run/write-file.ts';
import { folderWith } from '../config/temporary-folder.ts';

describe('writing a file', () => {
  test('replaces it as a whole and leaves nothing beside it', async () => {
    const folder = await folderWith({ 'a.txt': 'a long text that was there before' });

    await writeWhole(join(folder, 'a.txt'), 'new');

    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  test('leaves the old one as it was, where the text breaks off', async () => {
    const folder = await folderWith({ 'a.txt': 'old' });
    async function* broken(): AsyncGenerator<string> {
      yield 'half';
      throw new Error('no more');
    }

    await expect(writeWhole(join(folder, 'a.txt'), broken())).rejects.toThrow('no more');

    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  test('writes through a link, and into what is no file', async () => {
    const folder = await folderWith({ 'target.txt': 'old' });
    await symlink('target.txt', join(folder, 'link.txt'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe')]);

    await writeWhole(join(folder, 'link.txt'), 'new');
    const [read] = await Promise.all([readFile(join(folder, 'pipe'), 'utf8'), writeWhole(join(folder, 'pipe'), 'through')]);

    expect(await readFile(join(folder, 'target.txt'), 'utf8')).toBe('new');
    expect((await lstat(join(folder, 'link.txt'))).isSymbolicLink()).toBe(true);
    expect(read).toBe('through');
    expect((await lstat(join(folder, 'pipe'))).isFIFO()).toBe(true);
  });

  test('says that it cannot', async () => {
    const folder = await folderWith({});
    await writeFile(join(folder, 'file'), '');

    await expect(writeWhole(join(folder, 'missing/a.txt'), 'x')).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining('cannot write') as string,
    });
    await expect(writeWhole(join(folder, 'file/a.txt'), 'x')).rejects.toMatchObject({ code: 'FILE_WRITE' });
  });
});
