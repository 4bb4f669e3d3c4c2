import { describe, expect, test } from 'vitest';
import { captureNames, compileRegex, regexProblem } from '../../../src/policy/regex.ts';

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

test('captures that are asked for are told by name; one that took no part is empty', () => {
  const capture = compileRegex('(?<branch>.+?)-(?<sha>[0-9a-f]{7})(?<rest>-.+)?', ['branch', 'sha', 'rest']);
  expect(capture('feature-a-1234567')).toEqual({ branch: 'feature-a', sha: '1234567', rest: '' });
  expect(capture('main-1234567-arm64')).toEqual({ branch: 'main', sha: '1234567', rest: '-arm64' });
});

test('what is not asked for is not told', () => {
  expect(compileRegex('v([0-9]+)')('v1')).toEqual({});
  expect(compileRegex('(?<a>v)(?<b>[0-9]+)', ['b'])('v1')).toEqual({ b: '1' });
});

test('the names of captures; an expression that is refused has none', () => {
  expect(captureNames('(?<a>x)(?P<b>y)(z)').toSorted()).toEqual(['a', 'b']);
  expect(captureNames('(?<a>x')).toEqual([]);
});

describe('an expression that is refused', () => {
  test.each([
    ['', 'is empty, and no tag is'],
    ['^$', 'is empty, and no tag is'],
    ['(', 'is not a valid RE2 expression: missing closing ): `(`'],
    ['[', 'is not a valid RE2 expression: missing closing ]: `[`'],
    ['a**', 'is not a valid RE2 expression: invalid nested repetition operator: `**`'],
    ['(x)\\1', 'refers back to a capture by "\\1", which RE2 cannot, because it never goes back'],
  ])('%j %s', (pattern, problem) => {
    expect(regexProblem(pattern)).toBe(problem);
  });

  test.each([
    ['(?!latest).*', 'lookahead "(?!"'],
    ['^(?!v\\d|latest$).*$', 'lookahead "(?!"'],
    ['(?=.*prod).*', 'lookahead "(?="'],
    ['.*(?<!-dev)', 'lookbehind "(?<!"'],
    ['(?<=release-).*', 'lookbehind "(?<="'],
  ])('%s has the %s, and the way round is told', (pattern, what) => {
    expect(regexProblem(pattern)).toBe(
      `has the ${what}, and RE2 knows no such thing, because it never goes back: what is to be left out belongs into tags.exclude ` +
        'or to a rule above this one, what must be there besides into tags.include',
    );
  });

  test.each([
    ['^prod', '"^"', 'prod.*', 'prod'],
    ['\\Aprod', '"\\A"', 'prod.*', 'prod'],
    ['(?i)^prod', '"^"', '(?i)prod.*', '(?i)prod'],
    ['^(v|release-)[0-9]+', '"^"', '(v|release-)[0-9]+.*', '(v|release-)[0-9]+'],
    ['^pr-\\$', '"^"', 'pr-\\$.*', 'pr-\\$'],
    ['(^prod)', '"^"', '(prod).*', '(prod)'],
    ['prod$', '"$"', '.*prod', 'prod'],
    ['prod\\z', '"\\z"', '.*prod', 'prod'],
    ['-(alpha|beta)$', '"$"', '.*-(alpha|beta)', '-(alpha|beta)'],
    // What is told can be written in the place of the whole expression: no alternative is lost.
    ['latest|^prod', '"^"', 'latest|prod.*', 'latest|prod'],
    ['^prod|^stage|dev', '"^"', 'prod.*|stage.*|dev', 'prod|stage|dev'],
    ['latest|prod$', '"$"', 'latest|.*prod', 'latest|prod'],
    ['^main-[a-f0-9]+-(?P<ts>[0-9]+)', '"^"', 'main-[a-f0-9]+-(?P<ts>[0-9]+).*', 'main-[a-f0-9]+-(?P<ts>[0-9]+)'],
  ])('%s is anchored on one side only by %s: %s or %s may be meant', (pattern, anchor, wide, exact) => {
    const atStart = wide.includes('prod.*') || wide.endsWith('.*');
    expect(regexProblem(pattern)).toBe(
      `is anchored at its ${atStart ? 'start' : 'end'} only by ${anchor}, but an expression is for the whole tag in any case: write ` +
        `"${wide}" for every tag that ${atStart ? 'begins' : 'ends'} so, or "${exact}" for the whole tag`,
    );
  });

  test('is told of both sides where alternatives are anchored on either', () => {
    expect(regexProblem('^prod|dev$')).toBe(
      'is anchored at its start only by "^", but an expression is for the whole tag in any case: write ' +
        '"prod.*|.*dev" for every tag that begins or ends so, or "prod|dev" for the whole tag',
    );
  });

  test('may be so by an alternative that matches nothing', () => {
    expect(regexProblem('prod|^')).toBe('has "^" as an alternative, which matches no tag');
  });
});

// With ".*" at the other side, what is anchored means the same in every tool.
test.each(['^prod$', '^(a|b)$', '^a$|^b$', '^prod.*', '^prod-.+', '.*-prod$', '(.*)prod$', 'v[$^]', 'v\\$', 'a|b', '[|]^?', '\\Q^a\\E'])(
  '%s is clear',
  (pattern) => {
    expect(regexProblem(pattern)).toBeUndefined();
  },
);

test('what makes a backtracking engine hang is answered', () => {
  expect(compileRegex('(a+)+b')('a'.repeat(128))).toBeUndefined();
  expect(compileRegex('(a|a)*b')('a'.repeat(128))).toBeUndefined();
});
