import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { type Ended, type Running, startProcess } from './servers/run-process.ts';

const SCRIPT = fileURLToPath(new URL('../../bin/regctl.js', import.meta.url));

/**
 * A user of the built program: a home folder of its own, in which it runs, and an environment with nothing in it that a person may have
 * set.
 */
export interface User {
  readonly home: string;
  /** Starts the program. */
  start(...args: readonly string[]): Running;
  /** Runs it to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Runs it, and expects it to exit with 0. Answers its standard output. */
  succeed(...args: readonly string[]): Promise<string>;
  /** Plans with `prune` and these arguments. */
  plan(...args: readonly string[]): Promise<Plan>;
  /** Paths of the journals, the oldest first. */
  journals(): Promise<string[]>;
}

/**
 * Makes a user whose folder goes when the test ends; `files` by their names in the home folder, of which those in `bin` can be run and are
 * on the PATH.
 */
export async function newUser({
  env = {},
  files = {},
}: { readonly env?: NodeJS.ProcessEnv; readonly files?: Readonly<Record<string, string>> } = {}): Promise<User> {
  const home = await mkdtemp(join(tmpdir(), 'regprune-user-'));
  onTestFinished(() => rm(home, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(home, name, '..'), { recursive: true });
    await writeFile(join(home, name), text, { mode: name.startsWith('bin/') ? 0o700 : 0o600 });
  }
  const journalFolder = join(home, '.local/state/regprune');
  const start = (...args: readonly string[]): Running =>
    startProcess(process.execPath, [SCRIPT, ...args], {
      cwd: home,
      env: { PATH: `${join(home, 'bin')}${delimiter}${process.env['PATH']}`, HOME: home, ...env },
    });
  const succeed = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await start(...args).ended;
    expect(code, `${args.join(' ')}\n${stderr}${stdout}`).toBe(0);
    return stdout;
  };
  return {
    home,
    start,
    run: (...args) => start(...args).ended,
    succeed,
    plan: async (...args) => JSON.parse(await succeed('prune', '-o', 'json', ...args)) as Plan,
    async journals() {
      const names = await readdir(journalFolder).catch(() => []);
      return names
        .filter((name) => name.endsWith('.jsonl'))
        .sort()
        .map((name) => join(journalFolder, name));
    },
  };
}

/** Everything that the program has left in a user's home, by path. */
export async function filesOf(user: { readonly home: string }): Promise<Map<string, string>> {
  const entries = await readdir(user.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (path) => [path, await readFile(path, 'latin1')] as const)));
}

/** Copies a folder into a new one that goes when the test ends. */
export async function copyForTest(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'regprune-copy-'));
  onTestFinished(() => rm(copy, { recursive: true }));
  await cp(folder, copy, { recursive: true });
  return copy;
}
