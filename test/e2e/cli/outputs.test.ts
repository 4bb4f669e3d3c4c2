import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { wholeJournal } from '../../whole-journal.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { everyday } from '../../sweep.ts';
import { newUser, type User } from '../program.ts';
import { runProcess } from '../servers/run-process.ts';
import { registryWith, tagsIn } from './registry-with-builds.ts';

const SCRIPT = fileURLToPath(new URL('../../../bin/regctl.js', import.meta.url));

/** Runs the program in a shell, with these redirections. */
function redirected(redirections: string, user: User, ...words: readonly string[]): ReturnType<typeof runProcess> {
  return runProcess('sh', ['-c', `exec "$0" "$@" ${redirections}`, process.execPath, SCRIPT, ...words], {
    cwd: user.home,
    env: { HOME: user.home },
  });
}

async function deletedByJournal(user: User): Promise<number> {
  const [path] = await user.journals();
  return (await wholeJournal(path!)).intents.filter(({ outcome }) => outcome === 'deleted').length;
}

// Linux alone has a device that is always full.
describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  test('behind stdout: the run ends in order, with its journal, and an error that says what is missing', async () => {
    const registry = await registryWith({ 'team/app': 5 });
    const user = await newUser();

    const { code, stderr } = await redirected('>/dev/full', user, 'prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot write to standard output: ENOSPC/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(tagsIn(registry, 'team/app')).toEqual(['build-5']);
    expect(await deletedByJournal(user)).toBe(4);
  });

  // The table stands above.
  test('behind stdout of a dry run, in any form: an error', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const user = await newUser();

    for (const form of everyday(1, ['json', 'table', 'name'])) {
      const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '-o', form, '--detailed-exitcode'];
      expect(await redirected('>/dev/full', user, ...words), form).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^error: cannot write to standard output: ENOSPC/) as string,
      });
    }
  });

  test('behind stdout of --version: an error', async () => {
    expect(await redirected('>/dev/full', await newUser(), '--version')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: cannot write to standard output: ENOSPC/) as string,
    });
  });

  test('behind stderr: only the messages are lost', async () => {
    const registry = await registryWith({ 'team/app': 5 });
    const user = await newUser();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '-v'];

    const { code, stdout } = await redirected('2>/dev/full', user, ...words);

    expect(code).toBe(0);
    expect(stdout).toMatch(/deleted {2}4 images in 1 repository: done\n/);
    expect(await deletedByJournal(user)).toBe(4);
  });
});

// util-linux makes a terminal that can be taken away.
test.skipIf(process.platform !== 'linux')(
  'a terminal that is closed stops the run like SIGTERM: it ends in order, with 129 and its journal',
  async () => {
    const registry = await registryWith({ 'team/app': 40 });
    const user = await newUser();
    const options = '--keep-last 1 --apply --yes --concurrency 1';
    const command = `${process.execPath} ${SCRIPT} prune ${registry.host}/team/app ${options}; echo $? >ended`;
    await writeFile(join(user.home, 'run.sh'), `trap '' HUP\n${command}\n`);
    const terminal = spawn('script', ['-qc', 'sh run.sh', '/dev/null'], {
      cwd: user.home,
      env: { HOME: user.home, PATH: process.env['PATH'] },
    });
    const closed = once(terminal, 'exit');
    let deletions = 0;
    registry.onRequest(async ({ method, path }) => {
      const digest = path.split('/').at(-1) as Digest;
      if (method !== 'DELETE' || !registry.storage.repository('team/app').manifests.has(digest)) return undefined;
      deletions += 1;
      if (deletions === 1) terminal.kill('SIGKILL');
      await closed;
      return undefined;
    });

    const ended = await vi.waitUntil(() => readFile(join(user.home, 'ended'), 'utf8').catch(() => ''), { timeout: 600_000, interval: 100 });

    expect(ended).toBe('129\n');
    expect(deletions).toBeLessThan(30);
    expect(tagsIn(registry, 'team/app')).toHaveLength(40 - deletions);
    expect(await deletedByJournal(user)).toBe(deletions);
  },
);
