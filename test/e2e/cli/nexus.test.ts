import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import { image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { ADMIN } from '../../fakes/nexus/accounts.ts';
import { type FakeNexus, type FakeNexusOptions, startFakeNexus } from '../../fakes/nexus/fake-nexus.ts';
import { newSession, NOW } from './in-process.ts';

const DAY = 86_400_000;
const ENV = { REGISTRY_USER: ADMIN.name, REGISTRY_PASSWORD: ADMIN.password };
const KEEP = ['--keep-days', '30', '--keep-last', '3'];

/** A Nexus with `docker-hosted/team/app`: ten builds, one every ten days, the newest of yesterday; the oldest is signed. */
async function nexusWithBuilds(options: FakeNexusOptions = {}): Promise<FakeNexus> {
  const nexus = await startFakeNexus(options);
  onTestFinished(() => nexus.close());
  const { store } = nexus;
  const hosted = store.repository('docker-hosted');
  for (let age = 9; age >= 0; age--) {
    const time = NOW - (age * 10 + 1) * DAY;
    const build = image({ layers: [layer(`build ${age}`, 100)], created: new Date(time).toISOString() });
    const pushed: Pushable = age % 2 === 0 ? index([build]) : build;
    store.now = () => time;
    store.push(hosted, 'team/app', pushed, [`build-${10 - age}`]);
    if (age === 9) store.push(hosted, 'team/app', cosignSignature(pushed), [attachmentTag(pushed.digest, 'sig')]);
  }
  store.push(store.repository('other'), 'app', image({ layers: [layer('other', 100)] }), ['v1']);
  store.now = () => NOW;
  nexus.requests.length = 0;
  return nexus;
}

function tagsIn({ store }: FakeNexus): string[] {
  return store
    .tagsOf(store.repository('docker-hosted'), 'team/app')
    .map(({ tag, digest }) => `${tag} ${digest}`)
    .toSorted();
}

describe('a Nexus, which is known by its answer', () => {
  test('is planned without a download and without a deletion, and told as the README shows it', async () => {
    const nexus = await nexusWithBuilds();
    nexus.store.repository('docker-hosted').cleanup.push('stale');
    const before = tagsIn(nexus);
    const session = await newSession({ env: ENV });

    const { code, stdout } = await session.run('prune', `${nexus.host}/docker-hosted`, ...KEEP);

    expect(code).toBe(0);
    expect(tagsIn(nexus)).toEqual(before);
    expect(nexus.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(nexus.requests.filter(({ path }) => path.includes('/other/') || /\/manifests\/(?!sha256:)/.test(path))).toEqual([]);
    const readme = await readFile(fileURLToPath(new URL('../../../src/registry/nexus/README.md', import.meta.url)), 'utf8');
    const [, example = ''] = /```console\n\$ regctl prune .*\n([^]*?)```/.exec(readme) ?? [];
    const told = stdout.replaceAll(nexus.host, 'nexus.example.com');
    const shown = example.split('\n').filter((line) => line.trim() !== '' && !/^ *…$/.test(line));
    expect(shown.length).toBeGreaterThan(7);
    for (const line of shown) expect(told).toContain(line);
  });

  test('is pruned with --apply and undone, until its task has collected what is unused', async () => {
    const nexus = await nexusWithBuilds();
    const before = tagsIn(nexus);
    const session = await newSession({ env: ENV });
    const { code, stderr } = await session.run('prune', `${nexus.host}/docker-hosted`, ...KEEP, '--apply', '--yes', '--gc');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('No task "Docker - Delete unused manifests and images" is set up');
    expect(tagsIn(nexus)).toEqual(before.filter((tag) => /^build-(?:8|9|10) /.test(tag)));
    const [journal = ''] = await session.journals();
    const undone = await session.run('undo', journal, '--registry', nexus.host, '--yes');
    expect(undone.code, undone.stderr).toBe(0);
    expect(tagsIn(nexus)).toEqual(before);
    const downloaded = [...nexus.store.repository('docker-hosted').tags.values()].filter(
      ({ lastDownloaded }) => lastDownloaded !== undefined,
    );
    expect(downloaded.map(({ tag }) => tag).filter((tag) => /^build-(?:8|9|10)$/.test(tag))).toEqual([]);
  });

  test('is carried out from a saved plan, in which no id of a component stands', async () => {
    const nexus = await nexusWithBuilds();
    const session = await newSession({ env: ENV });
    const planned = await session.run('prune', `${nexus.host}/docker-hosted`, ...KEEP, '--plan-out', 'plan.json');
    expect(planned.code, planned.stderr).toBe(0);
    const applied = await session.run('apply', 'plan.json', '--registry', nexus.host, '--yes');
    expect(applied.code, applied.stderr).toBe(0);
    expect(tagsIn(nexus)).toHaveLength(3);
  });

  test('whose registry is a port of its own is read where the config says its API is', async () => {
    const nexus = await nexusWithBuilds({ connectorFor: 'docker-hosted' });
    const session = await newSession({ env: ENV });
    const settings = `nexus: {url: "${nexus.url}", repository: docker-hosted}`;
    await session.file('.regctlrc.yaml', `registries:\n  prod: {url: "${nexus.connector!.url}", type: nexus, ${settings}}\n`);
    const plan = await session.plan(['prod', ...KEEP]);
    expect(plan.repositories.map(({ type, repository }) => `${type} ${repository}`)).toEqual(['nexus team/app']);
    expect(plan.summary.images).toMatchObject({ keep: 3, delete: 7 });
  });

  test('is not spoken to as a plain registry, even if the config says so', async () => {
    const nexus = await nexusWithBuilds();
    const session = await newSession({ env: ENV });
    await session.file('.regctlrc.yaml', `registries:\n  prod: {url: "${nexus.url}", type: oci}\n`);
    const { code, stderr } = await session.run('prune', 'prod/docker-hosted/team/app', '--keep-last', '1');
    expect(code).toBe(5);
    expect(stderr).toContain('Say "type: nexus"');
    expect(nexus.requests.map(({ path }) => path)).toEqual(['/v2/']);
  });
});
