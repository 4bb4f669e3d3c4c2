import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { makeSource } from '../../../src/diagnostics/source.ts';
import { type FormatName, importPolicies } from '../../../src/policy-import/policy-formats.ts';
import { policyText } from '../../../src/policy-import/policy-text.ts';
import { settled } from '../../../src/policy-import/settled.ts';
import type { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { IMPORT_FORMATS } from '../../../src/run/import-formats.ts';

interface Imported {
  readonly text: string;
  readonly policies: readonly PolicySpec[];
}

/** The policies that some settings become, as `policy check` reads them. What they are is recognised. */
async function imported(settings: unknown, of?: string, from?: FormatName): Promise<Imported> {
  const source = makeSource('settings', typeof settings === 'string' ? settings : JSON.stringify(settings));
  const text = policyText(settled(importPolicies(source, from, { of })), 'settings');
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

  test('a template of CloudFormation has a policy for each repository', async () => {
    const text = (number: number): string => JSON.stringify({ rules: [rule(1, { tagStatus: 'any', ...count, countNumber: number })] });
    const template = (second: string): string => `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "\${Name}-queue"}}
  First:
    Type: AWS::ECR::Repository
    Properties:
      RepositoryName: team/app
      LifecyclePolicy: {LifecyclePolicyText: '${text(3)}'}
  Second:
    Type: AWS::ECR::Repository
    Properties:
      RepositoryName: !Sub "\${Name}/web"
      LifecyclePolicy:
        LifecyclePolicyText: ${second}
  Third: {Type: AWS::ECR::Repository, Properties: {LifecyclePolicy: {LifecyclePolicyText: '${text(5)}'}}}
`;
    const { policies } = await imported(template(`!Sub |\n          ${text(5)}`));
    expect(policies).toMatchObject([
      { repositories: ['team/app'], rules: [{ keep: { last: 3 } }] },
      { name: 'lifecycle policy', rules: [{ keep: { last: 5 } }] },
    ]);
    await expect(imported(template(`'${text(6)}'`))).rejects.toThrow(
      'settings:15:3: its policy is for a repository that CloudFormation names',
    );
    await expect(imported(template('!Sub "{${Rules}}"'))).rejects.toThrow('settings:14:35: only CloudFormation knows this text');
    const json = {
      Resources: { Repo: { Type: 'AWS::ECR::Repository', Properties: { LifecyclePolicy: { LifecyclePolicyText: text(4) } } } },
    };
    expect(await rulesOf(json)).toMatchObject([{ keep: { last: 4 } }]);
  });

  test('that images selected above count there, too, is told where something is counted', async () => {
    const told = 'ECR also counts the images that a rule above selects';
    const tagged = rule(1, { tagStatus: 'tagged', tagPrefixList: ['v'], ...count });
    expect((await imported({ rules: [tagged, rule(2, { tagStatus: 'any', ...count })] })).text.replaceAll(/\n +#/g, '')).toContain(told);
    const untagged = rule(2, { tagStatus: 'untagged', ...count });
    expect((await imported({ rules: [tagged, untagged] })).text).not.toContain(told);
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
    const settings =
      `{"rules": [\n  {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", ` +
      `"countNumber": 3,\n    "signed": true}, "action": {"type": "expire"}}]}`;
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
    expect((await imported({ rules: [all] })).text.replaceAll(/\n +#/g, '')).toContain('here they are counted apart, which keeps no fewer');
    const aged = { ...all, template: 'nDaysSinceLastPush', params: { nDaysSinceLastPush: 5 } };
    expect((await imported({ rules: [aged] })).text).not.toContain('counted apart');
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

  test('immutable tags are protected by the retention of the same repositories', async () => {
    const immutable = (pattern: string): object => {
      const { tag_selectors, scope_selectors } = retain('always', 0, pattern) as Record<string, unknown>;
      return { action: 'immutable', tag_selectors, scope_selectors };
    };
    const read = (data: unknown): ReturnType<typeof importPolicies> =>
      importPolicies(makeSource('settings', JSON.stringify(data)), undefined, { of: 'library' });
    const text = policyText(
      settled([...read([immutable('v*'), immutable('prod')]), ...read({ rules: [retain('latestPushedK', 3, '**')] })]),
      'settings',
    );
    const policies = (await loadPolicies([makeSource('imported', text)])).map(({ spec }) => spec);
    expect(policies).toMatchObject([
      {
        repositories: ['library/**'],
        protect: [
          { tags: ['v*'], wholeImage: true },
          { tags: ['prod'], wholeImage: true },
        ],
        rules: [{ keep: { last: 3 } }, { untagged: true }],
      },
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

  test('a policy with a condition and a count is an error: there is one of both', async () => {
    const both = { name: 'a', action: 'Keep', condition: { tagState: 'tagged' }, mostRecentVersions: { keepCount: 3 } };
    await expect(imported([both])).rejects.toThrow('stands beside "condition"');
  });

  test('versions to keep by the first digits of a digest: everything stays', async () => {
    const settings = [remove, { name: 'some', action: { type: 'Keep' }, condition: { versionNamePrefixes: ['sha256:ab'] } }];
    expect(await rulesOf(settings)).toMatchObject([{ tags: ['**'], untagged: 'too', keep: 'all' }]);
  });
});

describe('acr purge', () => {
  test('--keep counts the newest of those that are older, and expressions become globs where these say the same', async () => {
    const { policies } = await imported("acr purge --filter 'app:.*' --filter 'team/.*:^pr-[0-9]+$' --ago 2d12h --keep 5 --untagged");
    // It keeps five tags, and then five of the manifests that have none by now: an image goes here with its tags.
    const rules = (tags: unknown): object[] => [
      { tags, order: 'tagged', keep: { days: 2.5, older: 10 } },
      { untagged: true, keep: { days: 2.5, older: 5 } },
    ];
    expect(policies).toMatchObject([
      { repositories: ['app'], rules: rules(['**']) },
      { repositories: ['team/?**'], rules: rules({ regex: 'pr-[0-9]+' }) },
    ]);
  });

  test.for([
    [
      'a task',
      'steps:\n  - cmd: >-\n      mcr.microsoft.com/acr/acr-cli:0.14 purge --registry {{.Run.Registry}}\n      --filter "app:^v" ' +
        '--ago 1d\n      --untagged\n    timeout: 3600\n',
    ],
    [
      'a variable of a script',
      'PURGE_CMD="acr purge --filter \'app:^v\' \\\n  --ago 1d --untagged"\naz acr task create --name purge --cmd "$PURGE_CMD"\n',
    ],
    ['quotes in quotes', 'az acr run --cmd "acr purge --filter \\"app:^v\\" --ago 1d --untagged" --registry r /dev/null\n'],
  ])('is read from %s', async ([, text]) => {
    expect(await rulesOf(text)).toMatchObject([{ tags: ['v*'], keep: { days: 1 } }, { untagged: true }]);
  });

  test('what has no tag goes by the command that takes it soonest, also by one that takes nothing else', async () => {
    const tags = "acr purge --filter 'app:^v' --ago 9d --untagged\n";
    expect(await rulesOf(`${tags}acr purge --filter 'app:.*' --untagged-only --ago 3d --keep 4`)).toMatchObject([
      { tags: ['v*'], keep: { days: 9, older: 4 } },
      { untagged: true, keep: { days: 3, older: 4 } },
    ]);
    expect((await imported(`${tags}acr purge --filter 'app:.*' --untagged-only --ago 30d`)).text).toContain(
      '# acr purge --filter app:.* --untagged-only --ago 30d: the other command takes the same sooner.',
    );
    const { policies } = await imported('acr purge -r example --untagged-only --verbose');
    expect(policies).toMatchObject([{ repositories: ['**'], rules: [{ untagged: true, keep: { days: 0 } }] }]);
  });

  test('without --untagged no image goes there, and so none here', async () => {
    expect(await rulesOf("acr purge --filter 'app:.*' --ago 1d")).toMatchObject([{ keep: 'all' }]);
  });

  test('a password is not copied, and an option that is not known is an error', async () => {
    expect((await imported("acr purge --filter 'app:^v' --ago 0d --keep 3")).text).not.toContain('-0');
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

  test('calls of "curl" that set it are read, for the project in their URL', async () => {
    const data = JSON.stringify({ container_expiration_policy_attributes: { enabled: true, keep_n: 1, name_regex: 'dev-.*' } });
    const call = (id: string, more = data): string =>
      `curl --request PUT --header 'Content-Type: application/json' --header "PRIVATE-TOKEN: $T" \\\n  --data '${more}' ` +
      `"https://gitlab.example.com/api/v4/projects/${id}"\n`;
    expect((await imported(`# every project\n${call('acme%2Fapp')}${call('7')}`)).policies).toMatchObject([
      { repositories: ['acme/app/**'], rules: [{}, { tags: ['dev-*'], keep: { last: 1 } }] },
      { rules: [{}, { tags: ['dev-*'], keep: { last: 1 } }] },
    ]);
    await expect(imported(call('7', 'container_expiration_policy_attributes=5'))).rejects.toThrow('neither JSON nor data such as');
    const piped = `echo '${data}' | glab api --method PUT projects/7 --input -\n`;
    expect((await imported(piped)).policies).toMatchObject([{ rules: [{}, { tags: ['dev-*'], keep: { last: 1 } }] }]);
  });

  test('a call that sets a part of it leaves the rest as it was there', async () => {
    const call = (...pairs: string[]): string =>
      `curl --request PUT ${pairs.map((pair) => `--data "container_expiration_policy_attributes${pair}"`).join(' ')} "https://g/projects/7"`;
    expect((await imported(call('[keep_n]=10', '[enabled]=true', '[name_regex]=.*'))).policies).toMatchObject([
      { rules: [{}, { tags: ['**'], keep: { last: 10 } }] },
    ]);
    const { text, policies } = await imported(call('[keep_n]=10'));
    expect(policies).toMatchObject([{ rules: [{ keep: 'all' }] }]);
    expect(text).toContain('NOT IMPORTED: it sets no name_regex');
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

describe('ghcr-cleanup-action', () => {
  const workflow = (...steps: object[]): object => ({
    jobs: { clean: { steps: steps.map((inputs) => ({ uses: 'dataaxiom/ghcr-cleanup-action@v1', with: inputs })) } },
  });

  test('what is excluded is left alone as a whole, and of what is older the newest stay', async () => {
    const inputs = { owner: 'Acme', packages: 'app, web*', 'exclude-tags': 'latest, v*', 'older-than': '30 days', 'keep-n-tagged': 5 };
    const { policies } = await imported(workflow(inputs));
    expect(policies).toMatchObject([
      {
        repositories: ['acme/app', 'acme/web*'],
        sharedTags: 'keep',
        protect: [{ tags: ['latest', 'v*'], wholeImage: true }],
        rules: [{ tags: ['**'], order: 'tagged', keep: { days: 30, older: 5 } }],
      },
    ]);
  });

  test('on its own it deletes what has no tag, of the package that --of names', async () => {
    const { policies } = await imported(workflow({ token: '${{ secrets.GITHUB_TOKEN }}' }), 'acme/app');
    expect(policies).toMatchObject([{ repositories: ['acme/app'], rules: [{ untagged: true, keep: 'none' }] }]);
  });

  test('a composite action has steps too', async () => {
    const { uses, with: inputs } = {
      uses: 'dataaxiom/ghcr-cleanup-action@v1',
      with: { owner: 'acme', package: 'app', 'keep-n-tagged': 3 },
    };
    const { policies } = await imported({ runs: { using: 'composite', steps: [{ run: 'true' }, { uses, with: inputs }] } });
    expect(policies).toMatchObject([{ repositories: ['acme/app'], rules: [{ tags: ['**'], keep: { last: 3 } }] }]);
  });

  test('a blank belongs to a tag that is to go, and no tag has one', async () => {
    const { text, policies } = await imported(workflow({ 'delete-tags': 'pr-*, sha-*' }));
    expect(policies[0]?.rules).toMatchObject([{ tags: ['pr-*'], keep: 'none' }]);
    expect(text).toContain('# LEFT OUT: sha-*.');
  });

  test('steps for one package are one policy, in their order', async () => {
    const step = { owner: 'acme', package: 'app', 'use-regex': true, 'exclude-tags': String.raw`^v\d+$` };
    const { policies } = await imported(
      workflow(
        { ...step, 'delete-tags': '^pr-', 'older-than': '1 days' },
        { ...step, 'delete-tags': '^sha-' },
        { owner: 'acme', package: 'app' },
      ),
    );
    expect(policies).toMatchObject([
      {
        repositories: ['acme/app'],
        // An expression protects no whole image: its tags stay, and so none is taken off an image that stays.
        sharedTags: 'keep',
        rules: [
          { tags: { regex: String.raw`v\d+` }, keep: 'all' },
          { tags: ['pr-*'], keep: { days: 1 } },
          { tags: ['sha-*'], keep: 'none' },
          { untagged: true, keep: 'none' },
        ],
      },
    ]);
  });

  test('a value that the workflow works out is an error, and a name of a package that it fills in is not narrowed down', async () => {
    await expect(imported(workflow({ 'older-than': '${{ matrix.age }}' }))).rejects.toThrow('is an expression of the workflow');
    const { text, policies } = await imported(workflow({ owner: 'acme', package: '${{ github.event.repository.name }}/app' }));
    expect(policies).toMatchObject([{ repositories: ['acme/*/app'] }]);
    expect(text).toContain('# ATTENTION: "*" stands where the workflow fills in');
  });
});

describe('zot', () => {
  const config = (policies: unknown, storage: object = {}): object => ({ storage: { ...storage, retention: { delay: '24h', policies } } });

  test('the first entry whose expression is found in a tag decides it, and a tag without one goes', async () => {
    const keepTags = [
      { patterns: ['^v2', '.*-prod'], mostRecentlyPushedCount: 10, pulledWithin: '720h', pushedWithin: '168h' },
      { patterns: ['^v1'] },
    ];
    expect(await rulesOf(config([{ repositories: ['infra/*'], keepTags }]))).toMatchObject([
      { tags: ['v2*', '*-prod*'], keep: { last: 10, days: 30, pulledDays: 30 } },
      { tags: ['v1*'], keep: 'all' },
      { tags: ['**'], keep: 'none' },
      { untagged: true, keep: { days: 1 } },
    ]);
  });

  test('the last pulled are others there: all stay, and what remains is told', async () => {
    const settings = config([
      { repositories: ['**'], deleteUntagged: false, keepTags: [{ mostRecentlyPulledCount: 3, pushedWithin: '48h' }] },
    ]);
    expect(await rulesOf(settings)).toMatchObject([{ tags: ['**'], keep: 'all' }]);
    expect((await imported(settings)).text).toMatch(/write keep: \{days: 2\}/);
  });

  test('keys may be written in any case, and untagged and referrers wait for the longest delay', async () => {
    const policies = [{ Repositories: ['**'], deleteReferrers: true, KeepUntagged: { mostRecentlyPushedCount: 2, pulledWithin: '240h' } }];
    expect(await rulesOf(config(policies, { gcDelay: '48h' }))).toMatchObject([
      { tags: ['**'], keep: 'all' },
      { untagged: true, keep: { last: 2, days: 10, pulledDays: 10 } },
      { orphaned: true, keep: { days: 2 } },
    ]);
  });

  test('of an entry that one above leaves nothing to, it is said what it was, and nothing of how to import it', async () => {
    const entry = { patterns: ['.*'], mostRecentlyPulledCount: 3 };
    const policies = [{ repositories: ['**'], keepTags: [entry, { ...entry, mostRecentlyPulledCount: 5 }] }];
    const { text } = await imported({ storage: { retention: { policies } } });
    expect(text).toContain('# LEFT OUT: ".* (2)" (keepTags 2: mostRecentlyPulledCount 5), because ".*" takes all that it selects.\n');
  });

  test('what is below the path of another storage has the policies of that one', async () => {
    const own = { retention: { policies: [{ repositories: ['infra/*', '**', '*/web'] }] } };
    const { policies } = await imported(config([{ repositories: ['**'] }], { subPaths: { '/a': own } }));
    expect(policies.map(({ repositories }) => repositories)).toEqual([
      ['a/?**', 'a/web'],
      ['**', '!a/**'],
    ]);
  });

  test('a policy without repositories is for none there', async () => {
    await expect(imported(config([{ keepTags: [] }]))).rejects.toThrow('no retention policy with repositories');
  });
});

describe('artifactory-cleanup', () => {
  const settings = (...rules: object[]): object => ({
    'artifactory-cleanup': { server: 'https://a.example.com', policies: [{ name: 'docker-local', rules: [{ rule: 'Repo' }, ...rules] }] },
  });

  test('what all conditions select goes, but the newest of it', async () => {
    const { policies } = await imported(
      settings(
        { rule: 'ExcludeDockerImages', masks: ['*:latest', '*:release*', 'base-tools*'] },
        { rule: 'DeleteDockerImagesOlderThan', days: 30 },
        { rule: 'KeepLatestNDockerImages', count: 3 },
      ),
    );
    expect(policies).toMatchObject([
      {
        repositories: ['docker-local/**', '!docker-local/**/release**', '!docker-local/base-tools**'],
        rules: [{ tags: ['**', '!latest', '!release*'], order: 'tagged', keep: { days: 31, older: 3 } }],
      },
    ]);
  });

  test.for([
    ['not pulled', [{ rule: 'DeleteDockerImagesNotUsed', days: 9 }], { order: 'tagged', keep: { days: 10, pulledDays: 10 } }],
    ['never pulled', [{ rule: 'DeleteDockerImagesOlderThanNDaysWithoutDownloads', days: 9 }], { keep: { days: 10, pulledDays: 36_500 } }],
    [
      'versions',
      [{ rule: 'KeepLatestNVersionImagesByProperty', count: 2, number_of_digits_in_version: 2 }],
      { tags: { include: ['**'], regex: String.raw`\d+\.\d+\.\d+` }, order: 'semver', per: 'minor', keep: { last: 2 } },
    ],
    [
      'files are not images',
      [
        { rule: 'KeepLatestNFilesInFolder', count: 2 },
        { rule: 'DeleteDockerImagesOlderThan', days: 9 },
      ],
      { keep: 'all' },
    ],
    [
      'properties',
      [
        { rule: 'PropertyNeq', property_key: 'a', property_value: 1 },
        { rule: 'DeleteDockerImagesOlderThan', days: 9 },
      ],
      { keep: 'all' },
    ],
    ['a mask for a name or a tag', [{ rule: 'IncludeDockerImages', masks: '*prod*' }], { keep: 'all' }],
  ] as const)('%s', async ([, rules, expected]) => {
    expect(await rulesOf(settings(...rules))).toMatchObject([expected]);
  });

  test('a key that a rule does not have is told with those that it has', async () => {
    const rules = [{ rule: 'Repo' }, { rule: 'DeleteDockerImagesOlderThan', days: 3, sinceWhen: 'pull' }];
    const settings = { 'artifactory-cleanup': { policies: [{ name: 'docker', rules }] } };
    await expect(imported(settings)).rejects.toThrow('unknown key "sinceWhen"; known here: rule, days\n');
  });

  test('policies about files are left out, and what is not built in is an error', async () => {
    await expect(imported(settings({ rule: 'DeleteOlderThan', days: 7 }))).rejects.toThrow('no rule for Docker images');
    await expect(imported(settings({ rule: 'MyRule' }))).rejects.toThrow(
      /settings:1:\d+: .*not a rule that artifactory-cleanup itself has/,
    );
  });
});

test('a policy that another leaves nothing to is told', async () => {
  const step = (name: string): object => ({
    uses: 'actions/delete-package-versions@v5',
    with: { 'package-name': name, 'package-type': 'container', 'min-versions-to-keep': 3, owner: 'acme' },
  });
  const retention = { account: 'acme', 'image-names': '*', 'cut-off': '1d' };
  const { policies, text } = await imported({
    jobs: { one: { steps: [{ uses: 'snok/container-retention-policy@v3', with: retention }, step('app')] } },
  });
  // The narrower one comes first, so that both decide.
  expect(policies.map(({ repositories }) => repositories)).toEqual([['acme/app'], ['acme/*']]);
  expect(text).not.toContain('LEFT OUT');
  const rule = { method: 'number_of_tags', value: 20 };
  const twice = policyText(
    settled([1, 2].flatMap(() => importPolicies(makeSource('quay', JSON.stringify(rule)), undefined, { of: 'team' }))),
    'quay',
  );
  expect(twice).toContain('# LEFT OUT: the policy "auto-prune of team (2)"');
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

test.for([
  ["repository.addLifecycleRule({ tagPrefixList: ['prod'], maxImageCount: 3 });", 'cdk synth'],
  ["aws ecr put-lifecycle-policy --repository-name app --lifecycle-policy-text '{", 'aws ecr get-lifecycle-policy'],
  ['gcloud artifacts repositories set-cleanup-policies app --policy=policy.json', 'file that the command takes with --policy'],
  ['gl.projects.update(7, {"container_expiration_policy_attributes": x})', 'GET /api/v4/projects/{id}'],
] as const)('what sets up a retention and cannot be read leads to what can: %s', async ([text, hint]) => {
  await expect(imported(text)).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining(hint) });
});

test('steps of a workflow for packages that are no images are left out, and what an input needs is said', async () => {
  const step = (inputs: object): object => ({ uses: 'actions/delete-package-versions@v5', with: inputs });
  const image = { 'package-name': 'app', 'package-type': 'container', 'min-versions-to-keep': 3 };
  const workflow = (...steps: object[]): object => ({ jobs: { clean: { steps } } });
  const { text, policies } = await imported(workflow(step({ ...image, 'package-type': 'nuget' }), step(image)));
  expect(policies).toMatchObject([{ rules: [{ keep: { last: 3 } }] }]);
  expect(text).toContain('LEFT OUT: a step that uses actions/delete-package-versions@v5, for packages of the type nuget.');
  await expect(imported(workflow(step({ ...image, 'package-type': 'npm' })))).rejects.toThrow('for packages of the type npm');
  await expect(imported(workflow(step({ 'package-type': 'container' })))).rejects.toThrow('needs the input "package-name"');
});

test('that a later step for one package counts what an earlier one has left is told', async () => {
  const uses = 'actions/delete-package-versions@v5';
  const step = (more: object): object => ({
    uses,
    with: { owner: 'acme', 'package-name': 'app', 'package-type': 'container', 'min-versions-to-keep': 0, ...more },
  });
  const bare = { 'delete-only-untagged-versions': true };
  const told = 'ATTENTION: a step that keeps a number counts what the steps before it have left.';
  const workflow = (...steps: object[]): object => ({ jobs: { clean: { steps } } });
  expect((await imported(workflow(step(bare), step({ 'min-versions-to-keep': 3 })))).text).toContain(told);
  expect((await imported(workflow(step(bare), step({})))).text).not.toContain(told);
});

test('tags that "ignore-versions" is written for stay, and it is said that they do not there', async () => {
  const inputs = { 'package-name': 'app', 'package-type': 'container', 'min-versions-to-keep': 3 };
  const workflow = (expression: string): object => ({
    jobs: { clean: { steps: [{ uses: 'actions/delete-package-versions@v5', with: { ...inputs, 'ignore-versions': expression } }] } },
  });
  const { text, policies } = await imported(workflow('^latest$|^v'));
  expect(policies).toMatchObject([{ protect: [{ tags: ['latest', 'v*'], wholeImage: true }], rules: [{ keep: { last: 3 } }] }]);
  expect(text).toContain('ATTENTION: there it is compared with the digests of containers');
  expect(await rulesOf(workflow('^(latest|prod)$'))).toMatchObject([{ tags: { regex: '(latest|prod)' }, keep: 'all' }, { tags: ['**'] }]);
  expect(await rulesOf(workflow('^(?!pr-)'))).toMatchObject([{ tags: ['**'], untagged: 'too', keep: 'all' }]);
});

test('what is not recognised is not guessed, and every word of --from is offered', async () => {
  const error: unknown = await imported({ hello: 1 }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: expect.stringContaining('no settings are recognised') });
  const words = /--from ([\w|]+)/.exec((error as ToolError).hint ?? '')?.[1]?.split('|');
  expect(words?.toSorted()).toEqual(IMPORT_FORMATS.toSorted());
});
