import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlobs, globProblem, isGlob } from '../../../src/policy/glob.ts';

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
    // What is below a name is that name too, wherever this ends a glob.
    ['team/**', 'team'],
    ['team/**/**', 'team'],
    ['*/**', 'team'],
    ['{team,base}/**', 'base'],
    ['{team/**,base/**}', 'team'],
    ['{team/**,base/**}', 'base/node'],
    ['{x,{team/**,base}}', 'team'],
    ['{team/**,base}/**', 'team'],
    ['**/web', 'web'],
    ['**/web', 'team/app/web'],
    ['{**/web,x}', 'web'],
    ['x/{**/web,y}', 'x/web'],
    ['a/**/z', 'a/z'],
    ['a/**/z', 'a/b/c/z'],
    ['application/vnd.oci.**', 'application/vnd.oci.image.manifest.v1+json'],
    ['application/spdx+json', 'application/spdx+json'],
    ['team**', 'team/app'],
    ['team**', 'teams'],
    ['[!v]*', 'x1'],
    ['[!0-9]*', 'v1'],
    ['v[0-9a-f]', 'vc'],
    ['[]a]', ']'],
    ['{v{1,2},x}.0', 'v2.0'],
    ['{,v}1', '1'],
    ['a}', 'a}'],
    ['a,b', 'a,b'],
    ['v1*', 'v1'],
    ['\\*', '*'],
    ['\\{a}', '{a}'],
    ['\\v1', 'v1'],
    ['a\\\\b', 'a\\b'],
    ['\\[x]', '[x]'],
    // In brackets "\\" takes the next character as it is too.
    ['prod[\\-_]*', 'prod-1'],
    ['prod[\\-_]*', 'prod_1'],
    ['[\\-x]', '-'],
    ['[\\-x]', 'x'],
    ['[a\\-c]', '-'],
    ['[\\]]', ']'],
    ['[\\\\]', '\\'],
    ['[!\\]]', 'a'],
    ['[-a]', '-'],
    ['[a-]', '-'],
    ['[^v]*', 'x1'],
    ['[+--]', ','],
    ['[.]', '.'],
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
    ['team/**', 'teams'],
    ['team/**', 'teams/app'],
    ['*-[0-9]', 'x-y'],
    ['**/web', 'webby'],
    ['**/web', 'team/cobweb'],
    ['a/**/z', 'az'],
    ['[!v]*', 'v1'],
    ['[!v]', '/'],
    ['\\*', 'a'],
    ['[\\-x]', 'a'],
    ['[\\-x]', '\\'],
    ['[a\\-c]', 'b'],
    ['[!\\]]', ']'],
    ['[^v]*', 'v1'],
    ['[.]', 'a'],
    ['\\v1', '\\v1'],
    ['v*', 'v1/x'],
    ['team**', 'tea'],
    ['{team/**,base}x', 'team'],
    ['{team/**,base}', 'base/node'],
    ['{a,b}', 'a,b'],
    ['{a,b}', 'ab'],
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
    [['**', '!legacy/**'], 'legacy', false],
    [['**', '!legacy/**'], 'legacy/cron', false],
    [['**', '!legacy/**'], 'legacy2', true],
    [['**', '!{legacy/**,old/**}'], 'old', false],
    [['!latest'], 'v1', false],
    [[], 'v1', false],
  ])('%j selects %s: %s', (globs, name, selected) => {
    expect(compileGlobs(globs)(name)).toBe(selected);
  });
});

describe('a glob that is wrong', () => {
  test.each([
    ['', 'is empty'],
    ['[', 'has a "[" that does not close'],
    ['[a', 'has a "[" that does not close'],
    ['[]', 'has a "[" that does not close'],
    ['[!]', 'has a "[" that does not close'],
    ['[a\\]', 'has a "[" that does not close'],
    ['[a\\', 'has a "[" that does not close'],
    ['[a-', 'has a "[" that does not close'],
    ['[z-a]', 'has a range in brackets that runs backwards'],
    ['[[:digit:]]', 'has "[:", and classes have no names here: write the characters, such as [0-9]'],
    ['{a,b', 'has a "{" that does not close'],
    ['v{1..3}', 'has "{1..3}", and braces hold a list here: write {1,2,3}, or [1-3] for one digit'],
    ['v1\\', 'ends in "\\", which takes the next character as it is: write "\\\\" for the character itself'],
    ['\\', 'ends in "\\", which takes the next character as it is: write "\\\\" for the character itself'],
  ])('%s %s', (glob, problem) => {
    expect(globProblem(glob)).toBe(problem);
    expect(isGlob(glob)).toBe(false);
  });

  test('may be so by its size', () => {
    expect(globProblem('{a,b*'.repeat(2000) + '}'.repeat(2000))).toBe('is too long or nested too deep');
  });

  test.each(['v*', '{a,b}', 'a}', 'v1\\\\', '[\\]]'])('%s is not', (glob) => {
    expect(globProblem(glob)).toBeUndefined();
  });

  test('is never left out of a list, where it might protect or take out', () => {
    expect(() => compileGlobs(['**', '![z-a]'])).toThrow('the glob "[z-a]" has a range in brackets that runs backwards');
  });
});

test.each(['v1.0', 'a+', '(a|b)', '@(a|b)', '^v1$', 'a|b', '(x)', '.'])('%s means itself alone', (glob) => {
  expect(compileGlobs([glob])(glob)).toBe(true);
  expect(['v1x0', 'aa', 'a', 'b', 'v1', 'X', '', '7'].filter((name) => name !== glob && compileGlobs([glob])(name))).toEqual([]);
});

test('what makes a backtracking matcher hang is answered', () => {
  expect(compileGlobs(['*a*a*a*a*a*a*a*a*b'])('a'.repeat(128))).toBe(false);
  expect(compileGlobs(['*-*-*-*-*-*-x'])(`a${'-'.repeat(127)}`)).toBe(false);
});

test('as a matcher that tries everything', () => {
  /** Tries every way to match, the first token first. */
  const tries = (glob: string, name: string, atStart = true): boolean => {
    if (glob === '') return name === '';
    const ends = Array.from({ length: name.length + 1 }, (_, end) => end);
    if (atStart && glob.startsWith('**/'))
      return tries(glob.slice(3), name) || ends.some((end) => name[end] === '/' && tries(glob.slice(3), name.slice(end + 1)));
    if (glob.startsWith('**')) return ends.some((end) => tries(glob.slice(2), name.slice(end), false));
    if (glob.startsWith('*')) return ends.some((end) => !name.slice(0, end).includes('/') && tries(glob.slice(1), name.slice(end), false));
    // What is below a name is that name too.
    if (/^(?:\/\*\*)+$/.test(glob) && name === '') return true;
    const fits = glob.startsWith('?') ? name !== '' && name[0] !== '/' : name[0] === glob[0];
    return fits && tries(glob.slice(1), name.slice(1), glob[0] === '/');
  };
  const text = (parts: readonly string[]): fc.Arbitrary<string> =>
    fc.array(fc.constantFrom(...parts), { maxLength: 7, size: 'max' }).map((list) => list.join(''));
  // Three stars in a row mean nothing that anyone agrees on.
  const globs = text(['a', 'b', '.', '+', '/', '*', '**', '/**/', '?']).filter((glob) => glob !== '' && !glob.includes('***'));
  fc.assert(
    fc.property(globs, text(['a', 'b', '.', '+', '/']), (glob, name) => {
      expect(compileGlobs([glob])(name), `${glob} and ${name}`).toBe(tries(glob, name));
    }),
    { numRuns: 3000 },
  );
});
