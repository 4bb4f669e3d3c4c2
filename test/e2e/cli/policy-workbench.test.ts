import { execFileSync } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { PlanDiff } from '../../../src/plan/diff-plans.ts';
import { newSession, type Session } from './in-process.ts';
import { keepBuilds, registryWith } from './registry-with-builds.ts';

const POLICIES = fileURLToPath(new URL('../../../policies/', import.meta.url));

/** A user with a case of the ready-made policies, and its policy beside it. */
async function withCase(change: (policy: string) => string = (policy) => policy): Promise<Session> {
  const session = await newSession();
  await cp(join(POLICIES, 'tests/releases'), join(session.folder, 'case'), { recursive: true });
  const policy = await readFile(join(POLICIES, 'releases.yaml'), 'utf8');
  await session.file('old.yaml', policy);
  await session.file('new.yaml', change(policy));
  const expected = join(session.folder, 'case/expected.json');
  await writeFile(expected, (await readFile(expected, 'utf8')).replace('../../releases.yaml', '../new.yaml'));
  return session;
}

const keepOne = (policy: string): string => policy.replace('last: 3, days: 90', 'last: 1, days: 90');

describe('policy test', () => {
  test('the cases of the ready-made policies hold', async () => {
    const { code, stdout } = await (await newSession()).run('policy', 'test', POLICIES);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^ok {6}.*branch-builds\.test\.yaml:4: of each branch/);
    expect(stdout).toMatch(/^ok {6}.*tests\/releases$/m);
  });

  test('says what is decided otherwise, with the reason', async () => {
    const session = await withCase(keepOne);

    const { code, stdout } = await session.run('policy', 'test', 'case', '-o', 'text', '-o', 'junit=report.xml');

    expect(code).toBe(1);
    expect(stdout).toContain('FAILED  case\n');
    expect(stdout).toContain('prod/team/app: v1.0.0-rc.4 is expected to be "keep" and is "delete", expired\n');
    expect(stdout).toContain('1 case, 1 case failed\n');
    expect(await readFile(join(session.folder, 'report.xml'), 'utf8')).toContain('failures="1"');
  });

  test.for([
    ['"v1.0.0-rc.1": ["delete", "expired"],', '', 'v1.0.0-rc.1 is "delete", and no expectation names it', 1],
    ['["keep", "no_rule"]', '["keep", "newest"]', 'nightly is "keep" as expected, but for no_rule and not for newest', 1],
    ['"nightly"', '"nigthly"', '"nigthly" names 0 manifests', 1],
    ['"given"', '"givn"', 'givn is not known', 3],
  ] as const)('with %j in place of %j: %s', async ([from, to, problem, expected]) => {
    const session = await withCase();
    const file = join(session.folder, 'case/expected.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));

    const { code, stdout, stderr } = await session.run('policy', 'test', 'case');

    expect(code).toBe(expected);
    expect(stdout + stderr).toContain(problem);
  });

  test('a folder without a case is no success', async () => {
    const session = await newSession();
    expect(await session.run('policy', 'test', '.')).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('policy test with a file of cases', () => {
  const POLICY = `version: 1
policies:
  - name: p
    repositories: ['team/**']
    rules:
      - { name: versions, tags: ['v*'], order: semver, keep: { last: 1 } }
      - { name: orphaned, orphaned: true, keep: { days: 7 } }
`;
  const CASES = `version: 1
cases:
  - name: the highest stays
    images:
      v1.0.0: { pushed: 40d, tags: [stable] }
      v2.0.0: 30d
      signature of nothing: { pushed: 9d, orphaned: true }
    expect:
      v2.0.0: [keep, newest]
      v1.0.0: keep # it has another tag
      stable: keep
`;
  const withCases = async (cases = CASES): Promise<Session> => {
    const session = await newSession();
    await session.file('p.yaml', POLICY);
    await session.file('p.test.yaml', cases);
    return session;
  };

  test('a case that fails shows each tag, and all that decided about its image', async () => {
    const session = await withCases();

    const { code, stdout } = await session.run('policy', 'test', join(session.folder, 'p.test.yaml'));

    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED {2}.*p\.test\.yaml:3: the highest stays\n/);
    expect(stdout).toContain('registry/team/app: v1.0.0 is expected to be "keep" and is "untag", expired\n');
    expect(stdout).toContain('registry/team/app: signature of nothing is "delete", and no expectation names it\n');
    expect(stdout).toMatch(/ x v1\.0\.0 +keep +untag, expired +its rule keeps it no longer \(versions, rank 2, 40 days\)\n/);
    expect(stdout).toMatch(/^ +stable +keep +keep, no_rule +no rule selects it\n/m);
    expect(stdout).toMatch(/^ +versions {2}keep last 1 · order semver\n/m);
  });

  test.for([
    ['that is not there', 'policy: q.yaml', 'q.yaml: the policy cannot be read: there is no such file.\n', 'hint: Check the path'],
    [
      'that looks up a list which the case does not have',
      'policy: live.yaml',
      'there is no list "branches" under "lists" in the case: give the names there that it has\n',
      'hint: Correct the policy',
    ],
  ] as const)('a case with a policy %s fails with what to do', async ([, policy, problem, hint]) => {
    const session = await withCases(CASES.replace('cases:', `${policy}\ncases:`));
    const live = `tags: { regex: '(?<branch>.+)-[0-9a-f]{7}' }, live: { branch: branches }`;
    await session.file('live.yaml', POLICY.replace("tags: ['v*'], order: semver", live));
    const { code, stdout } = await session.run('policy', 'test', join(session.folder, 'p.test.yaml'));
    expect([code, stdout]).toEqual([1, expect.stringContaining(problem)]);
    expect(stdout).toContain(`          ${hint}`);
  });

  test('--update writes what is found, says so, and leaves the comments; without it nothing is written', async () => {
    const session = await withCases();
    const file = join(session.folder, 'p.test.yaml');
    await session.run('policy', 'test', file);
    expect(await readFile(file, 'utf8')).toBe(CASES);

    const { code, stdout, stderr } = await session.run('policy', 'test', file, '--update');

    expect(code).toBe(0);
    expect(stdout).toContain('changed  v1.0.0: untag, was keep\n');
    expect(stdout).toContain('changed  signature of nothing: delete\n');
    expect(stderr).toContain('p.test.yaml: 2 expectations are written anew');
    expect(await readFile(file, 'utf8')).toBe(
      CASES.replace('v1.0.0: keep #', 'v1.0.0: untag #').replace(/$/, '      signature of nothing: delete\n'),
    );
    expect(await session.run('policy', 'test', file)).toMatchObject({ code: 0 });
  });

  test('the cases that the README shows are of the policy for releases, and hold', async () => {
    const readme = await readFile(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
    const [, cases = ''] = /^```yaml\n(.*?^cases:\n.*?)^```$/ms.exec(readme.slice(readme.indexOf('**Cases**'))) ?? [];
    const session = await newSession();
    await session.file('releases.test.yaml', cases);
    await cp(join(POLICIES, 'releases.yaml'), join(session.folder, 'releases.yaml'));

    const { code, stdout } = await session.run('policy', 'test', session.folder);

    expect(code, stdout).toBe(0);
  });

  test('an inventory of several repositories is decided as of when it was taken, and its images are named by repository', async () => {
    const inventory = (name: string) => ({
      registry: 'prod',
      repository: name,
      complete: true,
      manifests: ['v1.0.0', 'v2.0.0'].map((tag, index) => ({
        digest: `sha256:${String(index).repeat(64)}`,
        tags: [tag],
        pushedAt: '2026-01-01T00:00:00Z',
      })),
    });
    const session = await withCases(`version: 1
cases:
  - name: all of it
    inventory: inventory.json
    expect: { "prod/team/a:v1.0.0": delete, "prod/team/c:v1.0.0": delete, v1.0.0: delete }
`);
    const repositories = [inventory('team/a'), inventory('team/b')];
    await session.file(
      'inventory.json',
      JSON.stringify({ kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-11-24T00:00:00Z', repositories }),
    );

    const { code, stdout } = await session.run('policy', 'test', session.folder, '--update');

    expect(code).toBe(1);
    expect(stdout).toContain('prod/team/c: there is no such repository; did you mean "prod/team/a"?\n');
    expect(stdout).toContain('there are 2 repositories, so the repository of "v1.0.0" has to be named\n');
    expect(await readFile(join(session.folder, 'p.test.yaml'), 'utf8')).toContain('v1.0.0: delete, prod/team/b:v1.0.0: delete }');
  });
});

describe('policy try', () => {
  test('tells what becomes of a tag alone, and behind newer ones', async () => {
    const session = await newSession();
    const attempt = (...words: readonly string[]) => session.run('policy', 'try', join(POLICIES, 'releases.yaml'), ...words);

    const [counted, other] = [await attempt('v1.2.3', '--age', '400d'), await attempt('v1', 'latest', '--age', '400d')];

    expect(counted).toMatchObject({ code: 0, stderr: '' });
    expect(counted.stdout).toMatch(/^registry\/app:v1\.2\.3\n\n {2}keep\n/);
    expect(counted.stdout).toMatch(/^ {2}alone +keep +among the newest of its group \(final releases, rank 1 in 1\.2, 400 days\)\n/m);
    expect(counted.stdout).toMatch(/^ {2}behind newer ones +delete +its rule keeps it no longer \(final releases, 400 days\)\n/m);
    expect(counted.stdout).toContain('Whether it stays depends on how many newer ones there are.\n');
    expect(other.stdout).toMatch(/^registry\/app:latest$/m);
    expect(other.stdout.match(/However many newer images there are, it stays\./g)).toHaveLength(2);
  });

  test('the last pull and labels decide where the policy asks for them', async () => {
    const session = await newSession();
    const attempt = async (policy: string, ...words: readonly string[]) =>
      (await session.run('policy', 'try', join(POLICIES, policy), 'x', '--age', '400d', ...words)).stdout;

    expect(await attempt('recently-used.yaml', '--pulled', '3d')).toMatch(/^ {2}behind newer ones +keep +no older than the rule asks/m);
    expect(await attempt('recently-used.yaml')).toMatch(/^ {2}behind newer ones +delete/m);
    expect(await attempt('expiring.yaml', '--label', 'quay.expires-after=3w')).toMatch(/^ {2}behind newer ones +delete/m);
    expect(await attempt('expiring.yaml')).toMatch(/^ {2}behind newer ones +keep +no rule selects it/m);
  });

  test('a repository that nothing governs, and what is no tag, are mistakes', async () => {
    const session = await newSession();
    const demo = join(POLICIES, 'demo.yaml');
    const ungoverned = await session.run('policy', 'try', demo, 'v1', '--repository', 'other');
    expect(ungoverned).toMatchObject({ code: 3, stdout: '' });
    expect(ungoverned.stderr).toContain('governs the repository "other".\nhint: Name one that is governed, by --repository.\n');
    expect(await session.run('policy', 'try', demo, 'team/app:v1')).toMatchObject({ code: 3, stdout: '' });
    expect(await session.run('policy', 'try', demo, 'v1', '--age', 'long')).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('policy diff', () => {
  const words = ['policy', 'diff', 'old.yaml', 'new.yaml', '--inventory', 'case/inventory.json', '--now', '2026-12-01T00:00:00Z'];
  const within = (session: Session): string[] => words.map((word) => (/\.(?:yaml|json)$/.test(word) ? join(session.folder, word) : word));

  test('shows what goes after a change and stayed before it, with both reasons', async () => {
    const session = await withCase(keepOne);

    const { code, stdout } = await session.run(...within(session), '--detailed-exitcode', '-o', 'table', '-o', 'markdown=diff.md');

    expect(code).toBe(2);
    expect(stdout).toMatch(/^2 images more go, 0 that went stay; 2\.0 kB more to delete\n/);
    expect(stdout).toMatch(/- v1\.0\.0-rc\.4 .*\n +now +delete: .*rank 2 in 1\.0.*\n +before +keep: among the newest/);
    expect(await readFile(join(session.folder, 'diff.md'), 'utf8')).toContain('| goes | `v1.0.0-rc.4` | `keep: ');
  });

  test('exit 2 means that more goes: also where nothing was carried out before, and not where a limit blocks from now on', async () => {
    const session = await withCase((policy) => policy.replace(/^( +)limits:$/m, '$&\n$1  maxDeletions: 0'));
    const [, , before = '', after = '', ...rest] = within(session);

    const blocked = await session.run('policy', 'diff', before, after, ...rest, '--detailed-exitcode');
    const freed = await session.run('policy', 'diff', after, before, ...rest, '--detailed-exitcode');

    expect(blocked.code).toBe(0);
    expect(blocked.stdout).toMatch(/^nothing is decided differently\nblocked from now on: .*0/);
    expect(freed.code).toBe(2);
    expect(freed.stdout).toMatch(/^nothing is decided differently\nno longer blocked, and would be carried out: .*0/);
  });

  test('what goes less is no reason to stop', async () => {
    const session = await withCase(keepOne);
    const [, , before = '', after = '', ...rest] = within(session);

    const { code, stdout } = await session.run('policy', 'diff', after, before, ...rest, '--detailed-exitcode');

    expect(code).toBe(0);
    expect(stdout).toMatch(/^0 images more go, 2 that went stay; 2\.0 kB less to delete\n/);
    expect(stdout).toMatch(/^ {2}releases: release candidates +– +2 images +-2\.0 kB\n/m);
  });

  test('counts by rule and repository: parts with what they belong to, tags of images that stay, and orphaned attachments', async () => {
    const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
    const old = { size: 100, pushedAt: '2026-01-01T00:00:00Z' };
    const repository = (name: string, ...manifests: object[]) => ({
      registry: 'prod',
      repository: name,
      complete: true,
      capabilities: { deleteTag: true },
      manifests: manifests.map((one) => ({ ...old, ...one })),
    });
    const repositories = [
      repository(
        'a',
        { digest: digest('0'), tags: ['v1'], children: [digest('1')] },
        { digest: digest('1') },
        { digest: digest('2'), tags: ['v2', 'stable'], pushedAt: '2026-02-01T00:00:00Z' },
        { digest: digest('3'), tags: ['v3'], pushedAt: '2026-03-01T00:00:00Z' },
      ),
      repository(
        'b',
        { digest: digest('4'), tags: ['v9'] },
        { digest: digest('5'), subject: digest('f'), artifactType: 'application/vnd.cncf.notary.signature' },
      ),
    ];
    const session = await newSession();
    const policy = (last: number, days: number): string => `version: 1
policies:
  - name: p
    rules:
      - { name: versions, tags: ['v*'], keep: { last: ${last} } }
      - { name: orphaned, orphaned: true, keep: { days: ${days} } }
`;
    const document = { kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-11-24T00:00:00Z', repositories };
    const files = [
      await session.file('old.yaml', policy(3, 3650)),
      await session.file('new.yaml', policy(1, 7)),
      '--inventory',
      await session.file('inventory.json', JSON.stringify(document)),
    ];

    const json = await session.run('policy', 'diff', ...files, '-o', 'json', '--detailed-exitcode');
    const { stdout } = await session.run('policy', 'diff', ...files);

    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      deletesMore: true,
      summary: { bytes: { deletedNow: 300, keptNow: 0, deleted: 300 } },
      rules: [
        { policy: 'p', rule: 'orphaned', orphaned: { deletedNow: 1 }, images: { deletedNow: 0 }, bytes: { deletedNow: 100 } },
        { policy: 'p', rule: 'versions', images: { deletedNow: 1 }, tags: { deletedNow: 1 }, bytes: { deletedNow: 200 } },
      ],
      repositories: [{ repository: 'a', change: { bytes: { deletedNow: 200 } } }, { repository: 'b' }],
    });
    expect(stdout).toMatch(/^ {2}p: orphaned +1 attachment +– +\+100 B\n {2}p: versions +1 image, 1 tag +– +\+200 B\n/m);
    expect(stdout).toMatch(/^ {2}prod\/b +1 attachment +– +\+100 B\n/m);
    expect(stdout).toMatch(/^ {2}- v1 {2}200 B\n/m);
    expect(stdout).toMatch(/^prod\/b {2}policy p\n {2}- sha256:5{12}/m);
  });

  test('an image that is no longer copied elsewhere before it goes is a difference, and for the worse', async () => {
    const session = await newSession();
    const registry = await registryWith({ 'team/a': 2 });
    const gone = await session.file('gone.yaml', keepBuilds(1));
    const copied = keepBuilds(1).replace('keep: {last: 1}', '$&\n        action: { copyTo: archive.example.com/old }');
    const words = [await session.file('copied.yaml', copied), '--inventory', join(session.folder, 'inventory.json')] as const;
    await session.run('inventory', registry.url, '--out', words[2]);

    const worse = await session.run('policy', 'diff', words[0], gone, ...words.slice(1), '--detailed-exitcode');
    const better = await session.run('policy', 'diff', gone, ...words, '--detailed-exitcode');

    expect([worse.code, better.code], worse.stderr + better.stderr).toEqual([2, 0]);
    expect(worse.stdout).toMatch(/^0 images more go, 0 that went stay; 1 image no longer copied elsewhere before it goes; /);
    expect(worse.stdout).toMatch(
      /^ {2}~ build-1 .*\n +now +delete: [^,]+\(.*\)\n +before +delete: .*, copied to archive\.example\.com\/old\/team\/a first\n/m,
    );
  });

  test('reads registries once for both policies', async () => {
    const session = await newSession();
    const registry = await registryWith({ 'team/a': 4, 'team/b': 1 });
    const [before, after] = [await session.file('old.yaml', keepBuilds(4)), await session.file('new.yaml', keepBuilds(2))];
    await session.run('prune', registry.url, '-p', after, '--no-cache');
    const asked = registry.requests.length;

    const { code, stdout } = await session.run('policy', 'diff', before, after, registry.url, '--no-cache', '--detailed-exitcode');

    expect(registry.requests.length - asked).toBe(asked);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^2 images more go, 0 that went stay; /);
    expect(stdout).toMatch(/^ {2}- build-1 .*\n +now +delete: .*rank 4.*\n +before +keep: among the newest/m);
  });

  test('where the config names one of the two, its other policies govern what they govern', async () => {
    const session = await newSession();
    const registry = await registryWith({ 'team/a': 3, other: 3 });
    const all = await session.file('all.yaml', keepBuilds(1));
    const before = await session.file('before.yaml', keepBuilds(3));
    await session.file('team.yaml', keepBuilds(3, '    repositories: [team/**]\n').replace('name: builds', 'name: team'));
    const changed = async (config: string): Promise<string[]> => {
      await session.file('.regctlrc.yaml', config);
      const { stdout } = await (
        await newSession({ cwd: session.folder })
      ).run('policy', 'diff', before, all, registry.url, '--no-cache', '-o', 'json');
      return (JSON.parse(stdout) as PlanDiff).repositories.map(({ repository }) => repository);
    };

    expect(await changed('policies: []\n')).toEqual(['other', 'team/a']);
    expect(await changed(`policies: ['${join(session.folder, 'team.yaml')}', '${all}']\n`)).toEqual(['other']);
  });

  test('what could not be read is said first, and is no success', async () => {
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(2));
    const registry = await registryWith({ 'team/a': 1 });

    const { code, stdout } = await session.run('policy', 'diff', policy, policy, `${registry.url}/team/a`, `${registry.url}/team/gone`);

    expect(code).toBe(6);
    expect(stdout).toMatch(/^not read: .*team\/gone: NOT_FOUND: .*\nnothing is decided differently\n$/);
  });

  test('either policy may be that of a revision in git', async () => {
    const session = await withCase(keepOne);
    const git = (...words: readonly string[]): void =>
      void execFileSync('git', ['-C', session.folder, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words]);
    git('init', '--quiet', '--initial-branch=main');
    git('add', 'old.yaml');
    git('commit', '--quiet', '--message=one');
    const [, , , after = '', ...rest] = within(session);
    const diff = (before: string) => session.run('policy', 'diff', before, after, ...rest);

    expect((await diff('main:old.yaml')).stdout).toMatch(/^2 images more go, 0 that went stay/);
    const [revision, path] = [await diff('master:old.yaml'), await diff('main:new.yaml')];
    expect([revision.code, path.code]).toEqual([3, 3]);
    expect(revision.stderr).toMatch(/^error: master:old\.yaml: the policy cannot be read: .*\nhint: Fetch that revision first/);
    expect(path.stderr).toMatch(/^error: main:new\.yaml: the policy cannot be read: .*\nhint: Give the path from the root/);
    expect((await diff('./main:old.yaml')).stderr).toContain('./main:old.yaml: the policy cannot be read: there is no such file');
  });

  test('without git, or outside of a repository, says so', async () => {
    const outside = await withCase();
    const without = await newSession({ env: { PATH: outside.folder } });
    const [, , , after = '', ...rest] = within(outside);

    expect((await outside.run('policy', 'diff', 'main:old.yaml', after, ...rest)).stderr).toContain('hint: Run this inside the repository');
    expect((await without.run('policy', 'diff', 'main:old.yaml', after, ...rest)).stderr).toContain('hint: Install Git');
  });

  test('says so where nothing changes', async () => {
    const session = await withCase((policy) => policy.replace('name: release candidates', 'name: candidates'));
    expect(await session.run(...within(session), '--detailed-exitcode')).toMatchObject({
      code: 0,
      stdout: 'nothing is decided differently\n',
    });
  });

  test('does not call it the same where no policy governs what was read', async () => {
    const session = await withCase((policy) => policy.replace(/^( +)repositories:.*$/m, '$1repositories: [none]'));
    const [, , , after = '', ...rest] = within(session);
    const { code, stdout } = await session.run('policy', 'diff', after, after, ...rest);
    expect([code, stdout]).toEqual([0, 'nothing is compared: neither policy governs a repository that was read\n']);
  });
});
