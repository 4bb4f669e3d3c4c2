import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, describe, onTestFinished, test } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import { image, index, layer } from '../../../src/demo/image.ts';
import { type FakeGhcr, type FakeGhcrOptions, OWNER, startFakeGhcr } from '../../fakes/ghcr/fake-ghcr.ts';
import { newSession, NOW, type Session } from './in-process.ts';

const DAY = 86_400_000;
const ENV = { REGISTRY_USER: OWNER.login, REGISTRY_PASSWORD: OWNER.token };

/** GitHub with `myorg/app`: ten builds, one every ten days, the newest of yesterday; the oldest is signed, and one more has no tag. */
async function withBuilds(options: FakeGhcrOptions = {}): Promise<FakeGhcr> {
  const fake = await startFakeGhcr(options);
  onTestFinished(() => fake.close());
  const { store } = fake;
  for (let age = 9; age >= 0; age--) {
    const time = NOW - (age * 10 + 1) * DAY;
    const build = image({ layers: [layer(`build ${age}`, 100)], created: new Date(time).toISOString() });
    const pushed = age % 2 === 0 ? index([build]) : build;
    store.now = () => time;
    store.push('myorg/app', pushed, [`build-${10 - age}`]);
    if (age === 9) store.push('myorg/app', cosignSignature(pushed), [attachmentTag(pushed.digest, 'sig')]);
  }
  store.push('myorg/app', image({ layers: [layer('no tag', 100)] }));
  store.push('other/app', image({ layers: [layer('other', 100)] }), ['v1']);
  store.now = () => NOW;
  return fake;
}

/** A session whose config calls the fake `ghcr.io`. */
async function sessionOn({ url, api }: FakeGhcr): Promise<Session> {
  const session = await newSession({ env: ENV });
  await session.file('.regctlrc.yaml', `registries:\n  ghcr.io: {url: "${url}", ghcr: {endpoint: "${api}", owners: [myorg]}}\n`);
  return session;
}

const tagsIn = ({ store }: FakeGhcr): string[] => store.alive(store.package('myorg/app')).flatMap(({ tags }) => [...tags]);

describe('the packages of an owner on GitHub, which is known by its answer', () => {
  test('are planned as the README shows, and nothing is changed', async () => {
    const fake = await withBuilds();
    const before = tagsIn(fake);
    const readme = await readFile(fileURLToPath(new URL('../../../src/registry/ghcr/README.md', import.meta.url)), 'utf8');
    const [, command = '', shown = ''] = /```console\n\$ regctl (.+)\n([^]*?)```/.exec(readme) ?? [];
    const session = await sessionOn(fake);
    const { code, stdout } = await session.run(...command.split(' '));
    expect([code, stdout.slice(0, shown.length)]).toEqual([0, shown]);
    expect(tagsIn(fake)).toEqual(before);
    expect(fake.requests.every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true);
    expect(fake.requests.filter(({ path }) => path.includes('/other'))).toEqual([]);
  });

  test('are pruned with --apply and undone', async () => {
    const fake = await withBuilds();
    const before = tagsIn(fake).toSorted();
    fake.store.restoresTags = 'none';
    const session = await sessionOn(fake);
    const { code, stdout, stderr } = await session.run('prune', 'ghcr.io', '--keep-days', '30', '--keep-last', '3', '--apply', '--yes');
    expect(code, stderr).toBe(0);
    expect(tagsIn(fake).toSorted()).toEqual(['build-10', 'build-8', 'build-9']);
    const [journal = ''] = await session.journals();
    expect(stdout).toContain(journal);
    const undone = await session.run('undo', journal, '--yes');
    expect(undone.code, undone.stderr).toBe(0);
    expect(tagsIn(fake).toSorted()).toEqual(before);
  });

  test('stay where the user of the token has not the role Admin, which the first deletion tells: exit 4', async () => {
    const fake = await withBuilds({ accounts: [{ ...OWNER, isAdmin: false }] });
    const before = tagsIn(fake);
    const { code, stdout } = await (await sessionOn(fake)).run('prune', 'ghcr.io', '--keep-last', '3', '--apply', '--yes');
    expect(code).toBe(4);
    expect(stdout).toContain('the account has not the role Admin on the package');
    expect(tagsIn(fake)).toEqual(before);
    expect(fake.requests.filter(({ method }) => method === 'DELETE').length).toBeLessThan(3);
  });

  test('are checked by doctor', async () => {
    const fake = await withBuilds();
    fake.store.package('myorg/app').visibility = 'public';
    const { code, stdout } = await (await sessionOn(fake)).run('doctor', 'ghcr.io/myorg');
    expect(stdout).toContain('ghcr.io/myorg/app is public: versions with more than 5,000 downloads cannot be deleted');
    expect(stdout).toContain('what is deleted can be restored for 30 days');
    expect(code).toBe(0);
  });
});
