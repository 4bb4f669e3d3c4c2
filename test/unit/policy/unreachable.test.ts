import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlobs, isGlob } from '../../../src/policy/glob.ts';
import { compileTags } from '../../../src/policy/selectors/tags.ts';
import { unreachablePolicies, unreachableRules } from '../../../src/policy/unreachable.ts';

// What is told, with its place, stands in test/unit/config/policy-refusals.test.ts. Here: that a rule is not refused that has something
// left.

/** Every name of up to so many of these characters. */
function namesOf(characters: readonly string[], longest: number): string[] {
  const names = [''];
  for (const name of names) if (name.length < longest) names.push(...characters.map((character) => name + character));
  return names.slice(1);
}

function globsOf(...parts: readonly string[]): fc.Arbitrary<string[]> {
  const glob = fc
    .array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 })
    .map((list) => list.join(''))
    .filter(isGlob);
  const out = fc.array(glob, { maxLength: 2 }).map((list) => list.map((text) => `!${text}`));
  return fc.tuple(fc.array(glob, { minLength: 1, maxLength: 2 }), out).map((lists) => lists.flat());
}

test('a rule that is told to be unreachable selects no tag that the one above it does not', () => {
  const names = namesOf(['a', 'b', '-'], 4);
  let told = 0;
  const tags = globsOf('a', 'b', '-', '*', '**', '?', '[ab]', '[!a]', '{a,b*}');
  fc.assert(
    fc.property(tags, tags, (above, below) => {
      const rules = [above, below].map((list, index) => ({ name: `${index}`, tags: list, keep: 'all' as const }));
      if (unreachableRules(rules).length === 0) return;
      told += 1;
      const [wide, narrow] = [compileTags(above), compileTags(below)];
      expect(names.filter((name) => narrow(name) && !wide(name))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
  expect(told).toBeGreaterThan(100);
});

test('a policy that is told to be unreachable governs no repository that the one above it does not', () => {
  const names = namesOf(['a', 'b', '/'], 5).filter((name) => !/^\/|\/\/|\/$/.test(name));
  let told = 0;
  const repositories = globsOf('a', 'b', 'a/', '*', '**', '/**', '/*', '?', '{a,b/*}');
  fc.assert(
    fc.property(repositories, repositories, (above, below) => {
      const policies = [above, below].map((list, index) => ({ name: `${index}`, repositories: list }));
      if (unreachablePolicies(policies).length === 0) return;
      told += 1;
      const [wide, narrow] = [compileGlobs(above), compileGlobs(below)];
      expect(names.filter((name) => narrow(name) && !wide(name))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
  expect(told).toBeGreaterThan(100);
});

test('a rule for a range that is told to be unreachable selects no version that the one above it does not', () => {
  const numbers = ['0', '1', '2'];
  const versions = numbers.flatMap((major) =>
    numbers.flatMap((minor) => numbers.flatMap((patch) => ['', '-0', '-a', '-rc.1'].map((end) => `${major}.${minor}.${patch}${end}`))),
  );
  const version = fc.constantFrom(...versions);
  const bound = fc
    .tuple(fc.constantFrom('>=', '>', '<', '<=', '^', '~', ''), fc.oneof(version, fc.constantFrom('1', '1.1', '2', '*', '1.x')))
    .map((parts) => parts.join(''));
  const range = fc
    .array(
      fc.array(bound, { minLength: 1, maxLength: 2 }).map((bounds) => bounds.join(' ')),
      { minLength: 1, maxLength: 2 },
    )
    .map((parts) => parts.join(' || '));
  let told = 0;
  fc.assert(
    fc.property(range, range, (above, below) => {
      const rules = [above, below].map((semver, index) => ({ name: `${index}`, tags: { semver }, keep: 'all' as const }));
      if (unreachableRules(rules).length === 0) return;
      told += 1;
      const [wide, narrow] = [compileTags({ semver: above }), compileTags({ semver: below })];
      expect(versions.filter((tag) => narrow(tag) && !wide(tag))).toEqual([]);
    }),
    { numRuns: 3000 },
  );
  expect(told).toBeGreaterThan(100);
});

test.each([
  ['*', '^1.2.0'],
  ['>=0.0.0-0', '~1.2'],
  ['>=1.0.0', '^1.2.0'],
  ['>=1.0.0', '>=1.0.0 <2.0.0'],
  ['^1.0.0 || ^2.0.0', '^2.1.0 || ~1.4.0'],
])('a rule for the versions %s leaves nothing to one for %s', (above, below) => {
  expect(unreachableRules([above, below].map((semver) => ({ name: semver, tags: { semver }, keep: 'all' as const })))).toEqual([
    { index: 1, by: above },
  ]);
});
