import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { index } from '../../../src/demo/image.ts';
import { type FakeEcr, OWNER, startFakeEcr } from '../../fakes/ecr/fake-ecr.ts';
import { app, HOST, sizes } from '../../unit/registry/ecr/ecr-fixture.ts';
import { newSession, NOW } from './in-process.ts';

const DAY = 86_400_000;

/** The SDK reads the process's own environment. */
beforeEach(() => {
  for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_ACCESS_KEY_ID', OWNER.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', OWNER.secretAccessKey);
});
afterEach(() => vi.unstubAllEnvs());

/** ECR with `team/app`: 30 builds, one a day, every third for two platforms. */
async function ecrWithBuilds(): Promise<FakeEcr> {
  const fake = await startFakeEcr();
  onTestFinished(() => fake.close());
  vi.stubEnv('AWS_ENDPOINT_URL_ECR', fake.url);
  for (let age = 29; age >= 0; age--) {
    const build = age % 3 === 0 ? index([app(`amd ${age}`), app(`arm ${age}`)]) : app(`build ${age}`);
    fake.push('team/app', build, [`build-${30 - age}`], { pushedAt: new Date(NOW - (age * 1 + 0.5) * DAY).toISOString() });
  }
  return fake;
}

function tagsIn(fake: FakeEcr): string[] {
  return [...fake.store.repository('team/app').images.values()].flatMap(({ tags }) => [...tags]).toSorted();
}

describe('a registry on Amazon ECR, known by its host', () => {
  test('is planned by push times, and nothing is deleted without --apply', async () => {
    const fake = await ecrWithBuilds();
    const session = await newSession();
    const plan = await session.plan([`${HOST}/team/**`, '--keep-last', '10', '--keep-days', '14']);
    expect(plan.repositories).toMatchObject([{ type: 'ecr', repository: 'team/app', clock: 'pushed' }]);
    expect(plan.summary.images).toEqual({ keep: 14, untag: 0, delete: 16 });
    expect(new Set(fake.calls.map(({ operation }) => operation))).toEqual(
      new Set(['DescribeRepositories', 'DescribeImages', 'BatchGetImage']),
    );
  });

  test('is pruned with --apply in few calls, and undone', async () => {
    const fake = await ecrWithBuilds();
    const before = tagsIn(fake);
    const session = await newSession();
    const applied = await session.run('prune', `${HOST}/team/app`, '--keep-last', '10', '--apply', '--yes');
    expect(applied).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Warning') as string });
    expect(tagsIn(fake)).toEqual(Array.from({ length: 10 }, (_, n) => `build-${21 + n}`).toSorted());
    const deletions = fake.calls.filter(({ operation }) => operation === 'BatchDeleteImage');
    // One call finds out whether it may; then 20 images go, then their 12 children, in as few calls as the journal's disk allows.
    const together = sizes(deletions.map(({ input }) => input));
    expect(together.reduce((sum, size) => sum + size)).toBe(1 + 20 + 12);
    expect(together.length).toBeLessThanOrEqual(5);
    const journal = /\S+\.jsonl/.exec(applied.stdout)?.[0] ?? '';
    expect(await session.run('undo', journal, '--yes')).toMatchObject({ code: 0 });
    expect(tagsIn(fake)).toEqual(before);
    expect(fake.violations).toEqual([]);
  });

  test('refuses what the policy asks for and ECR cannot tell', async () => {
    await ecrWithBuilds();
    const session = await newSession();
    const policy = await session.file(
      'policy.yaml',
      'version: 1\npolicies:\n  - name: a\n    rules:\n      - {name: b, tags: ["**"], labels: {keep: "no"}, keep: none}\n',
    );
    expect(await session.run('prune', `${HOST}/team/app`, '-p', policy)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('labels') as string,
    });
  });

  test('ends with the exit code for permissions, and names the action that is missing', async () => {
    const fake = await startFakeEcr({ accounts: [{ ...OWNER, may: (operation) => operation !== 'DescribeImages' }] });
    onTestFinished(() => fake.close());
    vi.stubEnv('AWS_ENDPOINT_URL_ECR', fake.url);
    fake.push('team/app', app('one'), ['v1']);
    const session = await newSession();
    const { code, stderr } = await session.run('prune', `${HOST}/team/app`, '--keep-last', '1');
    expect(code).toBe(4);
    expect(stderr).toContain('ecr:DescribeImages');
    expect(stderr).not.toContain(OWNER.secretAccessKey);
  });

  test('uses the profile that the config names', async () => {
    await ecrWithBuilds();
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    const session = await newSession();
    const profiles = `[cleanup]\naws_access_key_id = ${OWNER.accessKeyId}\naws_secret_access_key = ${OWNER.secretAccessKey}\n`;
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', await session.file('credentials', profiles));
    const registry = (ecr: string): Promise<string> =>
      session.file('.regctlrc.yaml', `registries:\n  prod: {url: "https://${HOST}"${ecr}}\n`);
    await registry('');
    expect(await session.run('prune', '--registry', 'prod', '--keep-last', '1')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('AWS_PROFILE') as string,
    });
    await registry(', ecr: {profile: cleanup}');
    expect((await session.plan(['--registry', 'prod', '--keep-last', '1'])).repositories).toHaveLength(1);
  });

  test.each([
    ['auth, which ECR does not use', `{url: "https://${HOST}", auth: {username: AWS, passwordEnv: SECRET}}`, '"auth"'],
    ['ecr for another kind of registry', '{url: "https://registry.example.com", type: oci, ecr: {profile: x}}', '"ecr"'],
    ['another region than that of the host', `{url: "https://${HOST}", ecr: {region: us-east-1}}`, 'eu-central-1'],
  ])('refuses a config with %s', async (_what, registry, named) => {
    const session = await newSession();
    await session.file('.regctlrc.yaml', `registries:\n  prod: ${registry}\n`);
    const { code, stderr } = await session.run('prune', '--registry', 'prod', '--keep-last', '1');
    expect(code).toBe(3);
    expect(stderr).toContain(named);
  });

  test.each([
    ['{roleArn: cleanup}', 'not the ARN of a role'],
    ['{region: Frankfurt}', 'not a region'],
    ['{account: 123456789012}', '12 digits in quotes'],
    ['{endpoint: vpce.example.com}', 'not the address of an API'],
    ['{endpoint: "https://me:secret@vpce.example.com"}', 'must not stand in an address'],
    ['{secretAccessKey: x}', 'secretAccessKey'],
  ])('refuses a config with ecr: %s', async (ecr, problem) => {
    const session = await newSession();
    await session.file('.regctlrc.yaml', `registries:\n  prod: {url: "https://${HOST}", ecr: ${ecr}}\n`);
    const { code, stderr } = await session.run('prune', '--registry', 'prod', '--keep-last', '1');
    expect(code).toBe(3);
    expect(stderr).toContain(problem);
  });
});

test('an index counts as pulled when one of its images was, and a second plan is the same although ECR counts the reading', async () => {
  const fake = await startFakeEcr({ recordPulls: true });
  onTestFinished(() => fake.close());
  vi.stubEnv('AWS_ENDPOINT_URL_ECR', fake.url);
  const long = { pushedAt: '2026-01-01T00:00:00Z' };
  fake.push('team/app', index([app('used'), app('other')]), ['used'], long);
  fake.push('team/app', index([app('unused')]), ['unused'], { ...long, pulledAt: '2026-02-01T00:00:00Z' });
  fake.push('team/app', app('new'), ['new'], { pushedAt: new Date(NOW - DAY).toISOString() });
  fake.store.repository('team/app').images.get(app('used').digest)!.pulledAt = NOW - 3 * DAY;
  const session = await newSession();
  const policy = 'version: 1\npolicies: [{name: a, rules: [{name: b, tags: ["**"], keep: {pulledDays: 30}}]}]\n';
  const line = [`${HOST}/team/app`, '-p', await session.file('policy.yaml', policy)];
  const plan = await session.plan(line);
  const actions = plan.repositories[0]?.images.flatMap(({ tags, action }) => tags.map((tag) => [tag, action]));
  expect(Object.fromEntries(actions ?? [])).toEqual({ used: 'keep', unused: 'delete', new: 'keep' });
  expect(await session.plan(line)).toEqual(plan);
  expect(fake.calls.filter(({ operation }) => operation === 'BatchGetImage')).toHaveLength(1);
});

describe('a registry under a name of its own', () => {
  const config = (endpoint: string, more = ''): string =>
    `registries:\n  prod: {url: "https://images.example.com", type: ecr, ecr: {region: eu-central-1, endpoint: "${endpoint}"${more}}}\n`;
  const line = ['prod/team/app', '--keep-last', '10'];

  test('is asked which account it is of, says so, and is pruned there; what runs is known by its own name on ECR', async () => {
    const fake = await ecrWithBuilds();
    vi.stubEnv('AWS_ENDPOINT_URL_ECR', undefined);
    const session = await newSession();
    await session.file('.regctlrc.yaml', config(fake.url));
    const inUse = await session.file('in-use.txt', `${HOST}/team/app:build-1\n`);
    const plan = await session.plan([...line, '--in-use', inUse, '--plan-out', 'plan.json']);
    expect(plan.repositories[0]).toMatchObject({ url: `https://${HOST}`, summary: { images: { keep: 11, delete: 19 } } });
    expect(plan.diagnostics).toMatchObject([{ code: 'note', message: expect.stringContaining('account 123456789012') as string }]);
    const applied = await session.run('apply', `${session.folder}/plan.json`, '--in-use', inUse, '--yes');
    expect(applied.code, applied.stderr).toBe(0);
    expect(tagsIn(fake)).toHaveLength(11);
    expect(fake.calls.filter(({ input }) => input['registryId'] !== '123456789012').map(({ operation }) => operation)).toEqual(
      fake.calls.filter(({ operation }) => operation === 'DescribeRegistry').map(({ operation }) => operation),
    );
  });

  test('is known by a repository where the registry may not be described, and by the config where nothing else tells it', async () => {
    const may = vi.fn((operation: string) => operation !== 'DescribeRegistry');
    const fake = await startFakeEcr({ accounts: [{ ...OWNER, may }] });
    onTestFinished(() => fake.close());
    fake.push('team/app', app('one'), ['v1']);
    const session = await newSession();
    await session.file('.regctlrc.yaml', config(fake.url));
    expect((await session.plan(line)).repositories[0]?.url).toBe(`https://${HOST}`);
    may.mockImplementation((operation) => !/^Describe(?:Registry|Repositories)$/.test(operation));
    const { code, stderr } = await session.run('prune', ...line);
    expect(code).toBe(4);
    expect(stderr).toMatch(/ecr:DescribeRegistry.*"ecr\.account"/s);
    await session.file('.regctlrc.yaml', config(fake.url, ', account: "123456789012"'));
    expect((await session.plan(line)).repositories[0]?.url).toBe(`https://${HOST}`);
  });

  test('is not pruned by a plan for another account', async () => {
    const fake = await ecrWithBuilds();
    vi.stubEnv('AWS_ENDPOINT_URL_ECR', undefined);
    const session = await newSession();
    await session.file('.regctlrc.yaml', config(fake.url));
    await session.plan([...line, '--plan-out', 'plan.json']);
    const other = await startFakeEcr({ account: '999999999999' });
    onTestFinished(() => other.close());
    await session.file('.regctlrc.yaml', config(other.url));
    const { code, stderr } = await session.run('apply', `${session.folder}/plan.json`, '--yes');
    expect(code).toBe(3);
    expect(stderr).toContain('999999999999');
    expect(other.calls.map(({ operation }) => operation)).toEqual(['DescribeRegistry']);
  });

  test('is left alone where the config expects another account', async () => {
    const fake = await ecrWithBuilds();
    vi.stubEnv('AWS_ENDPOINT_URL_ECR', undefined);
    const session = await newSession();
    await session.file('.regctlrc.yaml', config(fake.url, ', account: "999999999999"'));
    const { code, stderr } = await session.run('prune', ...line);
    expect(code).toBe(4);
    expect(stderr).toContain("not authorized in the registry with id '999999999999'");
  });
});

describe('a rule with action: archive', () => {
  const POLICY = [
    'version: 1',
    'policies:',
    '  - name: builds',
    '    rules:',
    '      - name: builds',
    '        tags: ["build-*"]',
    '        keep: {last: 10}',
    '        action: archive',
    '',
  ].join('\n');
  const statuses = (fake: FakeEcr): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { status } of fake.store.repository('team/app').images.values()) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };

  test('archives what expires, the parts of an index and not the index, says what that costs, and has nothing left to do', async () => {
    const fake = await ecrWithBuilds();
    const before = tagsIn(fake);
    const session = await newSession();
    const run = ['prune', `${HOST}/team/app`, '-p', await session.file('policy.yaml', POLICY)];
    const dry = await session.run(...run);
    expect(dry.stdout).toMatch(/archive +20 images/);
    expect(dry.stdout).toContain('charged for at least 90 days');
    expect(fake.calls.some(({ operation }) => operation === 'UpdateImageStorageClass')).toBe(false);
    expect(await session.run(...run, '--apply', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/26 +archived/) as string,
    });
    // Of the 20 builds 6 are for two platforms: these indexes stay readable.
    expect(statuses(fake)).toEqual({ ACTIVE: 10 + 4 * 2 + 6, ARCHIVED: 14 + 6 * 2 });
    expect(tagsIn(fake)).toEqual(before);
    expect((await session.plan(run.slice(1))).repositories[0]?.steps).toEqual([]);
    const [journal = ''] = await session.journals();
    expect(await session.run('undo', journal, '--yes')).toMatchObject({ code: 0 });
    expect(statuses(fake)).toEqual({ ACTIVE: 10 + 4 * 2 + 6, ACTIVATING: 14 + 6 * 2 });
    expect(fake.calls.some(({ operation }) => operation === 'BatchDeleteImage')).toBe(false);
    expect(fake.violations).toEqual([]);
  });

  test('leaves an image alone that got a new tag since the plan was made', async () => {
    const fake = await ecrWithBuilds();
    const session = await newSession();
    const plan = await session.plan([`${HOST}/team/app`, '-p', await session.file('policy.yaml', POLICY), '--plan-out', 'plan.json']);
    const images = [...fake.store.repository('team/app').images.values()];
    const oldest = images.find(({ tags }) => tags.has('build-1'));
    const multi = images.find(({ tags }) => tags.has('build-3'));
    oldest?.tags.add('prod');
    multi?.tags.add('prod-multi');
    const applied = await session.run('apply', `${session.folder}/plan.json`, '--yes');
    expect(applied.code, applied.stderr + applied.stdout).toBe(6);
    expect(oldest?.status).toBe('ACTIVE');
    expect(multi?.children.map((child) => fake.store.repository('team/app').images.get(child)?.status)).toEqual(
      multi?.children.map(() => 'ACTIVE'),
    );
    expect(plan.summary.images.archive).toBe(20);
  });

  test('is an error on a registry without an archive, at its line', async () => {
    const session = await newSession();
    const inventory = {
      kind: 'Inventory',
      formatVersion: '1.0',
      takenAt: '2026-11-24T00:00:00Z',
      repositories: [{ registry: 'r', repository: 'a', complete: true, manifests: [] }],
    };
    const result = await session.run(
      'prune',
      '-p',
      await session.file('policy.yaml', POLICY),
      '--inventory',
      await session.file('inventory.json', JSON.stringify(inventory)),
    );
    expect(result).toMatchObject({ code: 3, stderr: expect.stringMatching(/policy\.yaml:8:17: .*has no archive/) as string });
  });
});
