import { execFileSync, spawn } from 'node:child_process';
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
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
    const reader = spawn('cat', ['pipe'], { cwd: folder });
    const arrived = text(reader.stdout);
    // More than a pipe holds.
    const long = 'through '.repeat(50_000);
    await vi.waitFor(() => writeWhole(join(folder, 'pipe'), long), { timeout: 600_000 });
    const read = await arrived;

    expect(await readFile(join(folder, 'target.txt'), 'utf8')).toBe('new');
    expect((await lstat(join(folder, 'link.txt'))).isSymbolicLink()).toBe(true);
    expect(read).toBe(long);
    expect((await lstat(join(folder, 'pipe'))).isFIFO()).toBe(true);
  });

  test('does not wait for somebody to read a named pipe', async () => {
    const folder = await folderWith({});
    execFileSync('mkfifo', [join(folder, 'pipe')]);

    await expect(writeWhole(join(folder, 'pipe'), 'x')).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining('it is a named pipe that nobody reads') as string,
      hint: 'Start what reads it first.',
    });
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
