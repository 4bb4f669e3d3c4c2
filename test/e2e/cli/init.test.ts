import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { firstPolicy } from '../../../src/policy/first-policy.ts';
import { newSession } from './in-process.ts';
import { registryWith } from './registry-with-builds.ts';

const sha = (n: number): string => `${n}abcdef${n}`;
const three = (tag: (n: number) => string): string[] => [1, 2, 3].map(tag);

test('each way of naming tags becomes a rule that the program takes; what is moved is protected, and what fits nothing stays', async () => {
  const tags = [
    ...three((n) => `v1.${n}.0`),
    ...three((n) => `1.${n}.0-rc.1`),
    ...three((n) => `nightly-2026110${n}`),
    ...three((n) => `feature/x-${n}`.replace('/', '-') + `-${sha(n)}`),
    ...three((n) => sha(n)),
    ...three((n) => `build-${n}`),
    'latest',
    'prod',
    'somebodys-own',
  ];
  const text = firstPolicy({ tags, untagged: 2, repositories: ['team/app'] });

  const session = await newSession();
  const [policy] = await loadPolicies([await session.file('policy.yaml', text)]);
  expect(policy?.spec).toMatchObject({ repositories: ['team/app'], protect: [{ tags: ['latest', 'prod'] }] });
  expect(policy?.spec.rules.map(({ name }) => name)).toEqual([
    'releases',
    'release candidates',
    'dated builds',
    'branch builds',
    'commits',
    'numbered builds',
    'untagged',
  ]);
  expect(text).toContain('# 1 other tags fit no rule, so they stay.');
});

test('tags in which no pattern is seen lead to a policy that keeps everything', async () => {
  const session = await newSession();
  const file = await session.file('policy.yaml', firstPolicy({ tags: ['one', 'two'], untagged: 0 }));
  expect((await loadPolicies([file]))[0]?.spec.rules).toEqual([expect.objectContaining({ keep: 'all' })]);
});

test('init writes the policy, shows its plan, changes nothing, and never writes over a file', async () => {
  const registry = await registryWith({ 'team/app': 12 });
  const session = await newSession();
  const words = ['init', `${registry.host}/team/app`];

  const { code, stdout, stderr } = await session.run(...words);

  expect(code, stderr).toBe(0);
  expect(await readFile(join(session.folder, 'policy.yaml'), 'utf8')).toContain('- name: numbered builds');
  expect(stdout).toContain('team/app  policy first');
  expect(stderr).toContain(`  regctl prune ${registry.host}/team/app -p policy.yaml\n`);
  expect(registry.requests.every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true);
  expect(await session.run(...words)).toMatchObject({ code: 3, stdout: '' });
  expect((await session.run(...words, '--out', '-')).stdout).toMatch(/^# yaml-language-server: .*\n#\n# A first policy/);
});

test('the limit of the policy lets its own first plan through', async () => {
  const registry = await registryWith({ 'team/app': 100 });
  const session = await newSession();

  const { stdout, stderr } = await session.run('init', `${registry.host}/team/app`);

  expect(stdout, stderr).toMatch(/delete {2}70 images/);
  expect(await readFile(join(session.folder, 'policy.yaml'), 'utf8')).toContain('maxDeletePercent: 70');
  expect(stdout).not.toContain('may not be carried out');
});
