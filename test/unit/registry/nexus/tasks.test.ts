import { describe, expect, it } from 'vitest';
import type { Registry } from '../../../../src/registry/registry.ts';
import { ADMIN, type FakeAccount } from '../../../fakes/nexus/accounts.ts';
import type { FakeNexus } from '../../../fakes/nexus/fake-nexus.ts';
import type { StoredTask } from '../../../fakes/nexus/store.ts';
import { APP, build, connect, fakeNexus, HOSTED, push } from './nexus-fixture.ts';

const one = build('one');

function addTask({ store }: FakeNexus, type: string, properties: StoredTask['properties'], parts: Partial<StoredTask> = {}): StoredTask {
  const task = {
    id: `task-${store.tasks.length}`,
    name: `a ${type}`,
    type,
    properties,
    enabled: true,
    state: 'WAITING' as const,
    ...parts,
  };
  store.tasks.push(task);
  return task;
}

/** A Nexus in which an image was just deleted. */
async function emptied(options: Parameters<typeof fakeNexus>[0] = {}, account = ADMIN): Promise<{ nexus: FakeNexus; registry: Registry }> {
  const nexus = await fakeNexus(options);
  push(nexus, one, 'v1');
  push(nexus, build('two'), 'v2');
  const registry = connect(nexus, {}, account);
  await registry.inventory(APP);
  await registry.deleteManifest(APP, one.digest, ['v1']);
  return { nexus, registry };
}

function runs({ requests }: FakeNexus): string[] {
  return requests.filter(({ method }) => method === 'POST').map(({ path }) => path.split('/').at(-2)!);
}

describe('--gc', () => {
  it('runs the task for what was deleted, waits for it, and then compacts the blob store', async () => {
    const { nexus, registry } = await emptied();
    addTask(nexus, 'repository.docker.gc', { repositoryName: 'another', deployOffset: '24' });
    const own = addTask(nexus, 'repository.docker.gc', { repositoryName: HOSTED, deployOffset: '24' });
    const compact = addTask(nexus, 'blobstore.compact', { blobstoreName: 'default' });
    addTask(nexus, 'blobstore.compact', { blobstoreName: 'archive' });
    // When it is asked for the first time, the task is not done yet.
    const stop = nexus.onRequest(({ method, path }) => {
      if (method !== 'GET' || !path.endsWith(`/${own.id}`)) return undefined;
      stop();
      return { status: 200, body: JSON.stringify({ ...own, currentState: 'RUNNING' }) };
    });
    expect(await registry.collectGarbage!({ wait: true })).toEqual({ state: 'finished', job: compact.name });
    expect(runs(nexus)).toEqual([own.id, compact.id]);
    expect([...nexus.store.repository(HOSTED).manifests.get('team/app')!.keys()]).toEqual([build('two').digest]);
  });

  it('starts the first of both where nobody waits, and says what is to be done then', async () => {
    const { nexus, registry } = await emptied();
    const all = addTask(nexus, 'repository.docker.gc', undefined);
    addTask(nexus, 'blobstore.compact', undefined);
    const answer = await registry.collectGarbage!({ wait: false });
    expect(answer).toEqual({ state: 'started', next: expect.stringContaining('Admin - Compact blob store') as string });
    expect(runs(nexus)).toEqual([all.id]);
  });

  it('names the task where none is set up, and where the account may not run it', async () => {
    const { registry } = await emptied();
    expect(await registry.collectGarbage!({ wait: false })).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('No task "Docker - Delete unused manifests and images" is set up') as string,
    });
    const cleaner: FakeAccount = { name: 'ci', password: 'ci-password-4711', privileges: ['browse', 'read', 'delete'] };
    const other = await emptied({ accounts: [cleaner] }, cleaner);
    expect(await other.registry.collectGarbage!({ wait: false })).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('nx-tasks-read') as string,
    });
  });

  it('is refused before 3.71, whose task may delete OCI manifests in use', async () => {
    const { nexus, registry } = await emptied({ version: '3.70.4-02' });
    addTask(nexus, 'repository.docker.gc', { repositoryName: '*' });
    expect(await registry.collectGarbage!({ wait: false })).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('This is Nexus 3.70.4-02, and before 3.71') as string,
    });
    expect(runs(nexus)).toEqual([]);
  });

  it('is reported as failed where the task fails', async () => {
    const { nexus, registry } = await emptied();
    addTask(nexus, 'repository.docker.gc', { repositoryName: '*' });
    nexus.store.run = (task) => Object.assign(task, { lastRun: 'now', lastRunResult: 'FAILED' });
    expect(await registry.collectGarbage!({ wait: true })).toMatchObject({ state: 'failed', job: 'a repository.docker.gc' });
  });
});

describe('what Nexus does beside', () => {
  it('is told: cleanup policies with their criteria, the deployment policy, and whether the task is scheduled', async () => {
    const nexus = await fakeNexus();
    push(nexus, one, 'v1');
    Object.assign(nexus.store.repository(HOSTED), { cleanup: ['stale'], writePolicy: 'ALLOW_ONCE' });
    nexus.store.cleanupPolicies.set('stale', { name: 'stale', format: 'docker', criteriaLastDownloaded: 90, retain: 3 });
    addTask(nexus, 'repository.docker.gc', { repositoryName: HOSTED }, { nextRun: '2026-11-25T01:00:00.000+00:00', lastRunResult: 'OK' });
    const beside = await connect(nexus).beside!(APP);
    expect(beside.map(({ check, state }) => `${check} ${state}`)).toEqual(['retention warning', 'immutable ok', 'garbage ok']);
    expect(beside[0]!.message).toContain('stale (not downloaded for 90 days, but the newest 3)');
    expect(beside[2]!.message).toContain('next at 2026-11-25T01:00:00.000+00:00; its last run ended with OK');
  });

  it('is before 3.71 that the task may delete OCI manifests in use, which nobody is advised to schedule', async () => {
    const nexus = await fakeNexus({ version: '3.70.4-02' });
    push(nexus, one, 'v1');
    const garbage = async () => (await connect(nexus).beside!(APP)).find(({ check }) => check === 'garbage');
    expect(await garbage()).toMatchObject({
      message: expect.stringContaining('is not scheduled, so that no space comes back: before 3.71') as string,
      next: 'Upgrade to 3.71 or later, and schedule the task only then.',
    });
    addTask(nexus, 'repository.docker.gc', { repositoryName: HOSTED }, { nextRun: '2026-11-25T01:00:00.000+00:00', lastRunResult: 'OK' });
    expect(await garbage()).toMatchObject({ state: 'warning', next: expect.stringContaining('disable the task if OCI images') as string });
  });

  it('is unknown to somebody without the rights, which never means that there is nothing', async () => {
    const plain: FakeAccount = { name: 'plain', password: 'plain-password-4711', privileges: ['browse', 'read'] };
    const nexus = await fakeNexus({ accounts: [plain] });
    push(nexus, one, 'v1');
    const beside = await connect(nexus, {}, plain).beside!(APP);
    expect(beside.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(beside.map(({ next }) => next)).toEqual([
      expect.stringContaining('nx-repository-admin-docker-docker-hosted-read'),
      expect.stringContaining('nx-repository-admin-docker-docker-hosted-read'),
      expect.stringContaining('nx-tasks-read'),
    ]);
  });
});
