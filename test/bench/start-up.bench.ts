import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { bench, describe } from 'vitest';

const program = join(import.meta.dirname, '../../bin/regctl.js');

describe('start-up', () => {
  const few = { time: 0, iterations: 10, warmupTime: 0, warmupIterations: 2 };
  bench('node alone', () => void execFileSync(process.execPath, ['-e', '0']), few);
  bench('regctl --version', () => void execFileSync(process.execPath, [program, '--version']), few);
});
