import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { measureApplying } from './applying.ts';
import { measureCache, measureDryRuns, measureLargeRepository, measureManyRepositories } from './dry-runs.ts';
import { measureGrowth } from './growth.ts';
import { FOLDER, type Row } from './measure.ts';
import { measurePeers } from './peers.ts';
import { measurePlanning } from './planning.ts';
import { measureRate } from './rate.ts';
import { measureStartUp } from './start-up.ts';

/** Measures the parts of the program that are named, or all: prints a table as it goes, and in the last line everything as JSON. */
const PARTS: Readonly<Record<string, () => AsyncGenerator<Row>>> = {
  'start-up': measureStartUp,
  'dry-run': measureDryRuns,
  many: measureManyRepositories,
  large: measureLargeRepository,
  cache: measureCache,
  rate: measureRate,
  applying: measureApplying,
  peers: measurePeers,
  planning: measurePlanning,
  growth: measureGrowth,
};

const named = process.argv.slice(2);
const rows: Row[] = [];
try {
  for (const name of named.length > 0 ? named : Object.keys(PARTS)) {
    const measure = PARTS[name];
    if (!measure) throw new Error(`there is no part "${name}"; the parts are ${Object.keys(PARTS).join(', ')}`);
    for await (const row of measure()) {
      rows.push(row);
      process.stdout.write(`${lineOf(row)}\n`);
    }
  }
} finally {
  rmSync(FOLDER, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ node: process.version, cores: availableParallelism(), rows })}\n`);

function lineOf({ part, what, figures }: Row): string {
  const told = Object.entries(figures).map(([name, value]) => `${Number(value.toPrecision(3))} ${name}`);
  return `| ${part} | ${what} | ${told.join(', ')} |`;
}
