import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The built program, as people run it. The bundle of the benchmarks stands in a folder of `dist`. */
export const PROGRAM = join(import.meta.dirname, '../../bin/regctl.js');

/** What a process took from its start to its end: seconds by the clock, seconds of processor time, and the most memory that it held. */
export interface Cost {
  readonly seconds: number;
  readonly processor: number;
  readonly megabytes: number;
  readonly stdout: string;
}

/** Makes a process of Node.js say at its end what it took. */
const REPORT =
  'process.on("exit",()=>{const{userCPUTime,systemCPUTime,maxRSS}=process.resourceUsage();' +
  'process.stderr.write(`\\n${(userCPUTime+systemCPUTime)/1e6} ${maxRSS/1024}`)})';
const HOOK = ['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`];

/** The folder of everything that is written, its owner's home too. It is removed at the end. */
export const FOLDER = mkdtempSync(join(tmpdir(), 'regprune-bench-'));

/** Writes a file in that folder, in the parts that it is given, and answers its path. */
export function file(name: string, parts: Iterable<string>): string {
  const path = join(FOLDER, name);
  const open = openSync(path, 'w');
  for (const part of parts) writeSync(open, part);
  closeSync(open);
  return path;
}

const execute = promisify(execFile);

/** Runs a program in that folder, which is its home too. Rejects where it fails. */
export async function run(
  program: string,
  args: readonly string[],
): Promise<Pick<Cost, 'seconds' | 'stdout'> & { readonly stderr: string }> {
  const begin = performance.now();
  const { stdout, stderr } = await execute(program, args, {
    cwd: FOLDER,
    env: { PATH: process.env['PATH'], HOME: FOLDER },
    maxBuffer: 2 ** 30,
  });
  return { seconds: (performance.now() - begin) / 1000, stdout, stderr };
}

/** Runs Node.js with these arguments. Rejects where it fails. */
export async function node(args: readonly string[]): Promise<Cost> {
  const { seconds, stdout, stderr } = await run(process.execPath, [...HOOK, ...args]);
  const [processor = 0, megabytes = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, processor, megabytes, stdout };
}

/** Does several things in turns, so that what else the machine does meets all of them, and answers what came of each, round by round. */
export async function interleaved<Name extends string, Result>(
  rounds: number,
  works: Readonly<Record<Name, () => Promise<Result>>>,
): Promise<Record<Name, Result[]>> {
  const results = {} as Record<Name, Result[]>;
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries(works) as [Name, () => Promise<Result>][]) (results[name] ??= []).push(await work());
  return results;
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

/** The median of the quotients of each round. */
export function ratio(numbers: readonly number[], others: readonly number[]): number {
  return median(numbers.map((number, round) => number / (others[round] as number)));
}

/** A line of the table: what was measured, how, and the figures by what they are. */
export interface Row {
  readonly part: string;
  readonly what: string;
  readonly figures: Readonly<Record<string, number>>;
}
