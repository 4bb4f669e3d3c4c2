import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import { image, index, layer } from '../../../src/demo/image.ts';
import { type FakeHub, OWNER, startFakeHub } from '../../fakes/dockerhub/fake-hub.ts';
import { newSession, NOW, type Session } from './in-process.ts';

const DAY = 86_400_000;
const ENV = { REGISTRY_USER: OWNER.name, REGISTRY_PASSWORD: OWNER.token };

/**
 * Docker Hub with `myorg/app`: ten builds, one every ten days, the newest of yesterday; the oldest is signed, the third one was just
 * pulled.
 */
async function withBuilds(): Promise<FakeHub> {
  const hub = await startFakeHub();
  onTestFinished(() => hub.close());
  const { store } = hub;
  for (let age = 9; age >= 0; age--) {
    const time = NOW - (age * 10 + 1) * DAY;
    store.now = () => time;
    const build = image({ layers: [layer(`build ${age}`, 100)], created: new Date(time).toISOString() });
    const pushed = age % 2 === 0 ? index([build]) : build;
    store.push('myorg/app', pushed, [`build-${10 - age}`], age === 7 ? NOW - DAY : undefined);
    if (age === 9) store.push('myorg/app', cosignSignature(pushed), [attachmentTag(pushed.digest, 'sig')]);
  }
  store.now = () => NOW;
  return hub;
}

/** A session whose config calls the fake `docker.io`. */
async function sessionOn({ url, api }: FakeHub): Promise<Session> {
  const session = await newSession({ env: ENV });
  await session.file('.regctlrc.yaml', `registries:\n  docker.io: {url: "${url}", type: dockerhub, dockerhub: {endpoint: "${api}"}}\n`);
  return session;
}

const tagsIn = ({ store }: FakeHub): string[] => [...store.repository('myorg/app').tags.keys()].toSorted();
const POLICY =
  'version: 1\npolicies:\n  - name: pulled\n    rules:\n      - {name: builds, tags: ["build-*"], keep: {pulledDays: 30, last: 3}}\n';

describe('a namespace of Docker Hub', () => {
  test('is planned as the README shows, and nothing is changed and no pull counted', async () => {
    const hub = await withBuilds();
    const before = tagsIn(hub);
    const readme = await readFile(fileURLToPath(new URL('../../../src/registry/dockerhub/README.md', import.meta.url)), 'utf8');
    const [, command = '', shown = ''] = /```console\n\$ regctl (.+)\n([^]*?)```/.exec(readme) ?? [];
    const session = await sessionOn(hub);
    const policy = await session.file('policy.yaml', POLICY);
    const { code, stdout } = await session.run(...command.replace('policy.yaml', policy).split(' '));
    expect([code, stdout.slice(0, shown.length)]).toEqual([0, shown]);
    expect(tagsIn(hub)).toEqual(before);
    expect(hub.pulls.left).toBe(200);
  });

  test('is pruned without a pull, and undo says that there is no copy', async () => {
    const hub = await withBuilds();
    const session = await sessionOn(hub);
    const { code, stdout, stderr } = await session.run(
      'prune',
      'docker.io/myorg',
      '--keep-days',
      '30',
      '--keep-last',
      '3',
      '--apply',
      '--yes',
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('warning: what is deleted in docker.io/myorg/app cannot be put back by this program');
    expect(tagsIn(hub)).toEqual(['build-10', 'build-8', 'build-9']);
    expect(hub.pulls.left).toBe(200);
    const [journal = ''] = await session.journals();
    expect(stdout).toContain(journal);
    const undone = await session.run('undo', journal, '--yes');
    expect(undone.stdout + undone.stderr).toContain('reading it would count as a pull on Docker Hub, so no copy is kept');
    expect(tagsIn(hub)).toEqual(['build-10', 'build-8', 'build-9']);
  });

  test('is checked by doctor', async () => {
    const hub = await withBuilds();
    hub.store.repository('myorg/app').immutable.push('^v[0-9]');
    const { stdout } = await (await sessionOn(hub)).run('doctor', 'docker.io/myorg/app');
    expect(stdout).toContain('tags of docker.io/myorg/app that match ^v[0-9] are immutable');
    expect(stdout).toContain('what is deleted cannot be put back');
  });
});
