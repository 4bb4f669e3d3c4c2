import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Stopped } from '../../../src/run/stop.ts';
import { newUser, type User } from '../program.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { RequestHook } from '../../../src/demo/registry-options.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

const SCRIPT = fileURLToPath(new URL('../../../bin/regctl.js', import.meta.url));

/** What a registry does to make a reader wait for minutes. */
const WAITS: readonly (readonly [what: string, hook: RequestHook])[] = [
  ['a registry that asks to come back in four minutes', ({ path }) => (path.includes('/tags/') ? busy() : undefined)],
  ['a registry that does not answer', ({ path }) => (path.includes('/tags/') ? 'hang' : undefined)],
  ['a registry that never tells its type', () => 'hang'],
];

function busy(): { status: number; headers: Record<string, string> } {
  return { status: 429, headers: { 'retry-after': '240' } };
}

const HOUR = 3_600_000;

/** Keeps the timer of so many milliseconds from running until the answered function is called, which ends it. */
function holdTimer(milliseconds: number): () => void {
  let end: () => void = () => {};
  const real = globalThis.setTimeout;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms?: number, ...more: []) => {
    if (ms === milliseconds) end = work;
    return real(work, ms, ...more);
  }) as typeof setTimeout);
  return () => end();
}

describe('a wait', () => {
  test.for(WAITS)('for %s ends at a signal', async ([, hook]) => {
    const registry = await registryWith({ 'team/app': 3 });
    const controller = new AbortController();
    registry.onRequest((request) => {
      const answer = hook(request);
      // It is told to stop once it waits.
      if (answer !== undefined) setTimeout(() => controller.abort(new Stopped('SIGTERM')), 200);
      return answer;
    });
    const session = await newSession({ signal: controller.signal });

    const { code, stdout } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1');

    expect({ code, stdout }).toEqual({ code: 143, stdout: '' });
  });

  test.for(WAITS)('for %s ends when the time for the run is over: 5, because nothing was read', async ([, hook]) => {
    const registry = await registryWith({ 'team/app': 3 });
    registry.onRequest(hook);
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '--max-duration', '1s'];

    for (const more of [[], ['--apply']]) {
      const { code, stdout } = await session.run(...words, '-o', 'json', ...more);
      expect(code).toBe(5);
      expect(JSON.parse(stdout) as Plan).toMatchObject({ applyable: false, unread: [{ code: 'TIME_OVER' }] });
    }
  });

  test('leaves what was read before: that is planned, the rest stands in the plan, and nothing is begun any more', async () => {
    const registry = await registryWith({ 'team/app': 3, 'team/slow': 3 });
    registry.onRequest(({ path }) => (path.startsWith('/v2/team/slow') ? 'hang' : undefined));
    const endOfTime = holdTimer(HOUR);
    const told: string[] = [];
    // The time is over as soon as it is said that the other repository is read.
    const stderr = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (told.push(chunk.toString()) > 0 && told.join('').includes('team/app: 3 manifests')) endOfTime();
        done();
      },
    });
    const session = await newSession({ stderr });

    const { code, stdout } = await session.run('prune', registry.host, '--keep-last', '1', '--max-duration', '1h', '--apply', '-v');

    expect(code).toBe(6);
    expect(stdout).toContain(`${registry.host}/team/slow: TIME_OVER: The time that --max-duration gives was over`);
    expect(stdout).toMatch(/delete {2}2 images/);
    expect(told.join('')).toContain('Nothing was changed.\n');
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('within an apply: the deletion is given up, not waited for', async () => {
    const registry = await registryWith({ 'team/app': 6 });
    const user = await newUser();
    const running = user.start('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '-q', '--concurrency', '1');
    let deletions = 0;
    registry.onRequest(({ method }) => {
      if (method !== 'DELETE' || (deletions += 1) < 3) return undefined;
      running.child.kill('SIGTERM');
      return busy();
    });

    const { code, stdout } = await running.ended;

    expect(code).toBe(143);
    expect(stdout).toMatch(/deleted .*: stopped by a signal/);
    expect(tagsIn(registry, 'team/app').length).toBeGreaterThan(1);
    expect(await user.journals()).toHaveLength(1);
  });
});

// Linux lets a named pipe be opened for reading and writing, so that it has a reader who does not read.
describe.skipIf(process.platform !== 'linux')('an output that nobody reads', () => {
  /** So many that what is said of them is more than a pipe holds. */
  const BUILDS = 130;

  /** A run whose output goes to a pipe. */
  interface Unread {
    readonly user: User;
    /** Stops it by SIGTERM. */
    readonly stop: () => Promise<void>;
    readonly exitCode: () => Promise<number>;
  }

  /** Starts the program; the shell's command line that runs it can write to the pipe as 3. */
  async function unread(shell: readonly string[], redirection: string, ...words: readonly string[]): Promise<Unread> {
    const user = await newUser();
    const [path, pid, ended] = ['pipe', 'pid', 'ended'].map((name) => join(user.home, name)) as [string, string, string];
    execFileSync('mkfifo', [path]);
    const pipe = openSync(path, 'r+');
    const [command, ...args] = shell as [string];
    const line = `${[process.execPath, SCRIPT, ...words].join(' ')} ${redirection} & echo $! >pid; wait $!; echo $? >ended`;
    const child = spawn(command, [...args, line], { stdio: ['ignore', pipe, 'ignore', pipe], cwd: user.home, env: { HOME: user.home } });
    onTestFinished(() => {
      child.kill('SIGKILL');
      closeSync(pipe);
    });
    const exitCode = (): Promise<string> => readFile(ended, 'utf8').catch(() => '');
    return {
      user,
      stop: async () => void process.kill(Number(await readFile(pid, 'utf8')), 'SIGTERM'),
      exitCode: async () => Number(await vi.waitUntil(exitCode, { timeout: 600_000, interval: 100 })),
    };
  }

  const SHELL = ['sh', '-c'];
  /** A terminal whose window hangs: `script` passes on what it shows, into the pipe. */
  const TERMINAL = ['script', '/dev/null', '-qc'];

  test('is waited for until a signal, and little longer: the run has ended as it should', async () => {
    const registry = await registryWith({ out: BUILDS, err: BUILDS, terminal: BUILDS });
    const words = (repository: string): string[] => ['prune', `${registry.host}/${repository}`, '--keep-last', '1', '--apply', '--yes'];

    const ends = await Promise.all(
      [
        await unread(SHELL, '>&3', ...words('out'), '-o', 'json'),
        await unread(SHELL, '2>&3 >/dev/null', ...words('err'), '-v'),
        await unread(TERMINAL, '', ...words('terminal'), '-v'),
      ].map(async ({ user, stop, exitCode }) => {
        const journal = async (): Promise<string> => readFile((await user.journals())[0] ?? '', 'utf8').catch(() => '');
        const end = async (): Promise<string | undefined> => (await journal()).split('\n').find((line) => line.includes('"end"'));
        const last = await vi.waitUntil(end, { timeout: 600_000, interval: 100 });
        await stop();
        return { code: await exitCode(), end: JSON.parse(last) as object };
      }),
    );

    expect(ends).toMatchObject(ends.map(() => ({ code: 143, end: { outcome: 'done', counts: { deleted: BUILDS - 1 } } })));
  });

  test('is waited for no longer than the run may take, and little longer', async () => {
    const registry = await registryWith({ 'team/app': BUILDS });
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '-o', 'json', '--max-duration'];
    let code = 0;
    let told = '';
    // On a slow machine the time may be over before there is an answer: then a run is given twice as much.
    for (let seconds = 3; code === 0 || told.includes('was over before'); seconds *= 2) {
      const { user, exitCode } = await unread(SHELL, '>&3 2>told', ...words, `${seconds}s`);
      code = await exitCode();
      told = await readFile(join(user.home, 'told'), 'utf8');
    }

    expect(code).toBe(6);
    expect(told).toContain('nobody has read anything for 5 s');
  });
});

// Windows has no named pipes that are files.
describe.skipIf(process.platform === 'win32')('a named pipe that nobody writes to', () => {
  const words = (host: string, pipe: string): readonly (readonly string[])[] => [
    [host, '-p', pipe],
    [host, '--keep-last', '1', '--in-use', pipe],
    ['--inventory', pipe, '--keep-last', '1'],
    ['--inventory', `${pipe}.jsonl`, '--keep-last', '1'],
  ];

  async function withPipes(): Promise<{ registry: EmbeddedRegistry; user: User; pipe: string }> {
    const user = await newUser({ files: { 'policy.yaml': keepBuilds(1) } });
    const pipe = join(user.home, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0" "$0.jsonl"', pipe]);
    return { registry: await registryWith({ 'team/app': 3 }), user, pipe };
  }

  test('ends at a signal', async () => {
    const { registry, user, pipe } = await withPipes();
    for (const some of words(registry.host, pipe)) {
      const controller = new AbortController();
      const session = await newSession({ signal: controller.signal, env: { HOME: user.home } });
      const running = session.run('prune', ...some);
      setTimeout(() => controller.abort(new Stopped('SIGTERM')), 200);

      expect(await running, some.join(' ')).toMatchObject({ code: 143, stdout: '' });
    }
  });

  test('is waited for no longer than the run may take', async () => {
    const { registry, user, pipe } = await withPipes();
    const session = await newSession({ env: { HOME: user.home } });
    const codes = [];
    for (const some of words(registry.host, pipe)) codes.push((await session.run('prune', ...some, '--max-duration', '1s')).code);

    // What is in use could not be read; without a policy or an inventory there is no plan.
    expect(codes).toEqual([6, 5, 6, 6]);
  });

  test('is read once somebody does', async () => {
    const { registry, user, pipe } = await withPipes();
    const running = user.start('prune', registry.host, '-p', pipe, '-o', 'name');
    execFileSync('sh', ['-c', 'cat policy.yaml >pipe'], { cwd: user.home });

    expect(await running.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('build-1') as string });
  });
});
