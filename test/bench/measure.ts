import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

export function file(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  return path;
}

/** Runs Node.js with these arguments. Throws where it fails. */
export function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Cost {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...HOOK, ...args], {
    encoding: 'utf8',
    cwd: FOLDER,
    env: { PATH: process.env['PATH'], HOME: FOLDER, ...env },
    maxBuffer: 2 ** 30,
  });
  const seconds = (performance.now() - begin) / 1000;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  const [processor = 0, megabytes = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, processor, megabytes, stdout };
}

/** Does several things in turns, so that what else the machine does meets all of them, and answers what came of each, round by round. */
export function interleaved<const Works extends Readonly<Record<string, () => unknown>>>(
  rounds: number,
  works: Works,
): { [Name in keyof Works]: ReturnType<Works[Name]>[] } {
  const results: Record<string, unknown[]> = {};
  for (let round = 0; round < rounds; round++) for (const [name, work] of Object.entries(works)) (results[name] ??= []).push(work());
  return results as { [Name in keyof Works]: ReturnType<Works[Name]>[] };
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
