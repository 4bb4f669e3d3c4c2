import { describe, expect, test } from 'vitest';
import type { Capabilities } from '../../../src/domain/inventory.ts';
import { missingCapabilities } from '../../../src/policy/capabilities.ts';
import type { PolicySpec, RuleSpec } from '../../../src/policy/schema.ts';
import { capabilities } from '../plan/fixture.ts';

const ALL = capabilities();
const NONE = Object.fromEntries(Object.keys(ALL).map((name) => [name, false])) as unknown as Capabilities;

function missing(policy: Omit<PolicySpec, 'name'>, capabilities: Capabilities): string[] {
  return missingCapabilities({ name: 'p', ...policy }, capabilities).map(({ path, capability }) => `${path.join('.')} ${capability}`);
}

function missingOfRule(rule: Partial<RuleSpec>, lacking: Partial<Capabilities>): string[] {
  return missing({ rules: [{ name: 'r', tags: ['**'], keep: { last: 1 }, ...rule }] }, { ...ALL, ...lacking });
}

const ROWS: readonly (readonly [rule: Partial<RuleSpec>, lacking: Partial<Capabilities>, missing: string[]])[] = [
  [{ labels: { a: 'b' } }, { labels: false }, ['rules.0.labels labels']],
  [{ annotations: { a: 'b' } }, { annotations: false }, ['rules.0.annotations annotations']],
  [{ artifactTypes: ['*'] }, { artifactType: false }, ['rules.0.artifactTypes artifactType']],
  [{ platforms: ['*'] }, { platforms: false }, ['rules.0.platforms platforms']],
  [{ vulnerabilities: { atLeast: 'low' } }, { vulnerability: false }, ['rules.0.vulnerabilities vulnerability']],
  // Every registry tells the media type, the size and the tags.
  [{ mediaTypes: ['*'], largerThan: 1, signed: true }, { ...NONE, pushedAt: true }, []],
  [{ order: 'created' }, { createdAt: false }, ['rules.0.order createdAt']],
  [{ order: 'created' }, { pushedAt: false }, []],
  // pushed is read as created, and tagged as pushed, where the registry has none of the kind.
  [{}, { pushedAt: false }, []],
  [{}, { pushedAt: false, createdAt: false }, ['rules.0.keep pushedAt']],
  [{ order: 'pushed' }, { pushedAt: false, createdAt: false }, ['rules.0.order pushedAt']],
  [{ order: 'tagged' }, { tagTimes: false }, []],
  [{ order: 'tagged' }, { pushedAt: false, createdAt: false }, []],
  [{ order: 'tagged' }, { tagTimes: false, pushedAt: false, createdAt: false }, ['rules.0.order pushedAt']],
  // An order that reads the tag needs a time only to measure an age.
  [{ order: 'semver' }, { pushedAt: false, createdAt: false }, []],
  [{ order: 'semver', keep: { days: 1 } }, { pushedAt: false, createdAt: false }, ['rules.0.order pushedAt']],
  [{ order: 'semver', keep: { days: 1 } }, { pushedAt: false }, []],
  [{ keep: { pulledDays: 1 } }, { pulledAt: false }, ['rules.0.keep.pulledDays pulledAt']],
  [{ keep: 'all' }, { pulledAt: false }, []],
  // A word needs no time, unless an order is named that reads one.
  [{ keep: 'none' }, { pushedAt: false, createdAt: false }, []],
  [{ keep: 'none', order: 'created' }, { createdAt: false }, ['rules.0.order createdAt']],
  [{ keep: 'none', order: 'active' }, { pulledAt: false }, ['rules.0.order pulledAt']],
  [{ order: 'pulled' }, { pulledAt: false }, ['rules.0.order pulledAt']],
  [{ order: 'active' }, { pulledAt: false }, ['rules.0.order pulledAt']],
  [{ order: 'pulled' }, {}, []],
  // What was never pulled stands by its push.
  [{ order: 'pulled' }, { pushedAt: false, createdAt: false }, ['rules.0.order pushedAt']],
  [{ order: 'active' }, { pushedAt: false }, []],
  [{ keep: { label: 'expires' } }, { labels: false }, ['rules.0.keep.label labels']],
  [{ keep: { label: 'expires' } }, { pushedAt: false, createdAt: false }, ['rules.0.keep pushedAt']],
  [{ keep: { label: 'expires' } }, {}, []],
  [{ order: 'semver', keep: { label: 'expires' } }, { pushedAt: false, createdAt: false }, ['rules.0.order pushedAt']],
];

describe('what a rule asks and a registry cannot answer', () => {
  test.each(ROWS)('%j without %j: %j', (rule, lacking, expected) => {
    expect(missingOfRule(rule, lacking)).toEqual(expected);
  });
});

test('protection by a label that cannot be read would protect nothing', () => {
  const policy = {
    protect: [{ tags: ['latest'] }, { labels: { keep: 'true' } }],
    rules: [{ name: 'r', tags: ['**'], keep: 'all' as const }],
  };
  expect(missing(policy, { ...ALL, labels: false })).toEqual(['protect.1.labels labels']);
  expect(missing(policy, ALL)).toEqual([]);
});

test('everything is told at once, in file order', () => {
  const rules: PolicySpec['rules'] = [
    { name: 'a', tags: ['**'], keep: { pulledDays: 1 } },
    { name: 'b', tags: ['**'], labels: { a: 'b' }, platforms: ['*'], keep: 'all' },
  ];
  expect(missing({ rules }, { ...ALL, pulledAt: false, labels: false, platforms: false })).toEqual([
    'rules.0.keep.pulledDays pulledAt',
    'rules.1.labels labels',
    'rules.1.platforms platforms',
  ]);
});

test('a registry that tells everything can be asked everything', () => {
  expect(missingOfRule({ labels: { a: 'b' }, order: 'tagged', keep: { pulledDays: 1, days: 2 } }, {})).toEqual([]);
});
