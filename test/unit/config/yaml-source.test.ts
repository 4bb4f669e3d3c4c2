import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { isProblems, readYaml, type YamlSource } from '../../../src/config/yaml-source.ts';
import { makeSource } from '../../../src/diagnostics/source.ts';
import { renderProblem, SourceError, sortProblems } from '../../../src/diagnostics/source-error.ts';
import { PolicyFile } from '../../../src/policy/schema.ts';
import { SWEEPING } from '../../sweep.ts';

/** Everything that is wrong with a policy file, rendered as the user sees it. */
function wrongWith(text: string, schema: z.ZodType = PolicyFile): string {
  const result = readYaml(makeSource('p.yaml', text), schema);
  return isProblems(result) ? sortProblems(result).map(renderProblem).join('\n') : 'nothing';
}

function read(text: string, schema: z.ZodType = PolicyFile): YamlSource<unknown> {
  const result = readYaml(makeSource('p.yaml', text), schema);
  if (isProblems(result)) throw new Error(result.map(renderProblem).join('\n'));
  return result;
}

/** A policy file whose only rule has these lines. */
const rule = (...lines: string[]): string =>
  ['version: 1', 'policies:', '  - name: p', '    rules:', '      - name: r', ...lines.map((line) => `        ${line}`), ''].join('\n');

/** Place and message alone. */
const heads = (rendered: string): string[] => rendered.split('\n').filter((line) => line.startsWith('p.yaml:'));

test('a policy file is read, and each part of it has its place', () => {
  const source = read(rule('tags: ["v*"]', 'keep: {last: 10}'));
  expect(source.data).toEqual({ version: 1, policies: [{ name: 'p', rules: [{ name: 'r', tags: ['v*'], keep: { last: 10 } }] }] });
  expect(source.positionOf(['policies', 0, 'rules', 0, 'keep', 'last'])).toEqual({ line: 7, column: 22 });
  expect(source.positionOf(['policies', 0, 'rules', 0])).toEqual({ line: 5, column: 9 });
  // What is not there is shown where it would be.
  expect(source.positionOf(['policies', 0, 'rules', 0, 'order'])).toEqual({ line: 5, column: 9 });
  expect(renderProblem(source.problemAt(['policies', 0, 'rules', 0, 'tags'], 'no such thing'))).toBe(
    ['p.yaml:6:15: no such thing', '  6 |         tags: ["v*"]', '    |               ^~~~~~'].join('\n'),
  );
});

test('JSON is read with places too, tabs and all', () => {
  const source = read('{\n\t"version": 1,\n\t"policies": [{"name": "p", "rules": [{"name": "r", "untagged": true, "keep": "none"}]}]\n}\n');
  expect(source.positionOf(['policies', 0, 'name'])).toEqual({ line: 3, column: 24 });
});

test('every problem is told at once, in the order of the file', () => {
  const text = [
    'version: 2',
    'policies:',
    '  - name: services',
    '    keepAtleast: 1',
    '    grace: 1 hour',
    '    rules:',
    '      - name: releases',
    '        tags: ["v*"]',
    '        order: semvr',
    '        kep: {last: 10}',
    '      - name: releases',
    '        untagged: true',
    '        orphaned: true',
    '        keep: {lasst: 3}',
    '      - tags: "v*"',
    '        keep: sometimes',
    '',
  ].join('\n');
  expect(wrongWith(text)).toBe(
    [
      'p.yaml:1:10: expected 1, got 2',
      '  1 | version: 2',
      '    |          ^',
      'p.yaml:4:5: unknown key "keepAtleast"; did you mean "keepAtLeast"?',
      '  4 |     keepAtleast: 1',
      '    |     ^~~~~~~~~~~',
      'p.yaml:5:12: not a duration: write a whole number and s, m, h, d or w, such as 12h or 30d, or 0s for none',
      '  5 |     grace: 1 hour',
      '    |            ^~~~~~',
      'p.yaml:9:16: expected "pushed", "created", "tagged", "pulled", "active", "semver", "numeric" ' +
        'or "alphabetical", got "semvr"; did you mean "semver"?',
      '  9 |         order: semvr',
      '    |                ^~~~~',
      'p.yaml:10:9: unknown key "kep"; did you mean "keep"?',
      '  10 |         kep: {last: 10}',
      '     |         ^~~',
      'p.yaml:11:15: the name "releases" is taken by an earlier one',
      '  11 |       - name: releases',
      '     |               ^~~~~~~~',
      'p.yaml:13:19: cannot stand beside "untagged": a rule selects tags, untagged images or orphaned attachments',
      '  13 |         orphaned: true',
      '     |                   ^~~~',
      'p.yaml:14:16: unknown key "lasst"; did you mean "last"?',
      '  14 |         keep: {lasst: 3}',
      '     |                ^~~~~',
      'p.yaml:15:9: missing key "name"',
      '  15 |       - tags: "v*"',
      '     |         ^~~~~~~~~~',
      'p.yaml:15:15: expected a list or a map, got text: put it in brackets, [ … ]',
      '  15 |       - tags: "v*"',
      '     |               ^~~~',
      'p.yaml:16:15: expected "all" or "none", got "sometimes"',
      '  16 |         keep: sometimes',
      '     |               ^~~~~~~~~',
    ].join('\n'),
  );
});

describe('what the schema does not allow', () => {
  test.for<[label: string, lines: string[], problems: string[]]>([
    ['a number where text belongs', ['tags: [1.10]', 'keep: all'], ['p.yaml:6:16: expected text, got a fraction: put it in quotes']],
    ['true where text belongs', ['labels: {keep: true}', 'keep: all'], ['p.yaml:6:24: expected text, got true: put it in quotes']],
    [
      'text where a number belongs',
      ['untagged: true', 'keep: {last: "3"}'],
      ['p.yaml:7:22: expected a number, got text: take the quotes away'],
    ],
    ['a negative number', ['untagged: true', 'keep: {last: -1}'], ['p.yaml:7:22: must be 0 or more']],
    ['a fraction of an image', ['untagged: true', 'keep: {last: 1.5}'], ['p.yaml:7:22: expected a whole number, got a fraction']],
    ['endless days', ['untagged: true', 'keep: {days: .inf}'], ['p.yaml:7:22: expected a number, got an infinite number or NaN']],
    ['a key without a value', ['tags:', 'keep: all'], ['p.yaml:6:9: expected a list or a map, got nothing']],
    ['a keep that is a list', ['untagged: true', 'keep: [all]'], ['p.yaml:7:15: expected "all" or "none" or a map, got a list']],
    [
      'an empty keep',
      ['untagged: true', 'keep: {}'],
      ['p.yaml:7:15: needs at least one of last, days, pulledDays, max, label, older, groups and maxGroups'],
    ],
    ['no keep at all', ['untagged: true'], ['p.yaml:5:9: missing key "keep"']],
    [
      'only "!" globs',
      ['tags: ["!v*"]', 'keep: all'],
      ['p.yaml:6:15: needs at least one glob without "!": on their own, "!" globs select nothing'],
    ],
    ['a map of tags with a wrong key', ['tags: {regexp: "a"}', 'keep: all'], ['p.yaml:6:16: unknown key "regexp"; did you mean "regex"?']],
    [
      'an expression that does not compile, whatever groups by it',
      ['tags: {regex: "("}', 'per: branch', 'keep: all'],
      ['p.yaml:6:23: the expression is not a valid RE2 expression: missing closing ): `(`'],
    ],
    [
      'a capture that is not there',
      ['tags: {regex: "(?<stem>.+)-x"}', 'per: branch', 'keep: all'],
      ['p.yaml:7:14: "branch" is neither repository, major nor minor nor a capture of the rule\'s tags.regex, which has stem'],
    ],
    [
      'a rule that selects nothing',
      ['keep: all'],
      ['p.yaml:5:9: selects nothing: a rule needs a selector, such as tags: ["**"] for every tag'],
    ],
    ['untagged: false', ['untagged: false', 'keep: all'], ['p.yaml:6:19: can only be true or too: leave it out otherwise']],
    [
      'a key that is like none',
      ['untagged: true', 'xyzzy: 1', 'keep: all'],
      [
        'p.yaml:7:9: unknown key "xyzzy"; known here: name, tags, untagged, orphaned, labels, annotations, ' +
          'mediaTypes, artifactTypes, platforms, largerThan, signed, unsigned, vulnerabilities, unscanned, noSbom, order, per, ' +
          'gone, live, keep, action',
      ],
    ],
    [
      'a key of the prototype',
      ['untagged: true', 'constructor: 1', 'keep: all'],
      [
        'p.yaml:7:9: unknown key "constructor"; known here: name, tags, untagged, orphaned, labels, annotations, ' +
          'mediaTypes, artifactTypes, platforms, largerThan, signed, unsigned, vulnerabilities, unscanned, noSbom, order, per, ' +
          'gone, live, keep, action',
      ],
    ],
    [
      '__proto__, which would vanish and leave a wider selector',
      ['labels: {env: dev, __proto__: x}', 'keep: none'],
      ['p.yaml:6:28: unknown key "__proto__"'],
    ],
    [
      'a size without a unit',
      ['untagged: true', 'largerThan: 5 gigs', 'keep: all'],
      ['p.yaml:7:21: not a size: write bytes, or a number and KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 500MB'],
    ],
  ])('%s', ([, lines, problems]) => {
    expect(heads(wrongWith(rule(...lines)))).toEqual(problems);
  });

  test('cross-checks are told beside other problems of the same rule', () => {
    expect(heads(wrongWith(rule('tagz: 1', 'untagged: true', 'orphaned: true', 'order: semver', 'keep: [x]')))).toEqual([
      'p.yaml:6:9: unknown key "tagz"; did you mean "tags"?',
      'p.yaml:8:19: cannot stand beside "untagged": a rule selects tags, untagged images or orphaned attachments',
      'p.yaml:9:16: "semver" reads tags, and what this rule selects has none: use an order by time, such as pushed',
      'p.yaml:10:15: expected "all" or "none" or a map, got a list',
    ]);
  });

  test('a document of another shape', () => {
    expect(heads(wrongWith('- a\n- b\n'))).toEqual(['p.yaml:1:1: expected a map, got a list']);
    expect(heads(wrongWith('version: 1\npolicies: {}\n'))).toEqual(['p.yaml:2:11: expected a list, got a map']);
    expect(heads(wrongWith('version: 1\npolicies: []\n'))).toEqual(['p.yaml:2:11: needs at least one entry']);
    expect(heads(wrongWith('version: 1\npolicies: [text, {name: a, rules: [1]}]\n'))).toEqual([
      'p.yaml:2:12: expected a map, got text',
      'p.yaml:2:36: expected a map, got a whole number',
    ]);
  });
});

describe('what is not one plain YAML document', () => {
  test.for<[label: string, text: string, problems: string[]]>([
    ['nothing', '', ['p.yaml:1:1: holds nothing: expected a map']],
    ['comments alone', '# version: 1\n', ['p.yaml:1:1: holds nothing: expected a map']],
    [
      'a glob "!" without quotes',
      rule('tags: ["team/**", !team/legacy/*]', 'keep: all'),
      ['p.yaml:6:27: a text that starts with "!" must be quoted, such as "!legacy/*"'],
    ],
    [
      'a "!" that YAML would drop',
      rule('tags: ["**", ! legacy]', 'keep: all'),
      ['p.yaml:6:24: a text that starts with "!" must be quoted, such as "!legacy/*"'],
    ],
    ['a glob "*" without quotes', rule('tags: [*]', 'keep: all'), ['p.yaml:6:16: a text that starts with "*" must be quoted, such as "*"']],
    [
      'a glob "**" without quotes',
      rule('tags: [**]', 'keep: all'),
      ['p.yaml:6:16: "**" refers to nothing here; a text that starts with "*" must be quoted: "**"'],
    ],
    [
      'a binary value',
      rule('tags: [!!binary aGk=]', 'keep: all'),
      ['p.yaml:6:16: a text that starts with "!" must be quoted, such as "!legacy/*"'],
    ],
    [
      'a key twice',
      'version: 1\nversion: 1\npolicies: []\n',
      ['p.yaml:2:1: "version" stands here twice, first in line 1', 'p.yaml:3:11: needs at least one entry'],
    ],
    ['two documents', 'version: 1\n---\nversion: 1\n', ['p.yaml:2:1: a second document: expected one document in a file']],
    ['YAML 1.1, in which "no" is false', '%YAML 1.1\n---\nversion: 1\n', ['p.yaml:1:1: YAML 1.1: expected YAML 1.2']],
    ['tabs', 'version: 1\npolicies:\n\t- name: a\n', ['p.yaml:3:1: tabs cannot indent in YAML: use spaces']],
    [
      'a colon too many',
      'version: 1\nname: a: b\n',
      ['p.yaml:2:7: a second ": " on one line: put the value in quotes, or on lines of its own'],
    ],
    [
      'bad indentation, once a line',
      'a:\n  b: 1\n c: [1, 2\nd: 3\n',
      [
        'p.yaml:3:1: not valid YAML: all mapping items must start at the same column',
        'p.yaml:4:1: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
    ['an unclosed quote', 'version: "1\n', ['p.yaml:2:1: not valid YAML: missing closing "quote']],
    [
      'a merge key is explained',
      'version: 1\npolicies: &p []\n<<: 1\n',
      [
        'p.yaml:2:14: needs at least one entry',
        'p.yaml:3:1: "<<" merges nothing here, since YAML 1.2 has no merge keys: write out what it stands for',
      ],
    ],
    ['a number as a key', rule('labels: {1: "a", "1": "b"}', 'keep: all'), ['p.yaml:6:18: a key must be text: quote it, "1"']],
    ['a list as a key', '? [a]\n: b\n', ['p.yaml:1:3: a key must be text']],
    ['a list within itself', 'version: 1\npolicies: &p [*p]\n', ['p.yaml:2:15: "*p" refers to what it stands in']],
  ])('%s', ([, text, problems]) => {
    const found = heads(wrongWith(text)).map((line) => line.trim());
    expect(found.filter((line) => !line.includes('missing key'))).toEqual(problems);
  });

  test('aliases stand for what they name, and their place is theirs', () => {
    const source = read(
      'version: 1\npolicies:\n  - name: a\n    repositories: [a]\n    rules: &r\n' +
        '      - {name: x, untagged: true, keep: &k {days: 1}}\n  - name: b\n    rules: *r\n',
    );
    expect(source.data).toMatchObject({ policies: [{ rules: [{ keep: { days: 1 } }] }, { rules: [{ keep: { days: 1 } }] }] });
    expect(source.positionOf(['policies', 1, 'rules'])).toEqual({ line: 8, column: 12 });
    expect(source.positionOf(['policies', 1, 'rules', 0, 'keep'])).toEqual({ line: 6, column: 44 });
  });

  test('aliases that multiply are refused', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefg'[index]}`).join(', ')}]`),
    ].join('\n');
    expect(wrongWith(bomb)).toContain('aliases stand for too much: write it out');
  });

  test.for<[label: string, text: string]>([
    ['lists', '['.repeat(20_000)],
    ['maps', '{a: '.repeat(20_000)],
    ['sequences on one line', '- '.repeat(20_000)],
    ['closed', `${'['.repeat(65)}${']'.repeat(65)}`],
  ])('nesting without end is refused: %s', ([, text]) => {
    expect(wrongWith(text)).toMatch(/nested more than 64 levels deep/);
  });

  test('a file of distinct keys takes no time that grows with their square', () => {
    const count = SWEEPING ? 20_000 : 5000;
    const text = Array.from({ length: count }, (_, index) => `k${index}: 1`).join('\n');
    expect(readYaml(makeSource('p.yaml', text), PolicyFile)).toHaveLength(count + 2);
  });
});

test('the error shows at most a hundred problems and counts the rest', () => {
  const result = readYaml(
    makeSource('p.yaml', `${Array.from({ length: 150 }, (_, index) => `k${index}: 1`).join('\n')}\nversion: 1\npolicies: []\n`),
    PolicyFile,
  );
  const error = new SourceError('POLICY_INVALID', isProblems(result) ? result : [], { hint: '' });
  expect(error.problems).toHaveLength(151);
  expect(error.message).toMatch(/^p\.yaml:1:1: unknown key "k0"/);
  expect(error.message).toMatch(/… and 51 more$/);
  expect(error.exitCode).toBe(3);
});
