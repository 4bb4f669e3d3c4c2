import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wholeJournal } from '../whole-journal.ts';
import type { EmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { everyday } from '../sweep.ts';
import { contents } from '../unit/apply/apply-fixture.ts';
import { registryWith, tagsIn } from './cli/registry-with-builds.ts';
import { newSession, runHere, succeedHere } from './cli/in-process.ts';
import { newUser, type User } from './program.ts';
import { type Ended, mustRun, runProcess } from './servers/run-process.ts';

const SCRIPT = fileURLToPath(new URL('../../bin/regctl.js', import.meta.url));
const REPOSITORY = 'team/app';
const BUILDS = 12;
const mountable =
  process.platform === 'linux' &&
  (await runProcess('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).then(
    ({ code }) => code === 0,
    () => false,
  ));

/**
 * Runs the program where no file may grow beyond so many KiB: to the program that is a disk that has filled up (EFBIG instead of ENOSPC).
 */
function runWithin(kibibytes: number, user: User, env: NodeJS.ProcessEnv, ...words: readonly string[]): Promise<Ended> {
  const command = `ulimit -f ${kibibytes}; exec "$0" "$@"`;
  return runProcess('bash', ['-c', command, process.execPath, SCRIPT, ...words], {
    cwd: user.home,
    env: { PATH: process.env['PATH'], HOME: user.home, ...env },
  });
}

function deletions({ requests }: EmbeddedRegistry): string[] {
  return requests
    .filter(({ method, status }) => method === 'DELETE' && status === 202)
    .map(({ path }) => path.split('/').at(-1)!)
    .toSorted();
}

/** The digests that the journals hold an intent for, read as `undo` reads them. */
async function journalled(user: User): Promise<string[]> {
  const journals = await user.journals();
  const whole = await Promise.all(
    journals.map(async (path) => ((await readFile(path, 'utf8')).includes('\n') ? (await wholeJournal(path)).intents : [])),
  );
  return whole
    .flat()
    .map(({ digest }) => digest)
    .toSorted();
}

async function withBuilds(): Promise<{ registry: EmbeddedRegistry; user: User; words: string[] }> {
  const registry = await registryWith({ [REPOSITORY]: BUILDS });
  return { registry, user: await newUser(), words: ['prune', `${registry.host}/${REPOSITORY}`, '--keep-last', '1', '--apply'] };
}

describe.skipIf(process.platform === 'win32')('a journal on a disk that is full', () => {
  test.for(everyday(3, [6, 9, 0, 1, 3, 12]))(
    'after %i KiB: nothing is deleted without its line, and the next run and undo do the rest',
    async (kibibytes) => {
      const { registry, user, words } = await withBuilds();
      const before = contents(registry);

      const { code, stderr, stdout } = await runWithin(kibibytes, user, {}, ...words, '--concurrency', '4');

      expect(code, stderr + stdout).toBe(1);
      expect(stderr + stdout).toMatch(/cannot write the journal .*EFBIG/);
      const deleted = deletions(registry);
      expect(deleted.length).toBeLessThan(BUILDS - 1);
      expect((await journalled(user)).filter((digest) => deleted.includes(digest))).toEqual(deleted);
      if (kibibytes >= 9) expect(deleted.length).toBeGreaterThan(0);

      await succeedHere(user, ...words);
      expect(tagsIn(registry, REPOSITORY)).toEqual([`build-${BUILDS}`]);
      for (const path of (await user.journals()).reverse())
        if ((await readFile(path, 'utf8')).includes('\n')) await succeedHere(user, 'undo', path);
      expect(contents(registry)).toEqual(before);
    },
  );

  mountTest('that really is one (a tmpfs)', async () => {
    const { registry, user, words } = await withBuilds();
    const disk = await mkdtemp(join(tmpdir(), 'regprune-disk-'));
    await mustRun('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]);
    onTestFinished(async () => {
      await mustRun('umount', [disk]);
      await rm(disk, { recursive: true });
    });

    const { code, stderr, stdout } = await runProcess(process.execPath, [SCRIPT, ...words], {
      cwd: user.home,
      env: { HOME: user.home, REGCTL_JOURNAL_DIR: disk },
    });

    expect(code).toBe(1);
    expect(stderr + stdout).toContain('ENOSPC');
    const [name] = (await readdir(disk)).filter((one) => one.endsWith('.jsonl'));
    const lines = name === undefined ? [] : (await wholeJournal(join(disk, name))).intents.map(({ digest }) => digest);
    for (const digest of deletions(registry)) expect(lines).toContain(digest);
    expect(deletions(registry).length).toBeLessThan(BUILDS - 1);
  });
});

describe('a journal folder that cannot be written', () => {
  test.for<[string, string]>([
    ['below a file', 'file/journals'],
    ['below a file system that takes none', '/proc/regprune/journals'],
  ])('%s: nothing is deleted, and it is said why', async ([, folder]) => {
    const { registry, user, words } = await withBuilds();
    await writeFile(join(user.home, 'file'), '');

    const session = await newSession({
      cwd: user.home,
      env: { HOME: user.home, REGCTL_JOURNAL_DIR: resolve(user.home, folder) },
      now: Date.now,
    });
    const { code, stderr } = await session.run(...words);

    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^error: cannot (?:lock|read|write) .*(?:journals)/m);
    expect(deletions(registry)).toEqual([]);
  });

  mountTest('read-only: nothing is deleted, and what can be undone there can be undone', async () => {
    const { registry, user, words } = await withBuilds();
    const before = contents(registry);
    const disk = await mkdtemp(join(tmpdir(), 'regprune-disk-'));
    await mustRun('mount', ['-t', 'tmpfs', 'tmpfs', disk]);
    onTestFinished(async () => {
      await mustRun('umount', [disk]);
      await rm(disk, { recursive: true });
    });
    const session = await newSession({ cwd: user.home, env: { HOME: user.home, REGCTL_JOURNAL_DIR: disk }, now: Date.now });
    expect((await session.run(...words, '--tags', 'build-1', '--keep-last', '0')).code).toBe(0);
    await mustRun('mount', ['-o', 'remount,ro', disk]);
    registry.requests.length = 0;

    const { code, stderr } = await session.run(...words);

    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^error: cannot write to the journal folder .*EROFS/m);
    expect(deletions(registry)).toEqual([]);
    const [name] = (await readdir(disk)).filter((one) => one.endsWith('.jsonl'));
    await succeedHere(user, 'undo', join(disk, name!));
    expect(contents(registry)).toEqual(before);
  });
});

describe.skipIf(process.platform === 'win32')('what else is written', () => {
  test('--plan-out: without the plan nothing is deleted, and no half plan is left', async () => {
    const { registry, user, words } = await withBuilds();

    const { code, stderr } = await runWithin(1, user, {}, ...words, '--plan-out', 'plan.json');

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot write .*plan\.json: EFBIG/m);
    expect(deletions(registry)).toEqual([]);
    expect((await readdir(user.home)).filter((name) => name.includes('plan.json'))).toEqual([]);
  });

  test('--out of a dry run: an error, and no half answer', async () => {
    const { user, words } = await withBuilds();

    const { code, stderr, stdout } = await runWithin(1, user, {}, ...words.slice(0, -1), '-o', 'json', '--out', 'answer.json');

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: cannot write .*answer\.json: EFBIG/m);
    expect((await readdir(user.home)).filter((name) => name.includes('answer'))).toEqual([]);
  });

  test('--out of a run that deletes: an error, and what was done is said on stderr, with its journal', async () => {
    const { registry, user, words } = await withBuilds();

    const { code, stderr } = await runHere(user, ...words, '--out', '/dev/full');

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot write \/dev\/full: ENOSPC/m);
    expect(deletions(registry)).toHaveLength(BUILDS - 1);
    expect(stderr).toMatch(/deleted .* in 1 repository: done\n/);
    expect(stderr).toContain((await user.journals())[0]);
  });

  test('--metrics-file: an error, with the figures of the last run left as they were', async () => {
    const { user, words } = await withBuilds();
    await writeFile(join(user.home, 'prune.prom'), '# of yesterday\n');

    const { code, stderr } = await runWithin(1, user, {}, ...words.slice(0, -1), '--metrics-file', 'prune.prom');

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot write .*prune\.prom: EFBIG/m);
    expect(await readFile(join(user.home, 'prune.prom'), 'utf8')).toBe('# of yesterday\n');
    expect((await readdir(user.home)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('the cache: nobody needs it', async () => {
    const { user, words } = await withBuilds();
    const plan = (text: string): object => ({ ...(JSON.parse(text) as object), createdAt: '', now: '' });
    const usual = await succeedHere(user, ...words.slice(0, -1), '-o', 'json');
    await rm(join(user.home, '.cache'), { recursive: true, force: true });

    const { code, stdout, stderr } = await runWithin(0, user, {}, ...words.slice(0, -1), '-o', 'json');

    expect(code, stderr).toBe(0);
    expect(plan(stdout)).toEqual(plan(usual));
  });
});

/** A test that is there only where one may mount: as root, and not in every container. */
function mountTest(name: string, body: () => Promise<void>): void {
  if (mountable) test(name, body);
}
