import { describe, expect, test } from 'vitest';
import { codeFrame } from '../../../src/diagnostics/code-frame.ts';
import { makeSource, positionOf } from '../../../src/diagnostics/source.ts';

const frame = (text: string, line: number, column: number, length: number): string =>
  codeFrame(makeSource('f', text), line, column, column + length);

test('shows the line and underlines what is meant', () => {
  expect(frame('a: 1\nkep: 2\n', 2, 1, 3)).toBe('  2 | kep: 2\n    | ^~~');
  expect(frame('a: 1\r\nkep: 2\r\n', 2, 6, 1)).toBe('  2 | kep: 2\n    |      ^');
});

test('tabs and characters outside the basic plane take one place', () => {
  expect(frame('\t😀 kep: 2', 1, 5, 3)).toBe('  1 |  😀 kep: 2\n    |    ^~~');
});

test('nothing in a file can steer the terminal or turn the text around', () => {
  expect(frame('a: \u001b[31mred\u202e', 1, 1, 1)).toBe('  1 | a: ·[31mred·\n    | ^');
});

test('of a long line the part around the place is shown', () => {
  const [shown, underline] = frame(`${'a'.repeat(300)}KEY${'b'.repeat(300)}`, 1, 301, 3).split('\n') as [string, string];
  expect(shown).toMatch(/^ {2}1 \| …a+KEYb+…$/);
  expect(shown.slice(underline.indexOf('^')).startsWith('KEY')).toBe(true);
  expect(underline.trimEnd().endsWith('^~~')).toBe(true);
  expect(shown.length).toBeLessThan(140);
});

test('a line made by a machine is not shown', () => {
  expect(frame('x'.repeat(2001), 1, 1, 1)).toBe('');
});

test('a place after the end of a line is shown there', () => {
  expect(frame('ab', 1, 3, 1)).toBe('  1 | ab\n    |   ^');
});

describe('secrets are not shown', () => {
  test.for<[label: string, text: string, line: number]>([
    ['a password', 'auth: {user: bob, password: hunter2}', 1],
    ['a quoted one', "password: 'hunter2' # old", 1],
    ['in JSON', '{"identityToken":"hunter2","x":1}', 1],
    ...[
      'passwrd',
      'pasword',
      'passowrd',
      'passwort',
      'psword',
      'passwd',
      'dbPasswd',
      'secrt',
      'tokn',
      'apikey',
      'pssword',
      'pasxword',
      'secet',
      'tken',
      'pass',
    ].map((key): [string, string, number] => [`under the misspelt key ${key}`, `auth: {user: bob, ${key}: hunter2}`, 1]),
    ['with commas in it', 'password: a,b}hunter2', 1],
    ['in the place of the map', 'auth: bob:hunter2', 1],
    ['in the place of the map, in JSON', '{"url": "x", "auth": "hunter2"}', 1],
    ['in a list in the place of the map', 'auth: [bob, hunter2]', 1],
    ['in a list on lines of its own', 'auth:\n  - bob\n  - hunter2', 3],
    ['in a list of several lines', 'auth: [bob,\n  hunter2]', 2],
    ['as text on a line of its own', 'auth:\n  bob:hunter2', 2],
    ['where the name of a variable belongs', 'passwordEnv: hunter2', 1],
    ['in a URL', 'url: https://bob:hunter2@registry.example.com', 1],
    ['a user in a URL', 'url: https://hunter2@registry.example.com', 1],
    ['before a host', 'url: bob:hunter2@registry.example.com:5000', 1],
    ['on the next line', 'registries:\n  password:\n    hunter2\n  x: 1', 3],
    ['as a block', 'secret: |\n  first\n\n  hunter2\n', 4],
    ['over several lines', 'secret: "first\n  hunter2"\n', 2],
  ])('%s', ([, text, line]) => {
    expect(frame(text, line, 1, 1)).not.toContain('hunter2');
  });

  test('the length of a secret is not told either, and the underline stays in place', () => {
    expect(frame('password: "hunter2", kep: 1', 1, 22, 3)).toBe('  1 | password: ***, kep: 1\n    |                ^~~');
  });

  test('names of variables and files are no secrets, and image references no URLs', () => {
    expect(frame('auth: {passwordEnv: HARBOR_PASSWORD, x: 1}', 1, 1, 1)).toContain('HARBOR_PASSWORD, x: 1');
    expect(frame('rules: [{tags: [a], keep: {last: 1}}]', 1, 1, 1)).toContain('rules: [{tags: [a], keep: {last: 1}}]');
    expect(frame('passwordFile: /run/secrets/harbor', 1, 1, 1)).toContain('/run/secrets/harbor');
    expect(frame(`docker-pullable://nginx@sha256:${'a'.repeat(64)}`, 1, 1, 1)).toContain('docker-pullable://nginx@sha256:aaa');
    expect(frame(`registry.example.com:5000/app:v1@sha256:${'a'.repeat(64)}`, 1, 1, 1)).toContain('app:v1@');
  });
});

test('an offset has a line and a column', () => {
  const source = makeSource('f', 'ab\n\ncd');
  expect([0, 2, 3, 4, 5, 6].map((offset) => positionOf(source, offset))).toEqual([
    { line: 1, column: 1 },
    { line: 1, column: 3 },
    { line: 2, column: 1 },
    { line: 3, column: 1 },
    { line: 3, column: 2 },
    { line: 3, column: 3 },
  ]);
});
