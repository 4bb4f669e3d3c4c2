import { describe, expect, test } from 'vitest';
import { captureNames, compileRegex } from '../../../src/policy/regex.ts';

describe('an expression is for the whole name', () => {
  test.each([
    ['v[0-9]+', 'v10', true],
    ['v[0-9]+', 'rev10', false],
    ['v[0-9]+', 'v10-rc', false],
    ['a|ab', 'ab', true],
    ['a|b', 'ab', false],
    ['^v1$', 'v1', true],
    ['', '', true],
    ['', 'v1', false],
    ['(?i)latest', 'LATEST', true],
    ['.*', 'a\nb', false],
  ])('%s, %j: %s', (pattern, name, matches) => {
    expect(compileRegex(pattern)(name) !== undefined).toBe(matches);
  });
});

test('captures are told by name; one that took no part is empty', () => {
  const capture = compileRegex('(?<branch>.+?)-(?<sha>[0-9a-f]{7})(?<rest>-.+)?');
  expect(capture('feature-a-1234567')).toEqual({ branch: 'feature-a', sha: '1234567', rest: '' });
  expect(capture('main-1234567-arm64')).toEqual({ branch: 'main', sha: '1234567', rest: '-arm64' });
});

test('an expression without names captures nothing', () => {
  expect(compileRegex('v([0-9]+)')('v1')).toEqual({});
});

test('the names of captures', () => {
  expect(captureNames('(?<a>x)(?P<b>y)(z)').toSorted()).toEqual(['a', 'b']);
});

test.each(['(', '[', 'a**', '(?<a>x', '(?=x)', '(?<!x)y', '(x)\\1'])('%s does not compile', (pattern) => {
  expect(() => captureNames(pattern)).toThrow();
});

test('what makes a backtracking engine hang is answered', () => {
  expect(compileRegex('(a+)+b')('a'.repeat(128))).toBeUndefined();
  expect(compileRegex('(a|a)*b')('a'.repeat(128))).toBeUndefined();
});
