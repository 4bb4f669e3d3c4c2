import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newSession, NOW } from './in-process.ts';

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const [POLICY = ''] = [...README.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, text = '']) => (text.includes('gone:') ? [text] : []));

/** Builds, each by its tag, with their age in days. */
const BUILDS: readonly (readonly [tag: string, age: number])[] = [
  ...[1, 10, 20, 30, 40].map((age, index) => [`main-000000${index}`, age] as const),
  ['feature-login-0000000', 90],
  ...Array.from({ length: 12 }, (_, index) => [`old-${String.fromCharCode(97 + index)}-0000000`, index + 1] as const),
  ['old-a-0000001', 15],
];

test('images of branches that exist stay, three each, and of the last ten that are gone for 14 days, as the README says', async () => {
  const session = await newSession();
  const repository = join(session.folder, 'app');
  const git = (...words: readonly string[]): Buffer =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], { stdio: 'pipe' });
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', repository]);
  git('commit', '--quiet', '--allow-empty', '--message=first');
  git('branch', 'feature/Login');
  await session.file(
    '.regctlrc',
    JSON.stringify({ lists: { branches: { git: { repository: `file://${repository}`, refs: ['branches'] } } } }),
  );
  const manifests = BUILDS.map(([tag, age], index) => ({
    digest: `sha256:${(index + 1).toString(16).padStart(64, '0')}`,
    tags: [tag],
    pushedAt: new Date(NOW - age * 86_400_000).toISOString(),
  }));
  const place = { registry: 'prod', repository: 'team/app', complete: true, capabilities: { deleteTag: true, pushedAt: true } };
  const inventory = {
    kind: 'Inventory',
    formatVersion: '1.0',
    takenAt: new Date(NOW).toISOString(),
    repositories: [{ ...place, manifests }],
  };
  const words = ['--inventory', await session.file('all.json', JSON.stringify(inventory)), '-p', await session.file('policy.yaml', POLICY)];

  const going = (tags: readonly string[]): string => tags.map((tag) => `prod/team/app:${tag}\n`).join('');
  const gone = ['main-0000003', 'main-0000004', 'old-a-0000001', 'old-k-0000000', 'old-l-0000000'];
  const { code, stdout } = await session.run('prune', ...words, '-o', 'name');
  expect({ code, names: stdout.split('\n').toSorted().join('\n').trim() }).toEqual({ code: 0, names: going(gone).trim() });

  git('branch', '--delete', '--force', 'feature/Login');
  const after = await session.run('prune', ...words, '-o', 'name');
  expect(after.stdout).toContain('feature-login-0000000');

  // The list of something else.
  await session.file('.regctlrc', JSON.stringify({ lists: { branches: { file: await session.file('names.txt', 'other\n') } } }));
  const { diagnostics } = await session.plan(words);
  expect(diagnostics.filter(({ message }) => message.endsWith('is it the right list?'))).toMatchObject([
    {
      code: 'nothing_selected',
      message:
        'the list "branches" names no "branch" of the tags of this run that the rule "branches that are gone" of the policy ' +
        '"builds of branches" is about: is it the right list?',
    },
  ]);

  // Where nobody can tell what exists, nothing is gone.
  await session.file('.regctlrc', JSON.stringify({ lists: { branches: { git: { repository: join(session.folder, 'nowhere') } } } }));
  const plan = await session.plan(words, 5);
  expect(plan).toMatchObject({
    applyable: false,
    blockedBy: [
      {
        code: 'listsIncomplete',
        message: expect.stringMatching(
          /^which names exist is not known: the list "branches": git ls-remote \S+: .* cannot be read/,
        ) as string,
      },
    ],
    summary: { images: { delete: 0 } },
  });
});
