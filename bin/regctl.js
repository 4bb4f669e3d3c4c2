#!/usr/bin/env node
import { readFileSync, writeSync } from 'node:fs';

if (!tellVersion(process.argv.slice(2))) await import('../dist/main.js');

/** Answers a command line that asks for nothing but the version, for which loading the program would take longer than all the rest. */
function tellVersion(words) {
  if (words.length !== 1 || !['--version', '-V'].includes(words[0])) return false;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  try {
    writeSync(1, `${version}\n`);
    return true;
  } catch {
    // The program says what is wrong with the output.
    return false;
  }
}
