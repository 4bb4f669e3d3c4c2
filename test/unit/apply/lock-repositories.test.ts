import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LockedRepository, lockRepositories } from '../../../src/apply/lock-repositories.ts';
import { failure } from '../registry/oci-fixture.ts';
import { temporaryFolder } from './apply-fixture.ts';

const APP = { url: 'http://127.0.0.1:1', repository: 'team/app' };
const OTHER = { url: 'http://127.0.0.1:1', repository: 'team/other' };

/** The name of a claim on APP, as another process would put it down. */
async function claim(folder: string, change: (name: string) => string): Promise<string> {
  const unlock = await lockRepositories(folder, [APP]);
  const name = (await readdir(join(folder, 'locks'))).find((one) => !one.startsWith('lease.'));
  await unlock.free();
  const other = change(name!);
  await writeFile(join(folder, 'locks', other), '');
  return other;
}

/** A pid that belongs to no process any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('the lock on a repository', () => {
  it('keeps a second run out until the first is done, and only from that repository', async () => {
    const folder = await temporaryFolder();
    const unlock = await lockRepositories(folder, [APP]);
    expect(await failure(lockRepositories(folder, [OTHER, APP]))).toMatchObject({
      code: 'NOT_APPLYABLE',
      message: expect.stringContaining('team/app'),
    });
    await (await lockRepositories(folder, [OTHER])).free();
    await unlock.free();
    await (await lockRepositories(folder, [OTHER, APP])).free();
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('is one for a registry whatever it is called, and another for the same repository elsewhere', async () => {
    const folder = await temporaryFolder();
    const unlock = await lockRepositories(folder, [APP]);
    await (await lockRepositories(folder, [{ ...APP, url: 'http://127.0.0.1:2' }])).free();
    await unlock.free();
  });

  it('lets never two of many that come at once have it', async () => {
    const folder = await temporaryFolder();
    let inside = 0;
    let most = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, async () => {
        const unlock = await lockRepositories(folder, [APP]);
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside -= 1;
        await unlock.free();
      }),
    );
    expect(most).toBeLessThanOrEqual(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'NOT_APPLYABLE' });
  });

  it('of a process that is gone is taken over', async () => {
    const folder = await temporaryFolder();
    await claim(folder, (name) => name.replace(`.${process.pid}.`, `.${deadPid()}.`));
    await (await lockRepositories(folder, [APP])).free();
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('of an earlier process with the same number is taken over', async () => {
    const folder = await temporaryFolder();
    await claim(folder, (name) => name.replace(/[0-9a-f]{16}$/, '0123456789abcdef'));
    await (await lockRepositories(folder, [APP])).free();
  });

  it('of a living process, and of whatever it may be, is not', async () => {
    for (const change of [
      (name: string) => name.replace(`.${process.pid}.`, `.${process.ppid}.`),
      (name: string) => name.replace(/\..*$/, '.unknown'),
    ]) {
      const folder = await temporaryFolder();
      const name = await claim(folder, change);
      expect(await failure(lockRepositories(folder, [APP]))).toMatchObject({ code: 'NOT_APPLYABLE', hint: expect.stringContaining(name) });
      expect(await readdir(join(folder, 'locks'))).toEqual([name]);
    }
  });

  it('that cannot be put down is an error, and leaves no claim', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'locks'));
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect((await failure(lockRepositories(file, [APP]))).code).toBe('JOURNAL_WRITE');
  });
});

/** Short ones, for the tests to wait for. */
const TIMES = { renewal: 20, valid: 2500, expiry: 6000 };
/** Of one that is renewed at once, and never over. */
const RENEWED = { renewal: 20, valid: 60_000, expiry: 600_000 };

describe('the lock on a repository of a process of another place, such as a pod', () => {
  it('stands as long as it is renewed', async () => {
    const folder = await temporaryFolder();
    const lock = await lockRepositories(folder, [APP], { times: RENEWED, place: 'there' });
    expect(await failure(lockRepositories(folder, [OTHER, APP], { times: RENEWED, place: 'here' }))).toMatchObject({
      code: 'NOT_APPLYABLE',
      message: expect.stringContaining(`(process ${process.pid} on there)`),
    });
    expect(lock.isLost).toBe(false);
    await lock.free();
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('stands where nobody waits any more until it is known whether it lives', async () => {
    const folder = await temporaryFolder();
    const times = { renewal: 300_000, valid: 600_000, expiry: 900_000 };
    await lockRepositories(folder, [APP], { times, place: 'there' });
    const before = await readdir(join(folder, 'locks'));
    const stop = new AbortController();
    const second = failure(lockRepositories(folder, [APP], { times, place: 'here', signal: stop.signal }));
    stop.abort();
    expect(await second).toMatchObject({ code: 'NOT_APPLYABLE', message: expect.stringContaining('on there)') });
    expect(await readdir(join(folder, 'locks'))).toEqual(before);
  });

  it('whose lease cannot be looked at stands, and is an error that says so', async () => {
    const folder = await temporaryFolder();
    const lock = await lockRepositories(folder, [APP], { times: RENEWED, place: 'there' });
    const locks = join(folder, 'locks');
    const lease = (await readdir(locks)).find((name) => name.startsWith('lease.')) ?? '';
    await rm(join(locks, lease));
    await symlink(lease, join(locks, lease));
    const before = await readdir(locks);
    expect(await failure(lockRepositories(folder, [APP], { times: RENEWED, place: 'here' }))).toMatchObject({
      code: 'JOURNAL_WRITE',
      message: expect.stringContaining(`cannot lock the repositories in ${locks}: ELOOP`),
    });
    expect(await readdir(locks)).toEqual(before);
    await lock.free();
  });

  it('that cannot be given free throws nothing: what was done under it counts', async () => {
    const folder = await temporaryFolder();
    const lock = await lockRepositories(folder, [APP], { times: RENEWED, place: 'there' });
    await rename(join(folder, 'locks'), join(folder, 'moved'));
    await writeFile(join(folder, 'locks'), 'no folder any more');
    await expect(lock.free()).resolves.toBeUndefined();
  });

  it('is taken by one of two that come at once, or by none, and never by both', async () => {
    const folder = await temporaryFolder();
    const taken = await Promise.allSettled(['a', 'b', 'c'].map((place) => lockRepositories(folder, [APP], { times: RENEWED, place })));
    const locks = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(locks.length).toBeLessThanOrEqual(1);
    for (const lock of locks) await lock.free();
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('is over with that process when it was killed, once it is seen not to be renewed, with all that it held', async () => {
    const { folder, start, deletions } = await processes();
    const first = await start('first', [APP, OTHER]);
    await first.deleting();
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await readdir(join(folder, 'locks'))).toHaveLength(3);

    const second = await start('second', [APP]);
    await second.deleting();
    expect(deletions.at(-1)).toBe('second');
    const names = await readdir(join(folder, 'locks'));
    expect(names.filter((name) => name.includes('.second.'))).toHaveLength(2);
    expect(names).toHaveLength(2);
  });

  it('is lost by a process that was stopped meanwhile: it comes back, and deletes nothing more', async () => {
    const { start, deletions, onDeletion } = await processes();
    const first = await start('first', [APP]);
    await new Promise<void>((resolve) => {
      // While its first deletion is under way, so that none is being sent.
      onDeletion((by) => {
        if (by !== 'first') return;
        first.child.kill('SIGSTOP');
        resolve();
      });
    });
    onDeletion(() => {});

    const second = await start('second', [APP]);
    await second.deleting();
    const before = deletions.filter((by) => by === 'first').length;
    first.child.kill('SIGCONT');
    expect(await first.ended).toBe('lost');
    expect(deletions.filter((by) => by === 'first')).toHaveLength(before);
  });
});

/**
 * Processes that lock repositories in one folder, each as from a place of its own, and then send deletions until they are stopped or have
 * lost the lock. One that stood still for so long, on a slow machine, that it lost the lock before its first deletion locks them again.
 */
async function processes() {
  const folder = await temporaryFolder();
  const script = join(folder, 'holder.mjs');
  await build({
    stdin: { contents: HOLDER, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    logLevel: 'error',
  });
  const deletions: string[] = [];
  let told: (by: string) => void = () => {};
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const by = request.url!.slice(1);
    deletions.push(by);
    told(by);
    for (const look of waiting) look();
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => void server.close().closeAllConnections());
  const start = async (place: string, repositories: readonly LockedRepository[]) => {
    const child = spawn(
      process.execPath,
      [script, folder, place, `http://127.0.0.1:${port}/${place}`, JSON.stringify([repositories, TIMES])],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<string>((resolve) => child.on('close', () => resolve(output)));
    const isDeleting = (): boolean => deletions.includes(place);
    const deleting = (): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isDeleting()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    return { child, ended, deleting };
  };
  return { folder, start, deletions, onDeletion: (look: typeof told) => void (told = look) };
}

const HOLDER = `
import { lockRepositories } from '../../../src/apply/lock-repositories.ts';
const [folder, place, url, rest] = process.argv.slice(2) as [string, string, string, string];
const [repositories, times] = JSON.parse(rest);
for (let deletions = 0; deletions === 0;) {
  const lock = await lockRepositories(folder, repositories, { times, place });
  for (; !lock.isLost; deletions++) await fetch(url, { method: 'DELETE' });
  if (deletions === 0) await lock.free();
}
process.stdout.write('lost');
process.exit();
`;
