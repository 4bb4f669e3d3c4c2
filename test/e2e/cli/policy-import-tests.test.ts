import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newSession } from './in-process.ts';

/*
 * `policy import --tests`: what it writes is what `policy test` takes, and every case holds. What is expected comes from what the original
 * does (src/policy-import/original), so that a policy that deletes more fails by it.
 */

const ecr = {
  rules: [
    ['tagged', { tagPrefixList: ['v'], countType: 'imageCountMoreThan', countNumber: 2 }],
    ['untagged', { countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 }],
    ['tagged', { tagPatternList: ['a*', '*b'], countType: 'sinceImagePushed', countUnit: 'days', countNumber: 7 }],
    ['any', { countType: 'imageCountMoreThan', countNumber: 500 }],
  ].map(([tagStatus, rest], index) => ({
    rulePriority: index + 1,
    selection: { tagStatus, ...(rest as object) },
    action: { type: 'expire' },
  })),
};
const harborRule = (template: string, number: number, tags: string, repositories: string): object => ({
  action: 'retain',
  template,
  params: { [template]: number },
  tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: tags }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: repositories }] },
});

const SETTINGS: readonly (readonly [name: string, settings: unknown])[] = [
  ['ecr', ecr],
  ['harbor', { rules: [harborRule('nDaysSinceLastPull', 30, '**', '**'), harborRule('latestPushedK', 3, 'v*', 'web/**')] }],
  [
    'gar',
    [
      { name: 'old', action: { type: 'Delete' }, condition: { tagPrefixes: ['alpha'], tagState: 'tagged', olderThan: '30d' } },
      { name: 'released', action: { type: 'Keep' }, condition: { tagPrefixes: ['release'], packageNamePrefixes: ['webapp'] } },
      { name: 'some', action: { type: 'Keep' }, mostRecentVersions: { packageNamePrefixes: ['webapp'], keepCount: 2 } },
    ],
  ],
  ['acr', "acr purge --filter 'app:.*' --ago 7d --keep 2 --untagged\nacr purge --filter 'team/.*:^pr-[0-9]+$' --ago 2d12h --untagged\n"],
  [
    'quay',
    {
      policies: [
        { method: 'creation_date', value: '5d', tagPattern: 'prod', tagPatternMatches: false },
        { method: 'number_of_tags', value: 3 },
      ],
    },
  ],
  ['gitlab', { container_expiration_policy: { keep_n: 1, older_than: '30d', name_regex: '.*', name_regex_keep: '(?:v.+|master.*)' } }],
  [
    'zot',
    {
      storage: {
        retention: {
          policies: [
            { repositories: ['tmp/**'], keepTags: [{ patterns: ['^v1', '.*-prod$'], pulledWithin: '720h', mostRecentlyPushedCount: 2 }] },
            { repositories: ['**'], deleteReferrers: true, keepUntagged: { pushedWithin: '48h' } },
          ],
        },
      },
    },
  ],
  [
    'github',
    {
      jobs: {
        clean: {
          steps: [
            {
              uses: 'dataaxiom/ghcr-cleanup-action@v1',
              with: { owner: 'acme', package: 'app', 'older-than': '6 months', 'keep-n-tagged': 2 },
            },
            {
              uses: 'snok/container-retention-policy@v3',
              with: { account: 'acme', 'image-names': 'web', 'cut-off': '2w', 'image-tags': '!v*' },
            },
          ],
        },
      },
    },
  ],
  [
    'artifactory',
    {
      'artifactory-cleanup': {
        policies: [
          {
            name: 'docker-local',
            rules: [
              { rule: 'Repo' },
              { rule: 'ExcludeDockerImages', masks: ['*:latest', '*:release*'] },
              { rule: 'DeleteDockerImagesOlderThan', days: 30 },
              { rule: 'KeepLatestNDockerImages', count: 3 },
            ],
          },
        ],
      },
    },
  ],
];

describe('the cases that an import writes hold by the policy that it writes', () => {
  test.for(SETTINGS)('%s', async ([, settings]) => {
    const session = await newSession();
    const file = await session.file('settings.txt', typeof settings === 'string' ? settings : JSON.stringify(settings));

    const imported = await session.run('policy', 'import', file, '--out', 'policy.yaml', '--tests', 'policy.test.yaml');
    expect(imported, imported.stderr).toMatchObject({ code: 0, stdout: '' });

    const { code, stdout } = await session.run('policy', 'test', 'policy.test.yaml');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('all as expected');
    const cases = await readFile(join(session.folder, 'policy.test.yaml'), 'utf8');
    // There is something on both sides of a border.
    expect(cases).toMatch(/: delete\n/);
    expect(cases).toMatch(/: keep\n/);
  });
});

test('what an archive takes has cases too', async () => {
  const session = await newSession();
  const selection = { tagStatus: 'tagged', tagPatternList: ['*'], countType: 'sinceImagePulled', countUnit: 'days', countNumber: 60 };
  const rules = [{ rulePriority: 1, selection, action: { type: 'transition', targetStorageClass: 'archive' } }];
  const file = await session.file('lifecycle.json', JSON.stringify({ rules }));

  const imported = await session.run('policy', 'import', file, '--out', 'policy.yaml', '--tests', 'policy.test.yaml');

  expect(imported.stderr).toContain('1 case for "policy test": policy.test.yaml');
  const cases = await readFile(join(session.folder, 'policy.test.yaml'), 'utf8');
  expect(cases).toContain('build-1: 1439h\n      build-2: 1441h\n');
  expect(cases).toContain('build-1: keep\n      build-2: archive\n');
  expect(await session.run('policy', 'test', 'policy.test.yaml')).toMatchObject({ code: 0 });
  const policy = await readFile(join(session.folder, 'policy.yaml'), 'utf8');
  await session.file('policy.yaml', policy.replace('        action: archive\n', ''));
  expect(await session.run('policy', 'test', 'policy.test.yaml')).toMatchObject({ code: 1 });
});

test('where no case is found, the file is not written, and it says why', async () => {
  const session = await newSession();
  const pattern = 'a'.repeat(200);
  const selection = { tagStatus: 'tagged', tagPatternList: [pattern], countType: 'imageCountMoreThan', countNumber: 3 };
  const file = await session.file(
    'lifecycle.json',
    JSON.stringify({ rules: [{ rulePriority: 1, selection, action: { type: 'expire' } }] }),
  );

  const { code, stderr } = await session.run('policy', 'import', file, '--out', 'policy.yaml', '--tests', 'policy.test.yaml');

  expect(code).toBe(0);
  expect(stderr).toContain('no case is written, and no policy.test.yaml: no repository or no tag is found that a rule is for');
  await expect(readFile(join(session.folder, 'policy.test.yaml'))).rejects.toThrow('ENOENT');
});

test('they stand on both sides of each border', async () => {
  const session = await newSession();
  const file = await session.file('lifecycle.json', JSON.stringify(ecr));
  await session.run('policy', 'import', file, '--of', 'team/app', '--out', 'policy.yaml', '--tests', 'ecr.test.yaml');
  expect(await readFile(join(session.folder, 'ecr.test.yaml'), 'utf8')).toBe(`\
# Images at the borders of each rule, and what becomes of them where the policy comes from: "policy test" tells whether it is so here.

version: 1
policy: policy.yaml
cases:
  - name: rule 1
    repository: team/app
    images:
      v1: 22d
      v2: 23d
      v3: 24d
    expect:
      v1: keep
      v2: keep
      v3: delete
  - name: rule 2
    repository: team/app
    images:
      untagged-1: {pushed: 335h, untagged: true}
      untagged-2: {pushed: 337h, untagged: true}
      untagged-3: {pushed: 36d, untagged: true}
    expect:
      untagged-1: keep
      untagged-2: delete
      untagged-3: delete
  - name: rule 3
    repository: team/app
    images:
      a1: 22d
    expect:
      a1: keep
  # The count of 500 is not tried here.
  - name: rule 4
    repository: team/app
    images:
      build-1: 22d
    expect:
      build-1: keep
`);
});

test('what the policy keeps besides is said', async () => {
  const session = await newSession();
  const file = await session.file('quay.json', JSON.stringify({ method: 'creation_date', value: '5d', tagPattern: '^(?!v)' }));
  await session.run('policy', 'import', file, '--out', 'policy.yaml', '--tests', 'policy.test.yaml');
  expect(await readFile(join(session.folder, 'policy.test.yaml'), 'utf8')).toContain('build-1: keep # the original deletes it');
});

test('a policy that deletes more fails by them', async () => {
  const session = await newSession();
  const file = await session.file('lifecycle.json', JSON.stringify(ecr));
  await session.run('policy', 'import', file, '--out', 'policy.yaml', '--tests', 'policy.test.yaml');
  const policy = await readFile(join(session.folder, 'policy.yaml'), 'utf8');
  await session.file('policy.yaml', policy.replace('keep: {days: 14}', 'keep: {days: 13}'));
  const { code, stdout } = await session.run('policy', 'test', 'policy.test.yaml');
  expect(code).toBe(1);
  expect(stdout).toContain('untagged-1 is expected to be "keep" and is "delete"');
});

test('where the cases cannot be written, nothing is', async () => {
  const session = await newSession();
  const file = await session.file('lifecycle.json', JSON.stringify(ecr));
  const { code } = await session.run('policy', 'import', file, '--out', 'policy.yaml', '--tests', 'nowhere/policy.test.yaml');
  expect(code).not.toBe(0);
  await expect(readFile(join(session.folder, 'policy.yaml'))).rejects.toThrow('ENOENT');
});

test('a file of cases has a name that "policy test" finds', async () => {
  const session = await newSession();
  const file = await session.file('lifecycle.json', JSON.stringify(ecr));
  const { code, stderr } = await session.run('policy', 'import', file, '--out', 'policy.yaml', '--tests', 'tests.yaml');
  expect(code).toBe(3);
  expect(stderr).toContain('ends in .test.yaml');
});
