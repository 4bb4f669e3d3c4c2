import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPolicies, type PoliciesOfRun } from '../../../src/config/policy-source.ts';
import type { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { SWEEPING } from '../../sweep.ts';
import { folderWith } from './temporary-folder.ts';

/** Everything that is wrong with policy files, place and message alone; nothing where they are read. */
async function wrongWith(files: Readonly<Record<string, string>>, run?: PoliciesOfRun): Promise<string[]> {
  const folder = await folderWith(files);
  const names = Object.keys(files).map((name) => path.join(folder, name));
  const error = await loadPolicies(names, run).then(
    () => undefined,
    (reason: unknown) => reason as ToolError,
  );
  const lines = error?.message.replaceAll(`${folder}/`, '').split('\n') ?? [];
  return lines.filter((line) => /^\w+\.yaml:\d/.test(line));
}

/** What is wrong with the rules of a policy, each on a line of its own; the first stands in line 5. */
async function wrongWithRules(...rules: readonly string[]): Promise<string[]> {
  const text = ['version: 1', 'policies:', '  - name: p', '    rules:', ...rules.map((rule) => `      - ${rule}`), ''].join('\n');
  return (await wrongWith({ 'p.yaml': text })).map((line) => line.replace(/^p\.yaml:/, ''));
}

/** What is wrong with the keys of a policy, each on a line of its own; the first stands in line 4. */
async function wrongWithPolicy(...lines: readonly string[]): Promise<string[]> {
  const rules = '    rules: [{name: r, tags: ["**"], keep: all}]';
  const text = ['version: 1', 'policies:', '  - name: p', ...lines.map((line) => `    ${line}`), rules, ''].join('\n');
  return (await wrongWith({ 'p.yaml': text })).map((line) => line.replace(/^p\.yaml:/, ''));
}

describe('globs', () => {
  test.for<[glob: string, problem: string]>([
    [
      '^prod',
      'no tag has "^", and a glob is for the whole tag in any case: write "prod" for that tag alone, ' +
        'or "prod*" for every tag that begins so',
    ],
    [
      'prod$',
      'no tag has "$", and a glob is for the whole tag in any case: write "prod" for that tag alone, or "*prod" for every tag that ends so',
    ],
    ['^v1$', 'no tag has "^", and a glob is for the whole tag in any case: write "v1" for that tag alone'],
    [
      '!^prod',
      'no tag has "^", and a glob is for the whole tag in any case: write "prod" for that tag alone, ' +
        'or "prod*" for every tag that begins so',
    ],
    ['(a|b)', 'no tag has "(", so this glob matches nothing: it can hold *, **, ?, [a-z], {a,b} and "\\"'],
    ['!(latest)', 'no tag has "(", so this glob matches nothing: it can hold *, **, ?, [a-z], {a,b} and "\\"'],
    ['app:v*', 'no tag has ":", so this glob matches nothing: it can hold *, **, ?, [a-z], {a,b} and "\\"'],
    ['', 'not a valid glob: it is empty'],
    ['prod\\', 'not a valid glob: it ends in "\\", which takes the next character as it is: write "\\\\" for the character itself'],
    ['[z-a]', 'not a valid glob: it has a range in brackets that runs backwards'],
  ])('%s is refused', async ([glob, problem]) => {
    const list = JSON.stringify(['v*', glob]);
    expect(await wrongWithRules(`{name: r, tags: ${list}, keep: all}`)).toEqual([`5:31: ${problem}`]);
    expect(await wrongWithPolicy(`protect: [{tags: ${list}}]`)).toEqual([`4:28: ${problem}`]);
  });

  test('are refused wherever they stand', async () => {
    expect(await wrongWithRules('{name: r, tags: {exclude: ["^v"]}, keep: all}')).toEqual([
      '5:36: no tag has "^", and a glob is for the whole tag in any case: write "v" for that tag alone, ' +
        'or "v*" for every tag that begins so',
    ]);
    expect(await wrongWithRules('{name: r, tags: {exclude: ["!v"]}, keep: all}')).toEqual([
      '5:36: a glob with "!" cannot stand here; write "\\!" for the character itself',
    ]);
    expect(await wrongWithRules('{name: r, labels: {a: "[x"}, keep: all}')).toEqual([
      '5:31: not a valid glob: it has a "[" that does not close',
    ]);
    expect(await wrongWithRules('{name: r, labels: {a: "!x"}, keep: all}')).toEqual([
      '5:31: a glob with "!" cannot stand here; write "\\!" for the character itself',
    ]);
    expect(await wrongWithRules('{name: r, labels: {a: ""}, keep: all}')).toEqual(['5:31: not a valid glob: it is empty']);
    expect(await wrongWithRules('{name: r, labels: {}, keep: all}')).toEqual(['5:27: needs at least one name and value']);
    expect(await wrongWithPolicy('repositories: ["^team/.*$"]')).toEqual([
      '4:20: no repository has "^", and a glob is for the whole repository in any case: write "team/.*" for that repository alone',
    ]);
    expect(await wrongWithPolicy('repositories: ["^team"]')).toEqual([
      '4:20: no repository has "^", and a glob is for the whole repository in any case: ' +
        'write "team" for that repository alone, or "team**" for every repository that begins so',
    ]);
    expect(await wrongWithPolicy('signaturesIn: ["!a"]')).toEqual([
      '4:19: needs at least one glob without "!": on their own, "!" globs select nothing',
    ]);
    expect(await wrongWithPolicy('repositories: ["**", "!team/app:prod", "!registry.example.com:5000/team/web"]')).toEqual([
      '4:26: no repository has ":", so this glob matches nothing: it can hold *, **, ?, [a-z], {a,b} and "\\"',
      '4:44: no repository has ":", so this glob matches nothing: it can hold *, **, ?, [a-z], {a,b} and "\\"',
    ]);
    expect(await wrongWithRules('{name: r, orphaned: {subjectsIn: ["a|b"]}, keep: all}')).toEqual([
      '5:43: no repository has "|", so this glob matches nothing: it can hold *, **, ?, [a-z], {a,b} and "\\"',
    ]);
  });

  test('for labels and media types may hold any character', async () => {
    expect(await wrongWithRules('{name: r, labels: {a: "^x (y) \\\\!*"}, mediaTypes: ["a/b+c; d=$"], keep: all}')).toEqual([]);
  });
});

describe('expressions and ranges', () => {
  test('an empty one selects nothing, or everything: neither is meant', async () => {
    expect(await wrongWithRules('{name: r, tags: {regex: ""}, keep: all}')).toEqual(['5:33: the expression is empty, and no tag is']);
    for (const range of ['', ' ', '>=1 ||', '|| 2.x'])
      expect(await wrongWithRules(`{name: r, tags: {semver: "${range}"}, keep: all}`)).toEqual([
        '5:34: an empty range is every version: write "*" if that is meant',
      ]);
    expect(await wrongWithRules('{name: r, tags: {semver: "*"}, keep: all}')).toEqual([]);
    expect(await wrongWithRules('{name: r, tags: {semver: "latest"}, keep: all}')).toEqual([
      '5:34: not a semver range, such as ">=1.0.0 <2.0.0"',
    ]);
  });

  test('what other tools read in another way is refused with the ways to say it', async () => {
    expect(await wrongWithRules('{name: r, tags: {regex: "^prod"}, keep: all}')).toEqual([
      '5:33: the expression is anchored at its start only by "^", but an expression is for the whole ' +
        'tag in any case: write "prod.*" for every tag that begins so, or "prod" for the whole tag',
    ]);
    expect(await wrongWithRules('{name: r, tags: {regex: "^(?!latest).*$"}, keep: all}')).toEqual([
      '5:33: the expression has the lookahead "(?!", and RE2 knows no such thing, because it never goes ' +
        'back: what is to be left out belongs into tags.exclude or to a rule above this one, what must ' +
        'be there besides into tags.include',
    ]);
  });
});

describe('a range in which no version is', () => {
  test.each([
    ['>=2 <1', '>=2.0.0-0 <1.0.0-0'],
    ['>1.0.0 <1.0.0', '>1.0.0 <1.0.0'],
    ['1.x || >=3.0.0 =2.0.0', '>=3.0.0 2.0.0'],
  ])('%s', async (range, told) => {
    expect(await wrongWithRules(`{name: r, tags: {semver: "${range}"}, keep: all}`)).toEqual([
      `5:34: no version is in ${told}: its lower bound is above its upper one`,
    ]);
  });

  test.each(['>=1.0.0 <=1.0.0', '1.0.0', '>1.0.0 <1.0.1', '^1 || ~2.3', '>=1.0.0-rc.1 <1.0.0', '*'])('%s holds some', async (range) => {
    expect(await wrongWithRules(`{name: r, tags: {semver: "${range}"}, keep: all}`)).toEqual([]);
  });
});

test('days and durations that no registry reaches back to', async () => {
  for (const key of ['days', 'pulledDays'])
    expect(await wrongWithRules(`{name: r, tags: ["**"], keep: {${key}: 40000000}}`)).toEqual([
      expect.stringContaining('reaches back more than 36500 days') as string,
    ]);
});

test('a rule below an expression for every tag has nothing left', async () => {
  for (const every of ['.*', '.+', '^.*$', '(?<all>.+)', '(.*)', '(?:.+?)'])
    expect(
      await wrongWithRules(`{name: all, tags: {regex: "${every}"}, keep: {last: 1}}`, '{name: r, tags: ["**"], keep: all}'),
      every,
    ).toEqual([expect.stringContaining('nothing is left for this rule: "all" above it takes all that it selects') as string]);
  expect(await wrongWithRules('{name: all, tags: {regex: ".*a"}, keep: {last: 1}}', '{name: r, tags: ["**"], keep: all}')).toEqual([]);
});

describe('what says nothing', () => {
  test.for<[rule: string, problems: string[]]>([
    ['{name: r, tags: ["**"], keep: {days: 1, max: 3, older: 2}}', []],
    [
      '{name: r, tags: ["**"], keep: {last: 1, max: 3}}',
      ['5:54: "max" says nothing beside "last" alone: it bounds what days, pulledDays and label keep'],
    ],
    ['{name: r, tags: ["**"], keep: {last: 1, max: 3, days: 1}}', []],
    ['{name: r, tags: ["**"], keep: {last: 1, max: 3, pulledDays: 1}}', []],
    ['{name: r, tags: ["**"], keep: {last: 1, max: 3, label: expires}}', []],
    ['{name: r, tags: ["**"], keep: {max: 3}}', []],
    ['{name: r, tags: ["**"], keep: {older: 3}}', ['5:47: "older" needs "days" beside it: it counts those that are older']],
    ['{name: r, tags: ["**"], keep: {older: 3, pulledDays: 1}}', ['5:47: "older" needs "days" beside it: it counts those that are older']],
    ['{name: r, tags: ["**"], keep: {older: 3, days: 1}}', []],
    [
      '{name: r, tags: ["**"], keep: {last: 1, groups: 3}}',
      ['5:57: "groups" needs a capture of tags.regex in "per", such as per: branch: it counts the groups that this makes'],
    ],
    [
      '{name: r, tags: ["**"], per: minor, keep: {last: 1, groups: 3}}',
      ['5:69: "groups" needs a capture of tags.regex in "per", such as per: branch: it counts the groups that this makes'],
    ],
    [
      '{name: r, tags: {regex: "(?<b>.+)-x"}, per: b, keep: {days: 1, groups: 3}}',
      ['5:80: "groups" needs "last" or "max" beside it: it says in how many groups these count'],
    ],
    ['{name: r, tags: {regex: "(?<b>.+)-x"}, per: b, keep: {last: 1, groups: 3}}', []],
    ['{name: r, tags: {regex: "(?<b>.+)-x"}, per: b, keep: {days: 1, maxGroups: 3}}', []],
    [
      '{name: r, tags: {regex: "(?<b>.+)-x"}, per: b, keep: {last: 1, maxGroups: 3}}',
      ['5:83: "maxGroups" needs "days", "pulledDays" or "label" beside it: it bounds what these keep'],
    ],
    [
      '{name: r, tags: ["**"], keep: {days: 1, maxGroups: 3}}',
      ['5:60: "maxGroups" needs a capture of tags.regex in "per", such as per: branch: it counts the groups that this makes'],
    ],
    [
      '{name: r, tags: {regex: "(?<b>.+)-x"}, gone: {c: branches}, keep: none}',
      ['5:58: "c" is not a capture of the rule\'s tags.regex, which has b'],
    ],
    [
      '{name: r, tags: {regex: "(?<b>.+)-x"}, live: {b: branches}, gone: {b: branches}, keep: none}',
      ['5:75: selects what does not exist any more, and "live" keeps only what exists: leave out one of them'],
    ],
    ['{name: r, tags: ["**"], keep: {label: ""}}', ['5:47: must not be empty']],
  ])('%s', async ([rule, problems]) => {
    expect(await wrongWithRules(rule)).toEqual(problems);
  });

  test('in protect: an entry of nothing, of two kinds, and a whole image without a tag', async () => {
    expect(
      await wrongWithPolicy(
        'protect:',
        '  - {}',
        '  - {tags: [a], signed: true}',
        '  - {wholeImage: true}',
        '  - {signed: true, wholeImage: true}',
        '  - {tags: [a], wholeImage: true}',
        '  - {tags: [a], wholeImage: false}',
      ),
    ).toEqual([
      '5:9: needs exactly one of tags, digests, labels and signed; write one list entry for each',
      '6:9: needs exactly one of tags, digests, labels and signed; write one list entry for each',
      '7:9: needs exactly one of tags, digests, labels and signed; write one list entry for each',
      '7:22: belongs beside "tags": what else stands here protects whole images in any case',
      '8:36: belongs beside "tags": what else stands here protects whole images in any case',
      '10:33: can only be true: leave it out otherwise',
    ]);
  });

  test('perRun without a number', async () => {
    expect(await wrongWithPolicy('perRun: {}')).toEqual(['4:13: missing key "deletions"']);
    expect(await wrongWithPolicy('perRun: {deletions: 200}', 'danglingTags: ignore', 'keepNewest: 3')).toEqual([]);
  });
});

describe('untagged images beside tags', () => {
  test.for<[rule: string, problems: string[]]>([
    ['{name: r, tags: ["**"], untagged: too, keep: {last: 5}}', []],
    ['{name: r, tags: ["**"], untagged: too, order: active, keep: {last: 5}}', []],
    [
      '{name: r, tags: ["**"], untagged: true, keep: {last: 5}}',
      [
        '5:43: cannot stand beside "tags": a rule selects tags, untagged images or orphaned attachments; ' +
          '"untagged: too" counts both together',
      ],
    ],
    [
      '{name: r, untagged: too, keep: {last: 5}}',
      ['5:29: "too" counts untagged images beside tags, and there are no "tags" here: write true for untagged images alone'],
    ],
    [
      '{name: r, tags: ["v*"], untagged: too, order: semver, keep: {last: 5}}',
      ['5:55: "semver" reads tags, and untagged images have none: use an order by time, such as pushed'],
    ],
    ['{name: r, tags: ["v*"], untagged: too, per: minor, keep: {last: 5}}', ['5:53: groups by tags, and untagged images have none']],
    [
      '{name: r, untagged: too, orphaned: true, keep: all}',
      ['5:44: cannot stand beside "untagged": a rule selects tags, untagged images or orphaned attachments'],
    ],
    ['{name: r, untagged: often, keep: all}', ['5:29: can only be true or too: leave it out otherwise']],
  ])('%s', async ([rule, problems]) => {
    expect(await wrongWithRules(rule)).toEqual(problems);
  });
});

test('a rule for untagged images alone stands below one that counts them beside tags, because it is asked later', async () => {
  const [alone, beside] = [
    '{name: a, untagged: true, labels: {a: b}, keep: all}',
    '{name: b, tags: ["v*"], untagged: too, signed: true, keep: none}',
  ];
  expect(await wrongWithRules(alone, beside)).toEqual([
    '5:29: "b" below counts untagged images beside tags, and so it is asked before this rule: put it above',
  ]);
  expect(await wrongWithRules(beside, alone)).toEqual([]);
});

describe('lists of names that live on', () => {
  const branches = 'tags: {regex: "(?<branch>.+)-[0-9]+"}';

  test.for<[rule: string, problems: string[]]>([
    [`{name: r, ${branches}, live: {branch: branches}, keep: {days: 7}}`, []],
    [
      `{name: r, ${branches}, live: {bramch: branches}, keep: {days: 7}}`,
      [`5:73: "bramch" is not a capture of the rule's tags.regex, which has branch`],
    ],
    [
      '{name: r, tags: ["**"], live: {branch: branches}, keep: all}',
      [`5:48: "branch" is not a capture of the rule's tags.regex, such as (?<branch>.+)`],
    ],
    [
      '{name: r, untagged: true, live: {branch: branches}, keep: all}',
      [`5:50: "branch" is not a capture of the rule's tags.regex, such as (?<branch>.+)`],
    ],
    [`{name: r, ${branches}, live: {}, keep: all}`, ['5:64: needs one capture and the list that it is looked up in']],
    [
      `{name: r, ${branches}, live: {branch: a, other: b}, keep: all}`,
      [
        '5:64: needs one capture and the list that it is looked up in',
        `5:83: "other" is not a capture of the rule's tags.regex, which has branch`,
      ],
    ],
  ])('%s', async ([rule, problems]) => {
    expect(await wrongWithRules(rule)).toEqual(problems);
  });

  test('a list that the config lacks', async () => {
    const files = {
      'p.yaml': [
        'version: 1',
        'policies:',
        '  - name: p',
        '    rules:',
        `      - {name: r, ${branches}, live: {branch: branches}, keep: none}`,
      ].join('\n'),
    };
    expect(await wrongWith(files, { lists: ['branches'] })).toEqual([]);
    expect(await wrongWith(files, { lists: ['tags', 'teams'] })).toEqual([
      'p.yaml:5:73: there is no list "branches" under "lists" in the config, which has tags, teams',
    ]);
    expect(await wrongWith(files, { lists: [] })).toEqual([
      'p.yaml:5:73: there is no list "branches" under "lists" in the config: name there where it comes from, a git, a file or a command',
    ]);
    // Without a run nobody knows the config that it is for.
    expect(await wrongWith(files)).toEqual([]);
  });
});

test('a group of a version cannot be told from a capture of that name', async () => {
  expect(await wrongWithRules('{name: r, tags: {regex: "v(?<major>[0-9]+)"}, per: major, keep: {last: 1}}')).toEqual([
    '5:60: "major" has a meaning of its own here, and the expression has a capture of that name: give that another name',
  ]);
});

describe('a rule that one above it leaves nothing to', () => {
  const left = (above: string): string => `nothing is left for this rule: "${above}" above it takes all that it selects`;

  test.for<[above: string, below: string]>([
    ['tags: ["**"]', 'tags: ["v*"]'],
    ['tags: ["*"]', 'tags: {regex: "v.*"}'],
    ['tags: ["**"]', 'tags: {semver: ">=1.0.0"}'],
    ['tags: ["**"]', 'signed: true'],
    ['tags: ["v*"]', 'tags: ["v*"], labels: {a: b}'],
    ['tags: ["v*"]', 'tags: ["v1.*", "v2"]'],
    ['tags: ["v*", "x"]', 'tags: [x]'],
    ['tags: ["v[0-9]*"]', 'tags: [v1, v2]'],
    ['tags: {regex: "v.*"}', 'tags: {regex: "v.*", exclude: [v1]}'],
    ['tags: {semver: ">=1"}', 'tags: {semver: ">=1"}, order: semver'],
    ['tags: ["**", "!latest"]', 'tags: ["v*"]'],
    ['tags: ["**", "!latest"]', 'tags: ["**", "!latest", "!v1"]'],
    ['tags: ["**", "!v1.*"]', 'tags: ["**", "!v1*"]'],
    ['tags: ["**"], untagged: too', 'untagged: true'],
    ['tags: ["**"], untagged: too', 'tags: ["v*"], untagged: too'],
    ['untagged: true', 'untagged: true, labels: {a: b}'],
    ['orphaned: true', 'orphaned: true, signed: false'],
    ['orphaned: {subjectsIn: ["team/**"]}', 'orphaned: {subjectsIn: ["team/**"]}'],
  ])('%s, then %s', async ([above, below]) => {
    expect(await wrongWithRules(`{name: a, ${above}, keep: {last: 1}}`, `{name: b, ${below}, keep: {last: 2}}`)).toEqual([
      `6:16: ${left('a')}`,
    ]);
  });

  test.for<[above: string, below: string]>([
    ['tags: ["**"], labels: {a: b}', 'tags: ["**"]'],
    ['tags: ["**"], signed: true', 'tags: ["v*"]'],
    ['tags: ["**"], largerThan: 1GB', 'tags: ["v*"]'],
    ['tags: ["v1*"]', 'tags: ["v*"]'],
    ['tags: ["v?"]', 'tags: ["v*"]'],
    ['tags: ["v[0-9]"]', 'tags: [v1, vx]'],
    ['tags: {regex: "v.*"}', 'tags: ["v*"]'],
    ['tags: {semver: ">=1"}', 'tags: {semver: ">=0.5"}'],
    ['tags: ["**"]', 'untagged: true'],
    ['tags: ["**"]', 'tags: ["**"], untagged: too'],
    ['tags: ["**", "!latest"]', 'tags: ["l*"]'],
    ['tags: ["**", "!latest"]', 'tags: [latest]'],
    ['tags: ["**", "!*-dev"]', 'tags: ["v*"]'],
    ['tags: ["**", "!v1*"]', 'tags: ["**", "!v1.*"]'],
    ['untagged: true', 'tags: ["**"]'],
    ['untagged: true', 'orphaned: true'],
    ['orphaned: true', 'untagged: true'],
    // In a repository of signatures alone only the second one has a say.
    ['orphaned: true', 'orphaned: {subjectsIn: ["team/**"]}'],
    ['orphaned: {subjectsIn: ["team/**"]}', 'orphaned: true'],
  ])('%s leaves something to %s', async ([above, below]) => {
    expect(await wrongWithRules(`{name: a, ${above}, keep: {last: 1}}`, `{name: b, ${below}, keep: {last: 2}}`)).toEqual([]);
  });

  test('is told beside other problems, of each such rule the first one above', async () => {
    expect(
      await wrongWithRules(
        '{name: a, tags: ["v*"], keep: all}',
        '{name: wrong, tags: ["**"], keep: some}',
        '{name: b, tags: ["**"], keep: all}',
        '{name: c, tags: ["v1*"], keep: all}',
        '{name: d, tags: [x], keep: all}',
      ),
    ).toEqual(['6:43: expected "all" or "none", got "some"', `8:16: ${left('a')}`, `9:16: ${left('b')}`]);
  });

  test('in a file of a thousand rules or more takes no time that grows with their square', async () => {
    const many = Array.from({ length: SWEEPING ? 3000 : 1000 }, (_, index) => `{name: r${index}, tags: [t${index}], keep: all}`);
    expect(await wrongWithRules(...many)).toEqual([]);
  });
});

describe('a policy that one above it leaves nothing to', () => {
  const file = (...policies: readonly string[]): string =>
    ['version: 1', 'policies:', ...policies.map((policy) => `  - {${policy}, rules: [{name: r, tags: ["**"], keep: all}]}`), ''].join('\n');
  const left = 'nothing is left for this policy: "a" above it governs every repository that it could';

  test.for<[above: string, below: string]>([
    ['', ''],
    ['', 'repositories: ["team/*"]'],
    ['repositories: ["**"]', 'repositories: [team/app], registries: [prod]'],
    ['repositories: ["team/**"]', 'repositories: ["team/**", "!team/old"]'],
    ['repositories: ["team/**"]', 'repositories: [team, "team/app*", "team/a/**"]'],
    ['repositories: ["team/*"]', 'repositories: ["team/app-*", team/web]'],
    ['repositories: ["**", "!legacy/**"]', 'repositories: ["team/**"]'],
    ['repositories: ["**", "!legacy/*"]', 'repositories: ["**", "!legacy/**"]'],
    ['registries: [prod, dr]', 'registries: [dr]'],
  ])('{%s}, then {%s}', async ([above, below]) => {
    const text = file(['name: a', above].filter(Boolean).join(', '), ['name: b', below].filter(Boolean).join(', '));
    expect(await wrongWith({ 'p.yaml': text })).toEqual([`p.yaml:4:12: ${left}`]);
  });

  test.for<[above: string, below: string]>([
    ['repositories: ["team/*"]', 'repositories: ["team/**"]'],
    ['repositories: ["team/*"]', 'repositories: ["team/*/web"]'],
    ['repositories: ["team/*"]', 'repositories: [team]'],
    ['repositories: ["*"]', 'repositories: ["**"]'],
    ['repositories: ["**", "!legacy/**"]', 'repositories: [legacy]'],
    ['repositories: ["**", "!legacy/**"]', 'repositories: ["leg*"]'],
    ['registries: [prod]', 'registries: [prod, dr]'],
    ['registries: [prod]', 'repositories: [a]'],
  ])('{%s} leaves something to {%s}', async ([above, below]) => {
    expect(await wrongWith({ 'p.yaml': file(`name: a, ${above}`, `name: b, ${below}`) })).toEqual([]);
  });

  test('in another file, where both are for one run', async () => {
    const files = { 'a.yaml': file('name: a'), 'b.yaml': file('name: b, repositories: ["team/**"]') };
    expect(await wrongWith(files, { lists: [] })).toEqual([
      'b.yaml:3:12: nothing is left for this policy: "a" in a.yaml governs every repository that it could',
    ]);
    // They may be checked together and meant for different runs.
    expect(await wrongWith(files)).toEqual([]);
    expect(await wrongWith({ 'b.yaml': files['b.yaml'], 'a.yaml': files['a.yaml'] }, { lists: [] })).toEqual([]);
  });
});
