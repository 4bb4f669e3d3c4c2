import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTestFile } from '../../../src/policy-test/read-test-file.ts';

/** What is wrong with a file of cases: line, column, message. */
async function problemsOf(text: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-cases-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'p.test.yaml');
  await writeFile(path, text);
  const read = await readTestFile(path, 'p.test.yaml');
  return 'problems' in read ? read.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
}

test('tells every mistake at once, each at its place', async () => {
  const text = `version: 1
polcy: x
cases:
  - name: a
    images:
      v1: 40x
      v2: {pushd: 3d}
    expect: {v1: kep, v2: [keep, newst]}
  - name: a
    inventory: x.json
    repository: team/app
  - name: b
    images:
      v 3: 1d
      v4: {created: 2026-01-01T00:00:00Z, tags: [v5, v6]}
      v6: {}
      gone: {untagged: true, tags: [v7]}
    inUse: [v44, "team/app:v 1"]
    expect: {v55: delete}
  - name: c
  - name: d
    inventory: x.json
    expect: {registry/team/app: keep}
`;
  const problems = await problemsOf(text);

  expect(problems.toSorted((one, other) => parseInt(one) - parseInt(other))).toEqual([
    '2:1 unknown key "polcy"; did you mean "policy"?',
    '6:11 not an age, such as 12h or 40d, nor a time, such as 2026-11-24T03:00:00Z',
    '7:12 unknown key "pushd"; did you mean "pushed"?',
    '8:18 expected "keep", "untag", "archive" or "delete", got "kep"; did you mean "keep"?',
    '8:34 not the code of a reason, such as newest or expired; did you mean "newest"?',
    '9:11 the name "a" is taken by an earlier case',
    '11:17 cannot stand beside "inventory", which says what is there',
    '14:7 "v 3" is not a tag; an image without one says "untagged: true"',
    '15:21 a time needs "now", in the case or at the top: as of when it is decided',
    '16:7 the tag "v6" is on an image of this case already',
    '17:36 cannot stand beside "untagged" or "orphaned"',
    '18:13 there is no image "v44" in this case; did you mean "v4"?',
    '18:18 neither an image reference, such as registry.example.com/team/app:v1, nor a digest, such as sha256: and 64 hexadecimal digits',
    '19:14 there is no image "v55" in this case; did you mean "v5"?',
    '20:5 needs "images" or "inventory": what is there',
    '23:14 "registry/team/app" names no image: write the tag behind it, such as registry/team/app:v1',
  ]);
});

test('a policy in its place is recognised', async () => {
  const problems = await problemsOf('version: 1\npolicies: []\n');
  expect(problems).toContain('2:1 this is a policy, and no file of cases: the cases of policy.yaml stand in policy.test.yaml');
});

test('each image has the tags, times and parts that it is said to have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-cases-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'p.test.yaml');
  await writeFile(
    path,
    `version: 1
now: 2026-12-01T00:00:00Z
cases:
  - name: a
    repository: team/app
    capabilities: { deleteTag: false }
    images:
      v1: { created: 2d, pulled: 1d, tagged: 12h, tags: [latest], platforms: [linux/amd64], signed: true, size: 2KB }
      left: { untagged: true }
`,
  );
  const read = await readTestFile(path, 'p.test.yaml');
  const [first] = 'problems' in read ? [] : read;
  const { inventory } = first?.given ?? {};
  const { manifests = [], capabilities, repository } = typeof inventory === 'function' ? inventory({ registry: 'r', repository: 'x' }) : {};

  expect(repository).toBe('team/app');
  expect(capabilities).toMatchObject({ deleteTag: false, pulledAt: true, archive: true });
  const [image, child, signature, left] = manifests;
  expect(image).toMatchObject({
    tags: ['v1', 'latest'],
    size: 2000,
    pushedAt: '2026-11-29T00:00:00.000Z',
    createdAt: '2026-11-29T00:00:00.000Z',
    pulledAt: '2026-11-30T00:00:00.000Z',
    tagTimes: { v1: '2026-11-30T12:00:00.000Z', latest: '2026-11-30T12:00:00.000Z' },
    children: [child?.digest],
  });
  expect(child).toMatchObject({ tags: [], platforms: ['linux/amd64'] });
  expect(signature).toMatchObject({ tags: [], subject: image?.digest });
  expect(left).toMatchObject({ tags: [] });
  expect(left).not.toHaveProperty('pushedAt');
  expect(manifests).toHaveLength(4);
});
