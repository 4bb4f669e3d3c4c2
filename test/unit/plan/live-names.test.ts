import { expect, test } from 'vitest';
import { compileLiveNames } from '../../../src/plan/live-names.ts';

const isLive = compileLiveNames([
  'main',
  'Feature/Login_2',
  'release/1.x',
  `long/${'x'.repeat(80)}`,
  '/odd/',
  'bot/npm_and_yarn/@types/node',
  'fix-🎉(#12)',
]);

test.each([
  ['main', true],
  ['MAIN', true],
  ['Feature/Login_2', true],
  ['feature-login-2', true],
  ['Feature-Login-2', true],
  ['release-1.x', true],
  ['release-1-x', true],
  // Cut at 63 characters, with the dash at the end left off.
  [`long-${'x'.repeat(58)}`, true],
  ['odd', true],
  ['-odd-', true],
  // Several characters in a row for which one dash stands, or one each.
  ['bot-npm_and_yarn-types-node', true],
  ['bot-npm-and-yarn--types-node', true],
  ['fix-12', true],
  ['fix----12', true],
  ['', false],
  ['feature', false],
  ['main-2', false],
])('%j: %s', (name, live) => {
  expect(isLive(name)).toBe(live);
});

test('of an empty list nothing is live', () => {
  expect(compileLiveNames([])('main')).toBe(false);
});
