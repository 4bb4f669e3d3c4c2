import { expect, test } from 'vitest';
import type { RepositoryInventory } from '../../../src/domain/inventory.ts';
import type { RegistryChecklist } from '../../../src/lint/checklist.ts';
import { type LintSettings, RegistryLint } from '../../../src/lint/registry-lint.ts';
import { attachmentTag, capabilities, daysAgo, manifest, NOW, repository } from '../plan/fixture.ts';

const ALL = { ...capabilities(), attachments: true };
const SETTINGS: LintSettings = {
  now: NOW,
  isProduction: (_, name) => name.startsWith('prod/'),
  isGoverned: (_, name) => name !== 'team/wild',
};
const image = (alias: string, tags: readonly string[], more: object = {}): ReturnType<typeof manifest> =>
  manifest(alias, { tags, pushedAt: daysAgo(1), platforms: ['linux/amd64'], ...more });

function pageOf(repositories: readonly RepositoryInventory[], settings = SETTINGS): RegistryChecklist {
  const lint = new RegistryLint('prod', settings);
  for (const one of repositories) lint.add(one);
  return lint.checklist();
}

/** What one check found: its state, and of how many which were not so. */
function found(page: RegistryChecklist, check: string): unknown[] {
  const item = page.items.find((one) => one.check === check);
  return [item?.state, item?.of, ...(item?.examples ?? [])];
}

const only = (...manifests: readonly ReturnType<typeof manifest>[]): readonly RepositoryInventory[] => [
  repository(manifests, { capabilities: ALL }),
];

test('a clean repository passes every check', () => {
  const signed = manifest('b', { subject: 'a', artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json' });
  const described = manifest('c', { subject: 'a', artifactType: 'application/spdx+json' });
  const page = pageOf([
    repository([image('a', ['v1.2.3', 'v1.2', 'main-3f2a9c1']), signed, described], { repository: 'prod/my-app', capabilities: ALL }),
  ]);
  expect(page).toMatchObject({ registry: 'prod', repositories: 1, images: 1, tags: 3 });
  expect(page.items.filter(({ state }) => state !== 'pass')).toEqual([]);
});

test.each([
  ['repository-names', [repository([], { repository: 'team/My_App', capabilities: ALL })], ['finding', 1, 'team/My_App']],
  ['tag-names', only(image('a', ['Build_1', 'v1.2.3_build', 'ok-1.2'])), ['finding', 3, 'team/app:Build_1']],
  [
    'latest-in-production',
    [
      repository([image('a', ['latest'])], { repository: 'prod/app', capabilities: ALL }),
      repository([image('a', ['latest'])], { capabilities: ALL }),
    ],
    ['finding', 1, 'prod/app:latest'],
  ],
  [
    'production-versions',
    [repository([image('a', ['v1.0.0', 'x']), image('b', ['main-1'])], { repository: 'prod/app', capabilities: ALL })],
    ['finding', 2, 'prod/app:main-1'],
  ],
  [
    'release-versions',
    only(image('a', ['v1.2.3', 'v1.2', 'v1']), image('b', ['v2', 'release-5', 'main'])),
    ['finding', 5, 'team/app:release-5', 'team/app:v2'],
  ],
  [
    'release-tags',
    only(image('a', ['v1.2.3']), image('b', ['v1.2.4', 'v1.2']), image('c', ['v2.0.0-rc.1'])),
    ['finding', 2, 'team/app:v1.2.3'],
  ],
  ['fixed-tags', only(image('a', ['latest', 'main']), image('b', ['main-3f2a9c1', 'stable'])), ['finding', 2, 'team/app:latest']],
  ['signatures', only(image('a', ['x'])), ['finding', 1, 'team/app:x']],
  ['sboms', only(image('a', ['x'])), ['finding', 1, 'team/app:x']],
  ['times', only(image('a', ['x'], { pushedAt: '1970-01-01T00:00:00Z' })), ['finding', 1, 'team/app:x']],
  ['platforms', only(image('a', ['x'], { platforms: [] }), image('b', ['y'])), ['finding', 2, 'team/app:x']],
  [
    'orphaned',
    only(image('a', ['x']), manifest('b', { tags: [attachmentTag('c', '.sig')] })),
    ['finding', 1, `team/app:${attachmentTag('c', '.sig')}`],
  ],
  ['untagged', only(image('a', ['x']), image('b', [])), ['finding', 2, 'team/app']],
  ['governed', [repository([], { repository: 'team/wild', capabilities: ALL })], ['finding', 1, 'team/wild']],
  [
    'dangling-tags',
    [repository([image('a', ['x'])], { capabilities: ALL, complete: false, problems: ['p'], danglingTags: [{ tag: 'lost' }] })],
    ['finding', 2, 'team/app:lost'],
  ],
] as const)('%s: what is not so is counted and named', (check, repositories, expected) => {
  expect(found(pageOf(repositories), check)).toEqual(expected);
});

test('what a registry does not tell, or nobody has said, is not known, and never taken for fine', () => {
  const blind = { ...capabilities({ listUntagged: false, platforms: false, pushedAt: false, createdAt: false }) };
  const page = pageOf([repository([image('a', ['x'])], { capabilities: blind })], {
    now: NOW,
    isProduction: undefined,
    isGoverned: undefined,
  });
  const unknown = page.items.filter(({ state }) => state === 'unknown');
  expect(unknown.map(({ check }) => check)).toEqual([
    'latest-in-production',
    'production-versions',
    'signatures',
    'sboms',
    'times',
    'platforms',
    'untagged',
    'governed',
  ]);
  expect(unknown.every(({ why }) => why !== undefined)).toBe(true);
});

test('where no repository is one of production, nothing is known of production', () => {
  const page = pageOf([repository([image('a', ['latest'])], { repository: 'prd/app', capabilities: ALL })]);
  for (const check of ['latest-in-production', 'production-versions']) expect(found(page, check)).toEqual(['unknown', 0]);
});

test('attachments that stand apart from their images are not taken for orphans', () => {
  const store = repository([manifest('b', { tags: [attachmentTag('c', '.sig')] })], { repository: 'team/signatures', capabilities: ALL });
  expect(found(pageOf([store]), 'orphaned')).toEqual(['unknown', 0]);
});
