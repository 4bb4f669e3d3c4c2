import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { FOLDER, type Row } from './measure.ts';
import { measureNetwork } from './network.ts';
import { measurePlanning } from './planning.ts';
import { measureStartUp } from './start-up.ts';

/** Measures the parts of the program that are named, or all: prints a table as it goes, and in the last line everything as JSON. */
const PARTS: Readonly<Record<string, () => Iterable<Row> | AsyncIterable<Row>>> = {
  'start-up': measureStartUp,
  network: measureNetwork,
  planning: measurePlanning,
};

const named = process.argv.slice(2);
const rows: Row[] = [];
try {
  for (const [name, measure] of Object.entries(PARTS)) {
    if (named.length > 0 && !named.includes(name)) continue;
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
