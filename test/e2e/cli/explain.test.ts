import { describe, expect, test } from 'vitest';
import { image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { newSession, NOW } from './in-process.ts';
import { keepBuilds, registryWith } from './registry-with-builds.ts';

const OLD = new Date(NOW - 40 * 86_400_000).toISOString();

describe('explain', () => {
  test('warns where something that decides could not be read', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const { code, stderr } = await session.run('explain', `${registry.host}/team/app:build-1`, '--keep-last', '1', '--in-use', 'none.txt');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('warning: without what could not be read, it may be decided otherwise: what is in use is not known: '),
    ]);
  });

  test('tells rule, rank, age and times of an image that goes', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1));

    const { code, stdout } = await session.run('explain', `${registry.host}/team/app:build-1`, '-p', policy);

    expect(code).toBe(0);
    expect(stdout).toContain(`${registry.host}/team/app@sha256:`);
    expect(stdout).toMatch(/^ {2}delete$/m);
    expect(stdout).toMatch(/^ {4}build-1 {2}delete {2}its rule keeps it no longer \(builds, rank 3, 3 days\)$/m);
    expect(stdout).toMatch(/^ {4}builds {2}keep last 1 · order pushed$/m);
    expect(stdout).toMatch(/^ {4}pushed {3}not recorded by this registry$/m);
    expect(stdout).toMatch(/^ {4}created {2}2026-11-21 03:10 UTC, 3 days ago$/m);
    expect(stdout).toMatch(/^ {4}policy {3}builds, from .*policy\.yaml$/m);
  });

  test('tells what holds an image that only stays because of others', async () => {
    const registry = await registryWith({});
    const amd = image({ layers: [layer('amd', 100)], created: OLD });
    const arm = image({ layers: [layer('arm', 100)], created: OLD, platform: 'linux/arm64' });
    const both = index([amd, arm]);
    await push(registry, 'team/app', both, ['build-1']);
    const session = await newSession();

    const child = await session.run('explain', `${registry.host}/team/app@${arm.digest}`, '--keep-last', '1', '-o', 'json');
    const parent = await session.run('explain', `${registry.host}/team/app:build-1`, '--keep-last', '1');

    expect(JSON.parse(child.stdout)).toMatchObject({
      kind: 'Explanation',
      formatVersion: '1.0',
      image: { digest: arm.digest, action: 'keep', reasons: [{ code: 'child_of_kept', by: both.digest }] },
      platforms: ['linux/arm64'],
      indexes: [{ digest: both.digest, tags: ['build-1'], action: 'keep' }],
    });
    expect(parent.stdout).toMatch(/^ {2}children\n( {4}sha256:\w{12} {2}keep {2}linux\/(amd64|arm64)\n){2}/m);
  });

  test('works offline, by the names in the inventory', async () => {
    const registry = await registryWith({ 'team/app': 2, 'team/web': 2 });
    const session = await newSession();
    const file = await session.file('inventory.json', (await session.run('inventory', registry.host)).stdout);
    registry.requests.length = 0;

    const { code, stdout } = await session.run(
      'explain',
      `${registry.host}/team/web:build-1`,
      '--inventory',
      file,
      '--keep-last',
      '1',
      '-o',
      'json',
    );

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ repository: 'team/web', image: { tags: ['build-1'], action: 'delete' } });
    expect(registry.requests).toEqual([]);
  });

  test('says that there is no such image, and takes no word for one that is none', async () => {
    const registry = await registryWith({ 'team/app': 1 });
    const session = await newSession();

    expect(await session.run('explain', `${registry.host}/team/app:nope`, '--keep-last', '1')).toMatchObject({ code: 1, stdout: '' });
    for (const word of [registry.host, `${registry.host}/team/app`, 'team/app@sha256:12']) {
      expect(await session.run('explain', word, '--keep-last', '1')).toMatchObject({ code: 3, stdout: '' });
    }
  });

  test('a name with a password is refused without being repeated', async () => {
    const session = await newSession();
    const { code, stdout, stderr } = await session.run('explain', 'ci:swordfish@registry.example.com/team/app:v1', '--keep-last', '1');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).not.toContain('swordfish');
  });
});
