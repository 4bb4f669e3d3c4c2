import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { expect, onTestFinished } from 'vitest';
import type { Io } from '../../../src/run/io.ts';
import { runProgram } from '../../../src/cli/program.ts';
import type { Plan } from '../../../src/plan/plan.ts';

/** What one command line did. */
interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program in this process, for one made-up user. */
export interface Session {
  /** The user's folder: home and working directory, gone after the test. */
  readonly folder: string;
  /** A file in it. */
  file(name: string, text: string): Promise<string>;
  run(...argv: readonly string[]): Promise<Result>;
  /** Runs `prune … -o json`, expects the exit code, and answers the plan. */
  plan(argv: readonly string[], code?: number): Promise<Plan>;
  journals(): Promise<string[]>;
}

/** The clock of these tests. */
export const NOW = Date.parse('2026-11-24T03:10:00Z');

/** Standard error without what the program says every ten seconds, which depends on the machine. */
export function withoutHeartbeat(stderr: string): string {
  return stderr.replaceAll(/^still .*\n/gm, '');
}

/** Starts a session; `io` replaces parts of its world. */
export async function newSession(io: Partial<Io> = {}): Promise<Session> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const start = async (argv: readonly string[]): Promise<Result> => {
    const stdout = sink();
    const stderr = sink();
    const code = await runProgram(argv, {
      stdout: stdout.stream,
      stderr: stderr.stream,
      stdin: Readable.from([]),
      cwd: folder,
      now: () => NOW,
      program: 'regctl',
      signal: new AbortController().signal,
      ...io,
      env: { HOME: folder, ...io.env },
    });
    return { code, stdout: stdout.text(), stderr: withoutHeartbeat(stderr.text()) };
  };
  return {
    folder,
    async file(name, text) {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
    run: (...argv) => start(argv),
    async plan(argv, code = 0) {
      const result = await start(['prune', ...argv, '-o', 'json']);
      expect(result.code, result.stderr).toBe(code);
      return JSON.parse(result.stdout) as Plan;
    },
    async journals() {
      const journals = join(folder, '.local/state/regprune');
      return (await readdir(journals).catch(() => [])).filter((name) => name.endsWith('.jsonl')).map((name) => join(journals, name));
    },
  };
}

/**
 * Runs the program in this process for a user who also runs it in processes of their own, by the clock that these go by. It is for what
 * needs no process: what prepares a test, and what comes after.
 */
export async function runHere({ home }: { readonly home: string }, ...argv: readonly string[]): Promise<Result> {
  return (await newSession({ cwd: home, env: { HOME: home }, now: Date.now })).run(...argv);
}

/** The same, and expects it to exit with 0. Answers its standard output. */
export async function succeedHere(user: { readonly home: string }, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(user, ...argv);
  expect(code, `${argv.join(' ')}\n${stderr}${stdout}`).toBe(0);
  return stdout;
}

function sink(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
