import { describe, expect, test } from 'vitest';
import type { RuleSpec } from '../../../src/policy/schema.ts';
import { compileTags } from '../../../src/policy/selectors/tags.ts';

type Row = readonly [tags: NonNullable<RuleSpec['tags']>, tag: string, selected: boolean];

const ROWS: readonly Row[] = [
  [['v*'], 'v1', true],
  [['v*', '!v0*'], 'v0.1', false],
  [{ include: ['v*'] }, 'v1', true],
  [{ include: ['v*'] }, 'x', false],
  [{ exclude: ['v*'] }, 'x', true],
  [{ exclude: ['v*'] }, 'v1', false],
  [{ include: ['**'], exclude: ['latest'] }, 'latest', false],
  [{ regex: '[a-z]+' }, 'edge', true],
  [{ regex: '[a-z]+' }, 'edge-1', false],
  [{ include: ['e*'], regex: '[a-z]+' }, 'main', false],
  [{ include: ['e*'], exclude: ['edge'], regex: '[a-z]+', semver: '*' }, 'edge', false],
];

const RANGES: readonly Row[] = [
  [{ semver: '>=1.0.0 <2.0.0' }, '1.0.0', true],
  [{ semver: '>=1.0.0 <2.0.0' }, 'v1.9.9', true],
  [{ semver: '>=1.0.0 <2.0.0' }, '2.0.0', false],
  // Prereleases by their order: 2.0.0-rc.1 comes before 2.0.0 and after 1.9.9; 1.0.0-rc.1 comes before 1.0.0.
  [{ semver: '>=1.0.0 <2.0.0' }, '1.5.0-rc.1', true],
  [{ semver: '>=1.0.0 <2.0.0' }, '2.0.0-rc.1', true],
  [{ semver: '>=1.0.0 <2.0.0' }, '1.0.0-rc.1', false],
  [{ semver: '>=2.0.0-alpha' }, '2.0.0-rc.1', true],
  [{ semver: '*' }, '0.0.1', true],
  [{ semver: '*' }, '0.0.0-0', true],
  [{ semver: '1.2.3' }, 'v1.2.3', true],
  [{ semver: '1.2.3' }, '1.2.3-rc.1', false],
  [{ semver: '^1.2.0 || 3.x' }, '3.4.5', true],
  // What stands for a range of its own ends before the prereleases of the next version.
  [{ semver: '^1.0.0' }, '1.9.0-rc.1', true],
  [{ semver: '^1.0.0' }, '2.0.0-rc.1', false],
  [{ semver: '~1.2.0' }, '1.3.0-rc.1', false],
  [{ semver: '1.x' }, '1.0.0-rc.1', true],
  [{ semver: '1.x' }, '2.0.0-rc.1', false],
  [{ semver: '1.0.0 - 2.0.0' }, '2.0.0-rc.1', true],
  [{ semver: '>1.0.0' }, '1.0.1-rc.1', true],
  [{ semver: '>=0.0.0' }, '0.0.0-0', false],
  // As Helm writes build metadata, which says nothing of the order.
  [{ semver: '>=1.0.0 <2.0.0' }, '1.2.3_build.4', true],
  [{ semver: '>=1.0.0 <2.0.0' }, 'v1.2.3-rc.1_build', true],
  [{ semver: '1.2.3' }, '1.2.3_4', true],
  [{ semver: '>=1.0.0' }, '1.2_3', false],
  [{ semver: '>=1.0.0' }, '_1.2.3', false],
  [{ semver: '>=1.0.0' }, 'v1', false],
  [{ semver: '>=1.0.0' }, '1.2', false],
  [{ semver: '*' }, 'latest', false],
];

describe('the tags of a rule', () => {
  test.each(ROWS)('%j selects %s: %s', (tags, tag, selected) => {
    expect(compileTags(tags)(tag) !== undefined).toBe(selected);
  });
});

describe('a range', () => {
  test.each(RANGES)('%j selects %s: %s', (tags, tag, selected) => {
    expect(compileTags(tags)(tag) !== undefined).toBe(selected);
  });
});

test('a selected tag tells the captures that are asked for', () => {
  const tags = { regex: '(?<branch>.+)-[0-9a-f]{7}', exclude: ['x*'] };
  expect(compileTags(tags, ['branch'])('main-1234567')).toEqual({ branch: 'main' });
  expect(compileTags(tags)('main-1234567')).toEqual({});
  expect(compileTags(['**'])('main-1234567')).toEqual({});
});
