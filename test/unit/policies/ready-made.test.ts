import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parse } from 'yaml';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import type { Capabilities, Manifest } from '../../../src/domain/inventory.ts';
import { missingCapabilities } from '../../../src/policy/capabilities.ts';
import { compilePolicy } from '../../../src/policy/policy.ts';

const FOLDER = new URL('../../../policies/', import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));

/** What every registry has: one of the times, and nothing else. */
const LEAST: Capabilities = {
  deleteTag: false,
  listUntagged: false,
  pushedAt: false,
  createdAt: true,
  pulledAt: false,
  tagTimes: false,
  labels: false,
  annotations: false,
  platforms: false,
  artifactType: false,
  vulnerability: false,
};

/** What some need besides, as their first lines say. */
const NEEDS: Readonly<Record<string, readonly (keyof Capabilities)[]>> = {
  'expiring.yaml': ['labels'],
  'recently-used.yaml': ['pulledAt'],
};

test('there is one for each common wish', () => {
  expect(NAMES).toEqual([
    'branch-builds.yaml',
    'ci-builds.yaml',
    'demo.yaml',
    'expiring.yaml',
    'live-branches.yaml',
    'newest-images.yaml',
    'nightly.yaml',
    'protect-production.yaml',
    'recently-used.yaml',
    'releases.yaml',
    'untagged.yaml',
  ]);
});

test.for(NAMES)('%s has cases of its own, which editors know the form of', async (name) => {
  const text = readFileSync(new URL(name.replace('.yaml', '.test.yaml'), FOLDER), 'utf8');
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./policy-test.schema.json');
  const schema = readFileSync(new URL('policy-test.schema.json', FOLDER), 'utf8');
  expect(z.fromJSONSchema(JSON.parse(schema) as z.core.JSONSchema.JSONSchema).safeParse(parse(text)).error).toBeUndefined();
});

describe.for(NAMES)('%s', (name) => {
  const file = new URL(name, FOLDER);
  const text = readFileSync(file, 'utf8');

  test('begins with the line that gives editors the schema, and then says what it is for', () => {
    const [first, second, third] = text.split('\n');
    expect([first, second]).toEqual(['# yaml-language-server: $schema=./policy.schema.json', '#']);
    expect(third).toMatch(/^# \S.{20,}/);
  });

  test('is right by the program and by the JSON Schema', async () => {
    await expect(loadPolicies([file.pathname])).resolves.not.toEqual([]);
    const schema = z.fromJSONSchema(
      JSON.parse(readFileSync(new URL('policy.schema.json', FOLDER), 'utf8')) as z.core.JSONSchema.JSONSchema,
    );
    expect(schema.safeParse(parse(text)).error).toBeUndefined();
  });

  test('works with every registry that has what it says that it needs', async () => {
    const needed = NEEDS[name] ?? [];
    const having = { ...LEAST, ...Object.fromEntries(needed.map((capability) => [capability, true])) };
    for (const { spec } of await loadPolicies([file.pathname])) {
      expect(missingCapabilities(spec, having)).toEqual([]);
      expect(new Set(missingCapabilities(spec, LEAST).map(({ capability }) => capability))).toEqual(new Set(needed));
    }
  });

  test('cannot empty a repository, and never deletes a tag at once', async () => {
    for (const { spec } of await loadPolicies([file.pathname])) {
      expect(spec.keepAtLeast).not.toBe(0);
      for (const rule of spec.rules) expect(rule.keep).not.toBe('none');
    }
  });
});

test.for<[file: string, repository: string, tag: string, rule: string | undefined]>([
  ['releases.yaml', 'app', 'v1.4.2', 'final releases'],
  ['releases.yaml', 'app', '1.4.2', 'final releases'],
  ['releases.yaml', 'app', '1.5.0-rc.1', 'release candidates'],
  ['releases.yaml', 'app', 'latest', undefined],
  ['releases.yaml', 'app', 'v1.4', undefined],
  ['branch-builds.yaml', 'app', 'main-3f2a9c1', 'main line'],
  ['branch-builds.yaml', 'app', 'release-1.4-3f2a9c1', 'main line'],
  ['branch-builds.yaml', 'app', 'feature-login-0b7d44e', 'other branches'],
  ['branch-builds.yaml', 'app', 'nightly-20240131', undefined],
  ['branch-builds.yaml', 'app', 'prod-3f2a9c1', undefined],
  ['branch-builds.yaml', 'app', 'v1.4.2', undefined],
  ['ci-builds.yaml', 'app', 'pr-77-3f2a9c1', 'pull requests'],
  ['ci-builds.yaml', 'app', 'build-1842', 'pipeline builds'],
  ['ci-builds.yaml', 'app', 'v1.4.2', undefined],
  ['nightly.yaml', 'app', 'nightly-20240131', 'nightly'],
  ['nightly.yaml', 'app', '1.4.0-nightly.20240131', 'nightly'],
  ['nightly.yaml', 'app', 'v1.4.0', 'releases'],
  ['nightly.yaml', 'app', 'nightly', 'everything else'],
  ['live-branches.yaml', 'app', 'main-3f2a9c1', 'main line'],
  ['live-branches.yaml', 'app', 'feature-login-0b7d44e', 'branches'],
  ['live-branches.yaml', 'app', 'nightly-20240131', undefined],
  ['recently-used.yaml', 'app', 'anything', 'still pulled'],
  ['newest-images.yaml', 'app', 'anything', 'any image'],
  ['expiring.yaml', 'app', 'anything', 'says how long it lives'],
  ['untagged.yaml', 'app', 'v1.4.2', undefined],
  ['protect-production.yaml', 'app', 'anything', 'everything else'],
  ['demo.yaml', 'team/api', 'v1.2.3', 'releases'],
  ['demo.yaml', 'team/api', 'v1.2', undefined],
  ['demo.yaml', 'team/api', 'v1', undefined],
  ['demo.yaml', 'team/web', 'feature-x-0b7d44e', 'branch builds'],
  ['demo.yaml', 'team/worker', 'nightly-20240131', 'nightly builds'],
  ['demo.yaml', 'base/node', '20.11', 'numbered tags'],
  ['demo.yaml', 'base/node', '20-alpine', 'numbered tags'],
  ['demo.yaml', 'tools/cli', 'v3', 'by age'],
  ['demo.yaml', 'charts/app', '0.4.1', 'chart versions'],
])('%s: in %s the tag %s goes to the rule "%s"', async ([file, repository, tag, expected]) => {
  const policies = (await loadPolicies([new URL(file, FOLDER).pathname])).map(({ spec, source, digest }) =>
    compilePolicy(spec, { source, digest }),
  );
  const governing = policies.find(({ governs }) => governs('any', repository));
  expect(governing?.rules.tagged.find((rule) => rule.tags(tag) !== undefined)?.name).toBe(expected);
});

test('a commit tag is grouped by its whole branch', async () => {
  const [policy] = (await loadPolicies([new URL('branch-builds.yaml', FOLDER).pathname])).map(({ spec, source, digest }) =>
    compilePolicy(spec, { source, digest }),
  );
  expect(policy?.rules.tagged[1]?.tags('feature-login-0b7d44e')).toEqual({ branch: 'feature-login' });
});

test('the branch that is looked up in the list of branches is the whole one', async () => {
  const [loaded] = await loadPolicies([new URL('live-branches.yaml', FOLDER).pathname], { lists: ['branches'] });
  const policy = loaded && compilePolicy(loaded.spec, loaded);
  const rule = policy?.rules.tagged[1];
  expect(rule?.live).toEqual({ capture: 'branch', list: 'branches' });
  expect(rule?.tags('feature-login-0b7d44e')).toEqual({ branch: 'feature-login' });
});

test('only an image with the label is asked how long it lives', async () => {
  const [loaded] = await loadPolicies([new URL('expiring.yaml', FOLDER).pathname]);
  const rule = loaded && compilePolicy(loaded.spec, loaded).rules.tagged[0];
  const selects = (labels: Record<string, string>): boolean | undefined =>
    rule?.selects({ manifest: { labels } as unknown as Manifest, signed: false, children: [], attachments: [] }, 0);
  expect([selects({ 'quay.expires-after': '3w' }), selects({}), selects({ expires: '3w' })]).toEqual([true, false, false]);
});

test('names that production uses are protected', async () => {
  const [policy] = (await loadPolicies([new URL('protect-production.yaml', FOLDER).pathname])).map(({ spec, source, digest }) =>
    compilePolicy(spec, { source, digest }),
  );
  const isProtected = (tag: string): boolean | undefined => policy?.protect.tags.some(({ matches }) => matches(tag));
  expect(['latest', 'prod', 'prod-3f2a9c1', 'v1.2.3', 'release-7'].map(isProtected)).toEqual([true, true, true, true, true]);
  expect(['main-3f2a9c1', 'preprod-1'].map(isProtected)).toEqual([false, false]);
});
