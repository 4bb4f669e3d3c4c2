import { describe, expect, test } from 'vitest';
import { compileGlobs, isGlob } from '../../../src/policy/glob.ts';

describe('a glob matches the whole name', () => {
  test.each([
    ['latest', 'latest'],
    ['v*', 'v'],
    ['v*', 'v1.2.3'],
    ['*', '_x'],
    ['*', 'a.b-c_d'],
    ['*.*', '1.2'],
    ['v?', 'v1'],
    ['[0-9]*', '9lives'],
    ['{main,release}-*', 'release-1'],
    ['*-{amd64,arm64}', 'v1-arm64'],
    ['**', 'a'],
    ['**', 'a/b/c'],
    ['team/*', 'team/app'],
    ['team/**', 'team/app'],
    ['team/**', 'team/app/web'],
    ['**/web', 'web'],
    ['**/web', 'team/app/web'],
    ['a/**/z', 'a/z'],
    ['a/**/z', 'a/b/c/z'],
    ['application/vnd.oci.**', 'application/vnd.oci.image.manifest.v1+json'],
    ['application/spdx+json', 'application/spdx+json'],
  ])('%s: %s', (glob, name) => {
    expect(compileGlobs([glob])(name)).toBe(true);
  });

  test.each([
    ['latest', 'latest-1'],
    ['latest', 'Latest'],
    ['v*', 'rev1'],
    ['v1.*', 'v1x0'],
    ['v?', 'v'],
    ['v?', 'v12'],
    ['*', 'team/app'],
    ['team/*', 'team/app/web'],
    ['team/*', 'team'],
    ['team/**', 'team'],
    ['team/**', 'teams/app'],
    ['*-[0-9]', 'x-y'],
    ['**/web', 'webby'],
  ])('%s: not %s', (glob, name) => {
    expect(compileGlobs([glob])(name)).toBe(false);
  });
});

describe('a list of globs', () => {
  test.each([
    [['v*', 'build-*'], 'build-1', true],
    [['v*', 'build-*'], 'x', false],
    [['**', '!latest'], 'latest', false],
    [['**', '!latest'], 'v1', true],
    [['!latest', '**'], 'latest', false],
    [['**', '!v*', 'v1'], 'v1', false],
    [['team/**', '!team/legacy/*'], 'team/legacy/cron', false],
    [['team/**', '!team/legacy/*'], 'team/legacy/cron/old', true],
    [['!latest'], 'v1', false],
    [[], 'v1', false],
  ])('%j selects %s: %s', (globs, name, selected) => {
    expect(compileGlobs(globs)(name)).toBe(selected);
  });
});

test.each([
  ['v*', true],
  ['', false],
  ['[', false],
  ['[a', false],
])('%j can be compiled: %s', (glob, valid) => {
  expect(isGlob(glob)).toBe(valid);
});

test('characters that mean something in other patterns mean themselves', () => {
  expect(compileGlobs(['v1.0'])('v1x0')).toBe(false);
  expect(compileGlobs(['v1$'])('v1$')).toBe(true);
  expect(compileGlobs(['^v1'])('v1')).toBe(false);
  expect(compileGlobs(['@(a|b)'])('a')).toBe(false);
});

test.each([
  ['*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(128)],
  ['(a+)+b', 'a'.repeat(128)],
  ['{a,aa}{a,aa}{a,aa}{a,aa}*{a,aa}*c', 'a'.repeat(128)],
])('no glob can hang the program: %s', (glob, name) => {
  expect(compileGlobs([glob])(name)).toBe(false);
});

test.each([
  ['v[!0-9]*', 'vx', true],
  ['v[!0-9]*', 'v1', false],
  ['a[!b]c', 'a/c', false],
  ['[]a]', ']', true],
  ['[\\^x]', '^', true],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['{v{1,2},w}-x', 'v2-x', true],
  ['a,b', 'a,b', true],
  ['(a)', '(a)', true],
  ['(a|b)', 'a', false],
  ['a+', 'aa', false],
  ['team**', 'team-x/app', true],
])('%s, %s: %s', (glob, name, matches) => {
  expect(compileGlobs([glob])(name)).toBe(matches);
});

test.each(['{a', 'a[', '[!]', '{a,{b}'])('%s cannot be compiled', (glob) => {
  expect(isGlob(glob)).toBe(false);
});
