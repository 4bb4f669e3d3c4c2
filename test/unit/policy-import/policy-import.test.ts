import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { makeSource } from '../../../src/diagnostics/source.ts';
import { type FormatName, importPolicies } from '../../../src/policy-import/policy-formats.ts';
import { policyText } from '../../../src/policy-import/policy-text.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';

interface Imported {
  readonly text: string;
  readonly policies: readonly PolicySpec[];
}

/** The policies that some settings become, as `policy check` reads them. What they are is recognised. */
async function imported(settings: unknown, of?: string, from?: FormatName): Promise<Imported> {
  const source = makeSource('settings', typeof settings === 'string' ? settings : JSON.stringify(settings));
  const text = policyText(importPolicies(source, from, { of }), 'settings');
  return { text, policies: (await loadPolicies([makeSource('imported', text)])).map(({ spec }) => spec) };
}

/** The rules of the only policy. */
async function rulesOf(settings: unknown): Promise<PolicySpec['rules']> {
  const { policies } = await imported(settings);
  expect(policies).toHaveLength(1);
  return policies[0]?.rules ?? [];
}

describe('ECR', () => {
  const rule = (rulePriority: number, selection: object, action: object = { type: 'expire' }): object => ({
    rulePriority,
    selection,
    action,
  });
  const count = { countType: 'imageCountMoreThan', countNumber: 30 };

  test('each rule becomes one, by its priority, and what get-lifecycle-policy prints names the repository', async () => {
    const rules = [
      rule(3, { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 }),
      rule(1, { tagStatus: 'tagged', tagPrefixList: ['release'], ...count }),
      rule(2, { tagStatus: 'tagged', tagPatternList: ['v*.0'], ...count }),
    ];
    const { policies } = await imported({ registryId: '1', repositoryName: 'team/app', lifecyclePolicyText: JSON.stringify({ rules }) });
    expect(policies).toMatchObject([
      {
        repositories: ['team/app'],
        keepAtLeast: 0,
        sharedTags: 'keep',
        rules: [
          { tags: ['release*'], keep: { last: 30 } },
          { tags: ['v*.0'], keep: { last: 30 } },
          { untagged: true, keep: { days: 14 } },
        ],
      },
    ]);
  });

  test('"any" counts images with and without a tag together, but those with a rule of their own', async () => {
    const any = rule(
      9,
      { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 90 },
      { type: 'transition', targetStorageClass: 'archive' },
    );
    expect(await rulesOf({ rules: [any] })).toEqual([
      { name: 'rule 9', tags: ['**'], untagged: 'too', keep: { pulledDays: 90 }, action: 'archive' },
    ]);
    const own = rule(1, { tagStatus: 'untagged', ...count });
    expect((await rulesOf({ rules: [own, any] })).map(({ untagged }) => untagged)).toEqual([true, undefined]);
  });

  test('several patterns must all be met there, which nothing says here: their images stay', async () => {
    const settings = {
      rules: [rule(1, { tagStatus: 'tagged', tagPatternList: ['v*', 'release*'], ...count }), rule(2, { tagStatus: 'any', ...count })],
    };
    expect(await rulesOf(settings)).toMatchObject([{ tags: ['v*', 'release*'], keep: 'all' }, { tags: ['**'] }]);
    expect((await imported(settings)).text).toMatch(/# NOT IMPORTED: .*\n.*write keep: \{last: 30\} in the place of keep: all/);
  });

  test('what the archive loses is left out', async () => {
    const archived = rule(2, {
      tagStatus: 'any',
      storageClass: 'archive',
      countType: 'sinceImageTransitioned',
      countUnit: 'days',
      countNumber: 365,
    });
    const { text, policies } = await imported({ rules: [rule(1, { tagStatus: 'untagged', ...count }), archived] });
    expect(policies[0]?.rules).toHaveLength(1);
    expect(text).toContain('# LEFT OUT: ECR rule 2.');
  });

  test('a condition that nobody knows here is an error at its place', () => {
    const settings = `{"rules": [\n  {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3,\n    "signed": true}, "action": {"type": "expire"}}]}`;
    expect(() => importPolicies(makeSource('lifecycle.json', settings), undefined, { of: undefined })).toThrow(
      /lifecycle\.json:3:5: .*"signed"/,
    );
  });
});

describe('Harbor', () => {
  const retain = (template: string, number: number, tags: string, repositories = '**', more: object = {}): object => ({
    action: 'retain',
    template,
    params: { [template]: number },
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: tags, extras: '{"untagged":false}' }],
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: repositories }] },
    ...more,
  });

  test('what any rule keeps stays: rules for the same tags become one, and what no rule keeps goes', async () => {
    const { policies } = await imported(
      {
        algorithm: 'or',
        rules: [retain('nDaysSinceLastPull', 30, '**'), retain('nDaysSinceLastPush', 7, '**')],
        scope: { level: 'project', ref: 1 },
      },
      'library',
    );
    expect(policies).toMatchObject([
      {
        repositories: ['library/**'],
        rules: [
          { tags: ['**'], order: 'tagged', keep: { pulledDays: 30, days: 7 } },
          { untagged: true, keep: 'none' },
        ],
      },
    ]);
  });

  test('a rule that counts images without a tag becomes two, because these have no time of a tag', async () => {
    const all = retain('latestPushedK', 5, '**', '**', {
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: '**', extras: '{"untagged":true}' }],
    });
    expect(await rulesOf({ rules: [all] })).toMatchObject([
      { tags: ['**'], order: 'tagged', keep: { last: 5 } },
      { untagged: true, keep: { last: 5 } },
    ]);
  });

  test('a rule for a part of the tags also keeps what the wider one keeps', async () => {
    expect(await rulesOf({ rules: [retain('latestPushedK', 3, '**'), retain('latestPushedK', 10, 'release-*')] })).toMatchObject([
      { tags: ['release-*'], keep: { last: 10 } },
      { tags: ['**'], keep: { last: 3 } },
      { untagged: true },
    ]);
  });

  test('narrower repositories come first, and their names stand in the project', async () => {
    const { policies } = await imported(
      { rules: [retain('latestPushedK', 3, 'v*'), retain('latestPushedK', 9, 'v*', 'web/**')] },
      'library',
    );
    expect(policies.map(({ repositories, rules }) => [repositories, rules[0]?.keep])).toEqual([
      [['library/web/**', '!library/web'], { last: 9 }],
      [['library/**'], { last: 3 }],
    ]);
    expect(policies[0]?.rules.at(1)).toMatchObject({ name: 'all others', tags: ['**'], keep: 'none' });
  });

  test('that other tags of an image make it newer there is told where rules select a part of the tags', async () => {
    const told = /ATTENTION: Harbor goes by the newest time of all tags/;
    expect((await imported({ rules: [retain('latestPushedK', 3, 'v*')] }, 'library')).text).toMatch(told);
    expect((await imported({ rules: [retain('latestPushedK', 3, '**')] }, 'library')).text).not.toMatch(told);
  });

  test('the newest by pulls are others there: all stay', async () => {
    expect((await rulesOf({ rules: [retain('latestPulledN', 3, '**')] }))[0]).toMatchObject({ keep: 'all' });
  });

  test('in names of repositories, "**" beside other characters is not taken for what it is here', async () => {
    const within = (tags: string, repositories: string): object => ({ rules: [retain('always', 0, tags, repositories)] });
    await expect(imported(within('v**', 'web**'))).rejects.toThrow('"**" beside other characters');
    expect(await rulesOf(within('v**', 'web*'))).toMatchObject([
      { tags: ['v**'], keep: 'all' },
      { name: 'all others' },
      { untagged: true },
    ]);
  });

  test('immutable tags protect their images', async () => {
    const rule = { id: 1, template: 'immutable_template', action: 'immutable', disabled: false };
    const { tag_selectors, scope_selectors } = retain('always', 0, 'prod-*') as Record<string, unknown>;
    const { policies } = await imported([{ ...rule, tag_selectors, scope_selectors }], 'library');
    expect(policies).toMatchObject([{ protect: [{ tags: ['prod-*'], wholeImage: true }], rules: [{ keep: 'all' }] }]);
  });
});

describe('Artifact Registry', () => {
  const remove = {
    name: 'old',
    action: { type: 'Delete' },
    condition: { tagState: 'tagged', tagPrefixes: ['alpha', 'v0'], olderThan: '2592000s' },
  };

  test('a package has the policies whose prefix its name begins with', async () => {
    const { policies } = await imported(
      [
        remove,
        {
          name: 'released',
          action: { type: 'Keep' },
          condition: { tagState: 'tagged', tagPrefixes: ['release'], packageNamePrefixes: ['webapp'] },
        },
        { name: 'some', action: { type: 'Keep' }, mostRecentVersions: { packageNamePrefixes: ['webapp', 'sandbox'], keepCount: 5 } },
      ],
      'project/images',
    );
    const rules = [{ tags: ['alpha*', 'v0*'], keep: { days: 30 } }];
    expect(policies).toMatchObject([
      { repositories: ['project/images/sandbox*/**'], keepNewest: 5, rules },
      { repositories: ['project/images/webapp*/**'], keepNewest: 5, protect: [{ tags: ['release*'], wholeImage: true }], rules },
      { repositories: ['project/images/**'], rules },
    ]);
  });

  test('what is to be kept for a time is kept by every rule', async () => {
    const settings = [remove, { name: 'new', action: { type: 'Keep' }, condition: { tagState: 'any', newerThan: '60d' } }];
    expect(await rulesOf(settings)).toMatchObject([{ keep: { days: 60 } }]);
  });

  test('versions to keep by the first digits of a digest: everything stays', async () => {
    const settings = [remove, { name: 'some', action: { type: 'Keep' }, condition: { versionNamePrefixes: ['sha256:ab'] } }];
    expect(await rulesOf(settings)).toMatchObject([{ tags: ['**'], untagged: 'too', keep: 'all' }]);
  });
});

describe('acr purge', () => {
  test('--keep counts the newest of those that are older, and expressions become globs where these say the same', async () => {
    const { policies } = await imported("acr purge --filter 'app:.*' --filter 'team/.*:^pr-[0-9]+$' --ago 2d12h --keep 5 --untagged");
    const rules = (tags: unknown): object[] => [
      { tags, order: 'tagged', keep: { days: 2.5, older: 5 } },
      { untagged: true, keep: { days: 2.5 } },
    ];
    expect(policies).toMatchObject([
      { repositories: ['app'], rules: rules(['**']) },
      { repositories: ['team/?**'], rules: rules({ regex: 'pr-[0-9]+' }) },
    ]);
  });

  test.for([
    [
      'a task',
      'steps:\n  - cmd: >-\n      mcr.microsoft.com/acr/acr-cli:0.14 purge --registry {{.Run.Registry}}\n      --filter "app:^v" --ago 1d\n      --untagged\n    timeout: 3600\n',
    ],
    [
      'a variable of a script',
      'PURGE_CMD="acr purge --filter \'app:^v\' \\\n  --ago 1d --untagged"\naz acr task create --name purge --cmd "$PURGE_CMD"\n',
    ],
    ['quotes in quotes', 'az acr run --cmd "acr purge --filter \\"app:^v\\" --ago 1d --untagged" --registry r /dev/null\n'],
  ])('is read from %s', async ([, text]) => {
    expect(await rulesOf(text)).toMatchObject([{ tags: ['v*'], keep: { days: 1 } }, { untagged: true }]);
  });

  test('without --untagged no image goes there, and so none here', async () => {
    expect(await rulesOf("acr purge --filter 'app:.*' --ago 1d")).toMatchObject([{ keep: 'all' }]);
  });

  test('a password is not copied, and an option that is not known is an error', async () => {
    expect((await imported("acr purge -u me -p secret-word --filter 'app:.*' --ago 1d --untagged")).text).not.toContain('secret-word');
    await expect(imported("acr purge --filter 'app:.*' --ago 1d --newest-first")).rejects.toThrow('"--newest-first" is not known');
  });
});

describe('Quay', () => {
  test('a number and an age for the same tags are one rule, and a pattern that is left out is searched for', async () => {
    const pattern = { tagPattern: 'prod', tagPatternMatches: false };
    const { policies } = await imported(
      {
        policies: [
          { uuid: 'a', method: 'creation_date', value: '5d', ...pattern },
          { uuid: 'b', method: 'number_of_tags', value: 20, ...pattern },
        ],
      },
      'team',
    );
    expect(policies).toMatchObject([
      { repositories: ['team/**'], rules: [{ tags: { exclude: ['*prod*'] }, order: 'tagged', keep: { days: 5, max: 20 } }] },
    ]);
  });

  test('a pattern that RE2 does not know keeps everything', async () => {
    expect(await rulesOf({ method: 'number_of_tags', value: 3, tagPattern: '^(?!v)' })).toMatchObject([{ tags: ['**'], keep: 'all' }]);
  });
});

describe('GitLab', () => {
  const policy = { enabled: true, keep_n: 1, older_than: '30d', name_regex: '.*', name_regex_keep: '(?:v.+|master.*)' };

  test('what is to be kept comes first, latest always stays', async () => {
    const { policies } = await imported({ path_with_namespace: 'Team/App', container_expiration_policy: policy });
    expect(policies).toMatchObject([
      {
        repositories: ['team/app/**'],
        rules: [
          { tags: { regex: '(?:v.+|master.*)' }, keep: 'all' },
          { tags: ['latest'], keep: 'all' },
          { tags: ['**'], order: 'created', keep: { last: 1, days: 30 } },
        ],
      },
    ]);
  });

  test('an alternative outside of a group has one anchor, as there', async () => {
    const rules = await rulesOf({ ...policy, name_regex: 'dev|test', name_regex_keep: null });
    expect(rules.at(-1)).toMatchObject({ tags: ['dev*', '*test'] });
  });

  test('one that is switched off deletes nothing', async () => {
    expect(await rulesOf({ ...policy, enabled: false })).toMatchObject([{ keep: 'all' }]);
  });
});

test('steps of a GitHub workflow', async () => {
  const { policies } = await imported(`
on: { schedule: [{ cron: '0 0 * * *' }] }
jobs:
  clean:
    steps:
      - uses: actions/checkout@v4
      - uses: snok/container-retention-policy@v3.0.0
        with: { account: acme, token: x, image-names: 'foo bar*', image-tags: '!prod', cut-off: 2w 3d, keep-n-most-recent: 5,
                tag-selection: tagged }
      - uses: actions/delete-package-versions@v5
        with: { package-name: app, package-type: container, min-versions-to-keep: 10, owner: acme }
`);
  expect(policies).toMatchObject([
    { repositories: ['acme/foo', 'acme/bar*'], rules: [{ tags: ['**', '!prod'], keep: { days: 17, older: 5 } }] },
    { repositories: ['acme/app'], rules: [{ tags: ['**'], untagged: 'too', keep: { last: 10 } }] },
  ]);
});

test('text from elsewhere stays within its comment', async () => {
  const description = 'old\n- name: everything\u2028  keep: none';
  const rule = {
    rulePriority: 1,
    description,
    selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 },
    action: { type: 'expire' },
  };
  const { text, policies } = await imported({ rules: [rule] });
  expect(text).toContain('# ECR rule 1: old - name: everything keep: none\n');
  expect(policies[0]?.rules).toHaveLength(1);
});

test('what is not recognised is not guessed', async () => {
  await expect(imported({ hello: 1 })).rejects.toThrow('no settings are recognised');
});
