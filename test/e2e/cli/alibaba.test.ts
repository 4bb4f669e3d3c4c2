import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import { image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { type FakeAlibaba, type FakeAlibabaOptions, OWNER, startFakeAlibaba } from '../../fakes/alibaba/fake-alibaba.ts';
import { newSession, NOW, type Session } from './in-process.ts';

const DAY = 86_400_000;
const KEEP = ['--keep-days', '30', '--keep-last', '3'];

beforeEach(() => {
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', OWNER.accessKeyId);
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', OWNER.accessKeySecret);
  return () => vi.unstubAllEnvs();
});

/** A registry with `myteam/app`: ten builds, one every ten days, the newest of yesterday; the oldest is signed. */
async function registryWithBuilds(options: FakeAlibabaOptions = {}): Promise<FakeAlibaba> {
  const alibaba = await startFakeAlibaba(options);
  onTestFinished(() => alibaba.close());
  const { store } = alibaba;
  for (let age = 9; age >= 0; age--) {
    const time = NOW - (age * 10 + 1) * DAY;
    const build = image({ layers: [layer(`build ${age}`, 100)], created: new Date(time).toISOString() });
    const pushed: Pushable = age % 2 === 0 ? index([build]) : build;
    store.now = () => time;
    store.push('myteam/app', pushed, [`build-${10 - age}`]);
    if (age === 9) store.push('myteam/app', cosignSignature(pushed), [attachmentTag(pushed.digest, 'sig')]);
  }
  store.now = () => NOW;
  return alibaba;
}

/** A session whose config says where the API is. */
async function sessionFor({ url }: FakeAlibaba): Promise<Session> {
  const session = await newSession();
  await session.file('.regctlrc.yaml', `registries:\n  prod: {url: "${url}", alibaba: {endpoint: "${url}"}}\n`);
  return session;
}

describe.each(['enterprise', 'personal'] as const)('a registry of Alibaba Cloud, %s edition, which is known by its answer', (edition) => {
  test('is planned, told as the README shows it, and pruned; there is no undo, which is said before', async () => {
    const alibaba = await registryWithBuilds({ edition });
    const session = await sessionFor(alibaba);
    const planned = await session.run('prune', 'prod/myteam', ...KEEP);
    expect(planned.code, planned.stderr).toBe(0);
    expect([...alibaba.store.repository('myteam/app').tags.keys()]).toHaveLength(11);
    const readme = await readFile(fileURLToPath(new URL('../../../src/registry/alibaba/README.md', import.meta.url)), 'utf8');
    const [, example = ''] = /```console\n\$ regctl prune .*\n([^]*?)```/.exec(readme) ?? [];
    const told = planned.stdout.replace(/\bprod\b/g, 'team-registry.cn-hangzhou.cr.aliyuncs.com');
    const shown = example.split('\n').filter((line) => line.trim() !== '' && !/^ *…$/.test(line));
    expect(shown.length).toBeGreaterThan(5);
    for (const line of shown) expect(told).toContain(line);

    const { code, stderr } = await session.run('prune', 'prod/myteam', ...KEEP, '--apply', '--yes');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('cannot be put back');
    expect([...alibaba.store.repository('myteam/app').tags.keys()].toSorted()).toEqual(['build-10', 'build-8', 'build-9']);
  });
});

test('a tag that stays and went with another one of its image is put back, and the run stops there', async () => {
  const alibaba = await registryWithBuilds();
  const { store } = alibaba;
  const shared = image({ layers: [layer('shared', 100)], created: new Date(NOW - 400 * DAY).toISOString() });
  store.now = () => NOW - 400 * DAY;
  store.push('myteam/shared', shared, ['release', 'old-1', 'old-2']);
  store.now = () => NOW;
  store.takesSiblings = true;
  const session = await sessionFor(alibaba);
  const { code, stdout, stderr } = await session.run(
    'prune',
    'prod/myteam/shared',
    '--tags',
    'old-*',
    '--keep-days',
    '30',
    '--apply',
    '--yes',
  );
  expect(code, stderr).toBe(6);
  expect(stdout).toContain('other tags of its image went along');
  expect(store.repository('myteam/shared').tags.get('release')?.digest).toBe(shared.digest);
});

test('keys that are not taken end the run with the exit code of a missing right, and are not shown', async () => {
  const alibaba = await registryWithBuilds();
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'not-the-right-secret-4711');
  const session = await sessionFor(alibaba);
  const { code, stdout, stderr } = await session.run('prune', 'prod/myteam', ...KEEP);
  expect(code).toBe(4);
  expect(stderr).toContain('SignatureDoesNotMatch');
  expect(stderr).toContain(OWNER.accessKeyId);
  expect(stdout + stderr).not.toContain('not-the-right-secret-4711');
});
