import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ListSource } from '../../../src/config/config.ts';
import { readLiveList } from '../../../src/inuse/live-list.ts';
import { folderWith } from '../config/temporary-folder.ts';

function read(source: ListSource): Promise<string[]> {
  return readLiveList(source, { cwd: '.', env: { PATH: process.env['PATH'] }, withheld: [], signal: new AbortController().signal });
}

describe('a file', () => {
  test('has a name a line, with comments and any line ends', async () => {
    const folder = await folderWith({ 'names.txt': '\ufeff# branches\r\nmain\r\n\r\n  feature/X-1 # soon\n#42-fix\nfix/#7\n#\n' });
    expect(await read({ file: path.join(folder, 'names.txt') })).toEqual(['main', 'feature/X-1', '#42-fix', 'fix/#7']);
  });

  test('in which a line is not a name is told in its place', async () => {
    const folder = await folderWith({ 'names.txt': 'main\n* main\n' });
    await expect(read({ file: path.join(folder, 'names.txt') })).rejects.toMatchObject({
      code: 'IN_USE_INVALID',
      message: expect.stringContaining('names.txt:2:1: not a name: it has a space in it') as string,
    });
  });

  test.for([
    ['[]', 'it has [ in it'],
    ['"main",', 'it has " in it'],
    ['main,develop', 'it has , in it'],
    ['<html>', 'it has < in it'],
    ['null', 'programs print it for what is not there'],
    ['undefined', 'programs print it for what is not there'],
    ['None', 'programs print it for what is not there'],
  ])('in which %s stands is no list of names: by it everything would be gone', async ([line, why]) => {
    const folder = await folderWith({ 'names.txt': `${line}\n` });
    await expect(read({ file: path.join(folder, 'names.txt') })).rejects.toMatchObject({
      code: 'IN_USE_INVALID',
      message: expect.stringContaining(`names.txt:1:1: not a name: ${why}`) as string,
    });
  });

  test('that is not there cannot be read', async () => {
    await expect(read({ file: 'no.txt' })).rejects.toMatchObject({
      code: 'FILE',
      message: 'no.txt: the list of names cannot be read: there is no such file.',
    });
  });
});

describe('a program', () => {
  test('prints the same', async () => {
    expect(await read({ command: [process.execPath, '-e', 'console.log("main\\nrelease/1")'] })).toEqual(['main', 'release/1']);
  });

  test('that fails', async () => {
    await expect(read({ command: [process.execPath, '-e', 'console.log("main"); process.exitCode = 1'] })).rejects.toMatchObject({
      code: 'FILE',
      message: `command ${process.execPath}: the list of names cannot be read: exit code 1.`,
    });
  });
});

describe('a repository of Git', () => {
  async function repository(): Promise<string> {
    const folder = await folderWith({});
    const git = (...words: readonly string[]): void => {
      const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
      execFileSync('git', ['-C', folder, ...who, ...words], { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: folder } });
    };
    git('init', '--initial-branch', 'main');
    git('commit', '--allow-empty', '--message', 'first');
    git('branch', 'feature/Login-2');
    git('tag', 'v1.0');
    git('tag', '--annotate', '--message', 'second', 'v1.1');
    git('update-ref', 'refs/pull/7/head', 'HEAD');
    git('update-ref', 'refs/remotes/refs/heads/other', 'HEAD');
    return folder;
  }

  test('has branches and tags, and no other refs', async () => {
    const folder = await repository();
    expect((await read({ git: { repository: folder } })).toSorted()).toEqual(['feature/Login-2', 'main', 'v1.0', 'v1.1']);
    expect((await read({ git: { repository: folder, refs: ['branches'] } })).toSorted()).toEqual(['feature/Login-2', 'main']);
    expect((await read({ git: { repository: folder, refs: ['tags'] } })).toSorted()).toEqual(['v1.0', 'v1.1']);
  });

  test('that is not there cannot be read, and is never a repository without branches', async () => {
    const folder = await folderWith({});
    await expect(read({ git: { repository: path.join(folder, 'no') } })).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringMatching(/^git ls-remote .*\/no: the list of names cannot be read: exit code 128: /) as string,
    });
  });

  test('is not an option of Git, whatever it is called', async () => {
    await expect(read({ git: { repository: '--upload-pack=touch started' } })).rejects.toMatchObject({ code: 'FILE' });
  });
});
