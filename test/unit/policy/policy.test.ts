import { describe, expect, test } from 'vitest';
import { governingPolicy } from '../../../src/policy/governing.ts';
import { compilePolicy, type Policy } from '../../../src/policy/policy.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { asDigest } from '../../digest.ts';

const from = { source: 'policy.yaml', digest: asDigest(`sha256:${'a'.repeat(64)}`) };
const rules: PolicySpec['rules'] = [{ name: 'all', tags: ['**'], keep: 'all' }];

function compile(spec: Partial<PolicySpec>): Policy {
  return compilePolicy({ name: 'p', rules, ...spec }, from);
}

test('what a policy leaves out has the safe default', () => {
  expect(compile({})).toMatchObject({
    ...from,
    name: 'p',
    keepAtLeast: 1,
    keepNewest: 0,
    grace: 3_600_000,
    danglingTags: 'block',
    sharedTags: 'untag',
    limits: {},
    perRun: {},
    protect: { tags: [], labels: [], signed: false },
  });
});

test('what it says is taken', () => {
  const policy = compile({
    keepAtLeast: 0,
    keepNewest: 3,
    grace: '2d',
    danglingTags: 'ignore',
    perRun: { deletions: 200 },
    sharedTags: 'keep',
    limits: { maxDeletions: 0, maxDeletePercent: 10.5, maxDeleteBytes: '2KiB' },
  });
  expect(policy).toMatchObject({
    keepAtLeast: 0,
    keepNewest: 3,
    danglingTags: 'ignore',
    perRun: { deletions: 200 },
    grace: 172_800_000,
    sharedTags: 'keep',
    limits: { maxDeletions: 0, maxDeletePercent: 10.5, maxDeleteBytes: 2048 },
  });
});

test('what cannot be read, though the schema should have refused it, protects', () => {
  expect(compile({ grace: 'an hour' }).grace).toBe(Number.POSITIVE_INFINITY);
  expect(compile({ limits: { maxDeleteBytes: 'much' } }).limits.maxDeleteBytes).toBe(0);
});

test('rules stand by kind, in file order', () => {
  const policy = compile({
    rules: [
      { name: 'a', untagged: true, keep: 'none' },
      { name: 'b', tags: ['**'], keep: 'all' },
      { name: 'c', orphaned: true, keep: 'none' },
      { name: 'd', signed: true, keep: 'all' },
      { name: 'e', untagged: true, keep: 'all' },
    ],
  });
  const names = (kind: keyof Policy['rules']): string[] => policy.rules[kind].map(({ name }) => name);
  expect([names('tagged'), names('untagged'), names('orphaned')]).toEqual([['b', 'd'], ['a', 'e'], ['c']]);
});

test('what a rule says besides is compiled with it', () => {
  const policy = compile({
    rules: [
      {
        name: 'branches',
        tags: { regex: '(?<branch>.+)-[0-9]+' },
        untagged: 'too',
        live: { branch: 'branches' },
        keep: { last: 2, label: 'expires', older: 1, groups: 5 },
      },
      { name: 'signatures', orphaned: { subjectsIn: ['team/*', '!team/old'] }, keep: { days: 7 } },
      { name: 'orphaned', orphaned: true, keep: { days: 7 } },
      { name: 'untagged', untagged: true, keep: { days: 7 } },
    ],
  });
  const [branches] = policy.rules.tagged;
  expect(branches).toMatchObject({
    kind: 'tagged',
    untaggedToo: true,
    live: { capture: 'branch', list: 'branches' },
    keep: { last: 2, label: 'expires', older: 1, groups: 5 },
  });
  const [signatures, orphaned] = policy.rules.orphaned;
  expect(['team/app', 'team/old', 'other'].map((name) => signatures?.subjectsIn?.matches(name))).toEqual([true, false, false]);
  expect([signatures?.kind, orphaned?.kind, orphaned?.subjectsIn]).toEqual(['orphaned', 'orphaned', undefined]);
  expect(policy.rules.untagged[0]).toMatchObject({ kind: 'untagged', untaggedToo: false });
});

test('the repositories that hold signatures are named by globs', () => {
  expect(compile({}).signaturesIn).toBeUndefined();
  const { signaturesIn } = compile({ signaturesIn: ['team/signatures', 'sig/*'] });
  expect(['team/signatures', 'sig/app', 'team/app'].map((name) => signaturesIn?.matches(name))).toEqual([true, true, false]);
});

test('an entry of protected tags holds each tag by itself, or the whole image', () => {
  const { protect } = compile({ protect: [{ tags: ['latest'] }, { tags: ['prod-*'], wholeImage: true }] });
  expect(protect.tags.map(({ text, wholeImage }) => [text, wholeImage])).toEqual([
    ['latest', false],
    ['prod-*', true],
  ]);
});

test('a rule without tags selects every tag; order and groups have defaults', () => {
  const [rule] = compile({ rules: [{ name: 'signed', signed: true, keep: { last: 1 } }] }).rules.tagged;
  expect(rule).toMatchObject({ order: 'pushed', per: 'repository', keep: { last: 1 } });
  expect(rule?.tags('anything')).toEqual({});
});

test('the entries of protect are joined by "or"', () => {
  const digests = [asDigest(`sha256:${'b'.repeat(64)}`), asDigest(`sha256:${'c'.repeat(64)}`)];
  const { protect } = compile({
    protect: [
      { tags: ['latest'] },
      { tags: ['prod-*', '!prod-x'] },
      { digests },
      { labels: { a: '1', b: '2' } },
      { labels: { c: '3' } },
      { signed: true },
    ],
  });
  expect(protect.tags.map(({ text, matches }) => [text, matches('latest'), matches('prod-1'), matches('prod-x')])).toEqual([
    ['latest', true, false, false],
    ['prod-*, !prod-x', false, true, false],
  ]);
  expect([...protect.digests]).toEqual(digests);
  const both = { a: '1', b: '2' };
  expect(protect.labels.map(({ text, matches }) => [text, matches(both), matches({ c: '3' }), matches({ a: '1' })])).toEqual([
    ['a=1, b=2', true, false, false],
    ['c=3', false, true, false],
  ]);
  expect(protect.signed).toBe(true);
});

describe('the first policy that matches governs', () => {
  const policies = [
    compile({ name: 'web', registries: ['prod'], repositories: ['team/*', '!team/legacy'] }),
    compile({ name: 'prod', registries: ['prod', 'dr'] }),
    compile({ name: 'team', repositories: ['team/**'] }),
  ];

  test.each([
    ['prod', 'team/app', 'web'],
    ['prod', 'team/legacy', 'prod'],
    ['prod', 'team/a/b', 'prod'],
    ['dr', 'team/app', 'prod'],
    ['staging', 'team/a/b', 'team'],
    ['staging', 'tools', undefined],
    ['Prod', 'tools', undefined],
  ])('%s, %s: %s', (registry, repository, name) => {
    expect(governingPolicy(policies, registry, repository)?.name).toBe(name);
  });
});
