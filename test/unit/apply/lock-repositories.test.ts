import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockRepositories } from '../../../src/apply/lock-repositories.ts';
import { failure } from '../registry/oci-fixture.ts';
import { temporaryFolder } from './apply-fixture.ts';

const APP = { url: 'http://127.0.0.1:1', repository: 'team/app' };
const OTHER = { url: 'http://127.0.0.1:1', repository: 'team/other' };

/** The name of a claim on APP, as another process would put it down. */
async function claim(folder: string, change: (name: string) => string): Promise<string> {
  const unlock = await lockRepositories(folder, [APP]);
  const [name] = await readdir(join(folder, 'locks'));
  await unlock();
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
    await (
      await lockRepositories(folder, [OTHER])
    )();
    await unlock();
    await (
      await lockRepositories(folder, [OTHER, APP])
    )();
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('is one for a registry whatever it is called, and another for the same repository elsewhere', async () => {
    const folder = await temporaryFolder();
    const unlock = await lockRepositories(folder, [APP]);
    await (
      await lockRepositories(folder, [{ ...APP, url: 'http://127.0.0.1:2' }])
    )();
    await unlock();
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
        await unlock();
      }),
    );
    expect(most).toBeLessThanOrEqual(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'NOT_APPLYABLE' });
  });

  it('of a process that is gone is taken over', async () => {
    const folder = await temporaryFolder();
    await claim(folder, (name) => name.replace(`.${process.pid}.`, `.${deadPid()}.`));
    await (
      await lockRepositories(folder, [APP])
    )();
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('of an earlier process with the same number is taken over', async () => {
    const folder = await temporaryFolder();
    await claim(folder, (name) => name.replace(/[0-9a-f]{16}$/, '0123456789abcdef'));
    await (
      await lockRepositories(folder, [APP])
    )();
  });

  it('of a living process, of another host, and of whatever it may be, is not', async () => {
    for (const change of [
      (name: string) => name.replace(`.${process.pid}.`, `.${process.ppid}.`),
      (name: string) => name.replace(/^([0-9a-f]{32})\..*\.\d+\./, `$1.elsewhere-1.${deadPid()}.`),
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
