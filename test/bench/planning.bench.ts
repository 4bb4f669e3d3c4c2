import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, bench, describe } from 'vitest';
import type { Inventory } from '../../src/domain/inventory.ts';
import { asDigest } from '../digest.ts';
import { largeInventory, NOW } from './large-inventory.ts';

const POLICY = `version: 1
policies:
  - name: bench
    protect:
      - tags: ["v1.*"]
      - tags: ["prod-*"]
    rules:
      - {name: releases, tags: ["v*"], order: semver, per: minor, keep: {last: 3}}
      - {name: branches, tags: {regex: '(?<branch>.+)-[0-9a-f]{7,40}'}, per: branch, keep: {last: 3, days: 14, max: 50}}
      - {name: the rest, tags: ["**"], keep: {days: 30}}
      - {name: untagged, untagged: true, keep: {days: 7}}
`;
const PAIRS = 3;
const program = join(import.meta.dirname, '../../bin/regctl.js');
const folder = mkdtempSync(join(tmpdir(), 'regprune-bench-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const policy = file('policy.yaml', POLICY);

/** The last words of a process: its processor time in milliseconds, and the most memory that it held in MB. */
const REPORT =
  'process.on("exit",()=>{const{userCPUTime,systemCPUTime,maxRSS}=process.resourceUsage();' +
  'process.stderr.write(`\\n${(userCPUTime+systemCPUTime)/1000} ${maxRSS/1024}`)})';

interface Cost {
  readonly ms: number;
  readonly megabytes: number;
}

function costOf(args: readonly string[]): Cost {
  const hook = `data:text/javascript,${encodeURIComponent(REPORT)}`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', hook, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(stderr);
  const [ms = 0, megabytes = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { ms, megabytes };
}

/** `JSON.parse` of a document in a process of its own, in milliseconds of processor time: of the call alone, and of the whole process. */
function parseCost(document: string): { readonly alone: number; readonly whole: number } {
  const code =
    'const{readFileSync}=require("fs");const t=readFileSync(process.argv[1],"utf8");const b=process.cpuUsage();' +
    'globalThis.v=JSON.parse(t);' +
    'const{user,system}=process.cpuUsage(b);console.log((user+system)/1000)';
  const alone = Number(execFileSync(process.execPath, ['-e', code, document], { encoding: 'utf8' }));
  return { alone, whole: costOf(['-e', code, document]).ms };
}

function planCost(document: string): Cost {
  return costOf([program, 'prune', '--inventory', document, '-p', policy, '--now', new Date(NOW).toISOString(), '-o', 'name', '-q']);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}

// What counts is processor time, and what it is beside that of JSON.parse: that is nearly the same on every machine.
describe('prune --inventory FILE -o name, 100,000 manifests', () => {
  const once = { time: 0, iterations: 1, warmupTime: 0, warmupIterations: 0 };
  const documents = { plain: largeInventory(100_000, 20), 'one config for all': withOneConfig(largeInventory(100_000, 20)) };
  const empty = file('empty.json', JSON.stringify(largeInventory(0, 0)));
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const [name, inventory] of Object.entries(documents)) {
    const document = file(`${name}.json`, JSON.stringify(inventory));
    let isMeasured = false;
    // Once, however often the bench is run: each pair takes seconds.
    const run = (): void => {
      if (isMeasured) return;
      isMeasured = true;
      const pairs = Array.from({ length: PAIRS }, () => ({
        parse: parseCost(document),
        plan: planCost(document),
        start: planCost(empty).ms,
      }));
      const ratio = (of: (pair: (typeof pairs)[number]) => number): string => median(pairs.map(of)).toFixed(1);
      process.stdout.write(
        `${name}: ${ratio(({ plan }) => plan.ms / 1000)} s of processor time, ${ratio(({ plan }) => plan.megabytes)} MB; ` +
          `without start-up ` +
          `${ratio(({ parse, plan, start }) => (plan.ms - start) / parse.alone)} times a cold JSON.parse, the whole process ` +
          `${ratio(({ parse, plan }) => plan.ms / parse.whole)} times one that reads and parses\n`,
      );
    };
    bench(name, run, once);
  }
});

/** The same inventory, in which all images have the OCI empty config. */
function withOneConfig(inventory: Inventory): Inventory {
  const config = asDigest('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  const repositories = inventory.repositories.map((read) => ({
    ...read,
    manifests: read.manifests.map((manifest) => (manifest.config === undefined ? manifest : { ...manifest, config })),
  }));
  return { ...inventory, repositories };
}
