import path from 'node:path';
import { expect, test } from 'vitest';
import { policyDigest } from '../../../src/config/policy-digest.ts';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { renderProblem, type SourceError } from '../../../src/diagnostics/source-error.ts';
import type { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { Capabilities } from '../../../src/domain/inventory.ts';
import { missingCapabilities } from '../../../src/policy/capabilities.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { folderWith } from './temporary-folder.ts';

const policy = (name: string, ...rest: string[]): string =>
  [
    'version: 1',
    'policies:',
    `  - name: ${name}`,
    `    repositories: [${name}]`,
    '    rules: [{name: r, untagged: true, keep: {days: 7}}]',
    ...rest,
    '',
  ].join('\n');

async function failure(
  files: Readonly<Record<string, string | Uint8Array>>,
  ...names: string[]
): Promise<ToolError & { readonly text: string }> {
  const folder = await folderWith(files);
  const error = await loadPolicies(names.map((name) => path.join(folder, name))).then(
    () => undefined,
    (reason: unknown) => reason as ToolError,
  );
  if (!error) throw new Error('was read');
  return Object.assign(error, { text: error.message.replaceAll(`${folder}/`, '') });
}

test('policies are read in the order of the files, with their source and digest', async () => {
  const folder = await folderWith({
    'a.yaml': policy('one', '  - name: two', '    repositories: [two]', '    rules: [{name: r, untagged: true, keep: none}]'),
    'b.json': '{"version":1,"policies":[{"name":"three","rules":[{"keep":"all","tags":["**"],"name":"r"}]}]}',
  });
  const loaded = await loadPolicies([path.join(folder, 'a.yaml'), path.join(folder, 'b.json')]);
  expect(loaded.map(({ spec, source }) => [spec.name, path.basename(source)])).toEqual([
    ['one', 'a.yaml'],
    ['two', 'a.yaml'],
    ['three', 'b.json'],
  ]);
  // echo -n '{"name":"three","rules":[{"keep":"all","name":"r","tags":["**"]}]}' | sha256sum
  expect(loaded[2]?.digest).toBe('sha256:43d24a87009dcd8dc5162fef88115eba5149e5c2df7aaac36780430fa2ad512e');
});

test('the digest is the same however a policy is written, and another for another policy', () => {
  const spec: PolicySpec = { name: 'p', keepAtLeast: 2, rules: [{ name: 'r', tags: ['b', 'a'], keep: { last: 1, days: 2 } }] };
  const same: PolicySpec = {
    rules: [{ keep: { days: 2, last: 1 }, tags: ['b', 'a'], name: 'r', order: undefined }],
    keepAtLeast: 2,
    name: 'p',
  };
  const other: PolicySpec = { ...spec, rules: [{ name: 'r', tags: ['a', 'b'], keep: { last: 1, days: 2 } }] };
  expect(policyDigest(same)).toBe(policyDigest(spec));
  expect(policyDigest(other)).not.toBe(policyDigest(spec));
});

test('what is wrong in several files is told at once, in the order of the files', async () => {
  const error = await failure({ 'b.yaml': policy('b', '    grace: soon'), 'a.yaml': policy('a', '    kep: 1') }, 'b.yaml', 'a.yaml');
  expect(error.code).toBe('POLICY_INVALID');
  expect(error.text).toBe(
    [
      'b.yaml:6:12: not a duration: write a whole number and s, m, h, d or w, such as 12h or 30d, or 0s for none',
      '  6 |     grace: soon',
      '    |            ^~~~',
      'a.yaml:6:5: unknown key "kep"; known here: name, registries, repositories, keepAtLeast, keepNewest, ' +
        'grace, signaturesIn, danglingTags, sharedTags, protect, limits, perRun, rules',
      '  6 |     kep: 1',
      '    |     ^~~',
    ].join('\n'),
  );
  expect((error as unknown as SourceError).problems.map(({ line, column, endColumn }) => [line, column, endColumn])).toEqual([
    [6, 12, 16],
    [6, 5, 8],
  ]);
});

test('a name is taken by a policy of another file', async () => {
  const error = await failure({ 'a.yaml': policy('same'), 'b.yaml': policy('same') }, 'a.yaml', 'b.yaml');
  expect(error.text).toContain('b.yaml:3:11: the name "same" is taken by a policy at a.yaml:3:11');
});

test('a problem found later is shown in the file', async () => {
  const folder = await folderWith({
    'a.yaml': policy(
      'first',
      '  - name: second',
      '    rules:',
      '      - name: old',
      '        labels: {keep: "no"}',
      '        keep: {pulledDays: 7}',
    ),
  });
  const [, second] = await loadPolicies([path.join(folder, 'a.yaml')]);
  if (!second) throw new Error('not read');
  const nothing = {
    deleteTag: false,
    listUntagged: true,
    pushedAt: true,
    createdAt: true,
    pulledAt: false,
    tagTimes: false,
    labels: false,
    annotations: false,
    platforms: false,
    artifactType: false,
    vulnerability: false,
  } satisfies Capabilities;
  const problems = missingCapabilities(second.spec, nothing).map(({ path: at, message }) =>
    renderProblem(second.problemAt(at, message)).replace(`${folder}/`, ''),
  );
  expect(problems[0]).toBe(
    ['a.yaml:9:17: this registry does not tell labels', '  9 |         labels: {keep: "no"}', '    |                 ^~~~~~~~~~~~'].join(
      '\n',
    ),
  );
  expect(problems[1]).toContain('a.yaml:10:28: this registry does not tell when an image was last pulled');
});

test.for<[label: string, content: string | Uint8Array | undefined, message: RegExp]>([
  ['is not there', undefined, /p\.yaml: the policy cannot be read: there is no such file\.$/],
  ['is not UTF-8', new Uint8Array([0xff, 0xfe, 0x76, 0x00]), /p\.yaml: the policy is not UTF-8 text\.$/],
  ['is too long', '#'.repeat(4 * 2 ** 20 + 1), /p\.yaml: the policy is longer than 4 MiB\.$/],
])('a file that %s is an error, never an empty policy', async ([, content, message]) => {
  const error = await failure(content === undefined ? {} : { 'p.yaml': content }, 'p.yaml');
  expect(error.code).toBe('FILE');
  expect(error.text).toMatch(message);
});

test('a directory is no policy', async () => {
  const error = await failure({ 'p.yaml/x': '' }, 'p.yaml');
  expect(error.text).toMatch(/p\.yaml: the policy cannot be read: it is a directory\.$/);
});

test('a byte order mark is no part of the policy', async () => {
  const folder = await folderWith({ 'p.yaml': `\ufeff${policy('p')}` });
  await expect(loadPolicies([path.join(folder, 'p.yaml')])).resolves.toHaveLength(1);
});
