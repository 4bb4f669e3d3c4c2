import { expect, test } from 'vitest';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { exitCodeAfter } from '../../../src/run/failures.ts';

const missingRight = new ToolError('AUTH', 'it may not be read', { hint: 'Ask for the right.' });
const broken = new ToolError('REGISTRY_ERROR', 'it could not be read', { hint: 'Run again.' });

test('a missing right decides the exit code wherever it shows, but for a run that was refused or stopped', () => {
  for (const code of [0, 1, 2, 6]) expect(exitCodeAfter(code, [broken, missingRight], 6)).toBe(4);
  for (const code of [3, 5, 130, 143]) expect(exitCodeAfter(code, [missingRight], 6)).toBe(code);
});

test('what could not be read otherwise stands in place of a success only', () => {
  expect([0, 1, 2, 5, 6].map((code) => exitCodeAfter(code, [broken], 6))).toEqual([6, 1, 6, 5, 6]);
  expect(exitCodeAfter(2, [], 6)).toBe(2);
});
