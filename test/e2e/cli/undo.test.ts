import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { ADMIN, type FakeHarbor, startFakeHarbor } from '../../fakes/harbor/fake-harbor.ts';
import { newSession, NOW, type Session } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

const [HOUR, DAY] = [3_600_000, 86_400_000];
const ENV = { REGISTRY_USER: ADMIN.name, REGISTRY_PASSWORD: ADMIN.secret };
const TAGS = Array.from({ length: 11 }, (_, index) => `v1.0.${index}`);
const OLD = TAGS.slice(0, 7);

const pushTag = (harbor: FakeHarbor, tag: string): Promise<unknown> =>
  push(harbor, 'myproject/app', image({ layers: [layer(tag, 100)], created: '2026-01-01T00:00:00Z' }), [tag], {
    auth: { user: ADMIN.name, password: ADMIN.secret },
  });

/** The file that remembers the old times of the one repository. */
async function timesOf({ folder }: Session): Promise<string> {
  const restored = join(folder, '.local/state/regprune/restored');
  const names = await readdir(restored);
  expect(names).toHaveLength(1);
  return join(restored, names[0]!);
}

interface Undone {
  readonly harbor: FakeHarbor;
  readonly session: Session;
  readonly prune: readonly string[];
  readonly journal: string;
}

/** Eleven versions, pushed one every ten days. */
async function versions(): Promise<FakeHarbor> {
  const harbor = await startFakeHarbor();
  onTestFinished(() => harbor.close());
  harbor.store.addProject('myproject');
  for (const [index, tag] of TAGS.entries()) {
    harbor.store.now = () => NOW - (TAGS.length - index) * 10 * DAY;
    await pushTag(harbor, tag);
  }
  return harbor;
}

/** The seven oldest of them deleted by a policy, and put back two hours ago. */
async function undone(harbor: FakeHarbor): Promise<Undone> {
  const session = await newSession({ env: ENV });
  const prune = [`${harbor.host}/myproject/app`, '--tags', 'v*', '--keep-last', '4'];
  const applied = await session.run('prune', ...prune, '--apply', '--yes');
  expect(applied.code, applied.stderr).toBe(0);
  expect(harborTags(harbor)).toEqual(TAGS.slice(7).toSorted());
  harbor.store.now = () => NOW - 2 * HOUR;
  const [journal = ''] = await session.journals();
  return { harbor, session, prune, journal };
}

function undo({ session, harbor, journal }: Undone) {
  return session.run('undo', journal, '--yes', '--registry', harbor.host);
}

function harborTags({ store }: FakeHarbor): string[] {
  return [...store.tags.values()].map(({ name }) => name).toSorted();
}

function doomed({ repositories }: Plan): string[] {
  return repositories.flatMap(({ images }) => images.filter(({ action }) => action === 'delete').flatMap(({ tags }) => tags)).toSorted();
}

describe('what was put back on a registry that dates it anew', () => {
  test('is decided by the next run as by the first, and its reader is told what that rests on', async () => {
    const run = await undone(await versions());
    const { code, stdout, stderr } = await undo(run);
    expect(code, stderr).toBe(0);
    expect(harborTags(run.harbor)).toEqual(TAGS.toSorted());
    expect(stdout).toContain('The old times of 7 manifests are remembered in');
    expect(stdout).toContain('a job whose journal folder is not kept');

    expect(doomed(await run.session.plan(run.prune))).toEqual(OLD);
    const inventory = await run.session.run('inventory', `${run.harbor.host}/myproject/app`);
    expect(inventory.stdout).toContain(new Date(NOW - 110 * DAY).toISOString());

    // Without what is remembered, the restored ones are the newest.
    await writeFile(await timesOf(run.session), '');
    expect(doomed(await run.session.plan(run.prune))).not.toEqual(OLD);
  });

  test('is put back oldest first', async () => {
    const run = await undone(await versions());
    run.harbor.requests.length = 0;
    await undo(run);
    const put = run.harbor.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/v'));
    expect(put.map(({ path }) => path.split('/').at(-1))).toEqual(OLD);
  });

  test('is new where it was pushed again since', async () => {
    const run = await undone(await versions());
    await undo(run);
    const { store } = run.harbor;
    const artifact = store.artifact('myproject/app', 'v1.0.0');
    for (const { id } of store.tagsOn(artifact.id)) store.tags.delete(id);
    store.artifacts.delete(artifact.id);
    store.now = () => NOW - 1.5 * HOUR;
    await pushTag(run.harbor, 'v1.0.0');
    expect(doomed(await run.session.plan(run.prune))).toEqual(TAGS.slice(1, 8));
  });

  test('has unknown times where the undo was cut off before it had read them, until it is run again', async () => {
    const run = await undone(await versions());
    await undo(run);
    const times = await timesOf(run.session);
    const lines = (await readFile(times, 'utf8')).split('\n');
    await writeFile(times, lines.filter((line) => !line.includes('"given"')).join('\n'));
    const plan = await run.session.plan(run.prune);
    expect(doomed(plan)).toEqual([]);
    expect(JSON.stringify(plan)).toContain('unknown_time');

    const again = await undo(run);
    expect(again.code, again.stderr).toBe(0);
    expect(doomed(await run.session.plan(run.prune))).toEqual(OLD);
  });

  test('is remembered behind a damaged line', async () => {
    const run = await undone(await versions());
    await undo(run);
    const times = await timesOf(run.session);
    await appendFile(times, '{"id": "torn", "at"');
    expect(doomed(await run.session.plan(run.prune))).toEqual(OLD);
    const text = await readFile(times, 'utf8');
    await writeFile(times, `\u0000 {]\n${text}`);
    expect(doomed(await run.session.plan(run.prune))).toEqual(OLD);
  });
});

test('a plain registry, which tells no times, is decided after an undo as before', async () => {
  const registry = await registryWith({ 'team/app': 6 });
  const session = await newSession();
  const policy = await session.file('policy.yaml', keepBuilds(2));
  const prune = [`${registry.host}/team/app`, '-p', policy];
  const first = doomed(await session.plan(prune));
  expect((await session.run('prune', ...prune, '--apply', '--yes')).code).toBe(0);
  const [journal = ''] = await session.journals();
  const { code, stdout, stderr } = await session.run('undo', journal, '--yes');
  expect(code, stderr).toBe(0);
  expect(stdout).not.toContain('times');
  expect(doomed(await session.plan(prune))).toEqual(first);
});

describe('labels that users of the registry had put on an image', () => {
  test('are put back, and what cannot be is said', async () => {
    const harbor = await versions();
    harbor.store.addLabel('stable', 'myproject');
    harbor.store.addLabel('everywhere');
    harbor.store.artifact('myproject/app', 'v1.0.0').labels = ['stable', 'everywhere', 'removed'];
    harbor.store.artifact('myproject/app', 'v1.0.1').labels = ['stable'];
    const run = await undone(harbor);
    const { code, stdout, stderr } = await undo(run);
    expect(code, stderr).toBe(6);
    expect(harbor.store.artifact('myproject/app', 'v1.0.0').labels).toEqual(['stable', 'everywhere']);
    expect(harbor.store.artifact('myproject/app', 'v1.0.1').labels).toEqual(['stable']);
    expect(stdout).toMatch(/14 {2}put back \(.+\)\n +1 {2}label that could not be put back/);
    expect(stdout).toContain('harbor/removed');
  });
});

describe('undo', () => {
  test('says what it would put back before it does', async () => {
    const run = await undone(await versions());
    const { stderr } = await undo(run);
    expect(stderr).toContain('deleted 7 manifests and 7 tags in 1 repository:');
    expect(stderr).toContain(`${run.harbor.host}/myproject/app  7 manifests, tags v1.0.0, v1.0.1, v1.0.2, v1.0.3, v1.0.4, and 2 more`);
  });

  test('ends with the code for a missing right, also where something is back', async () => {
    const registry = await registryWith({ 'team/app': 6 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(2));
    await session.run('prune', `${registry.host}/team/app`, '-p', policy, '--apply', '--yes');
    const [journal = ''] = await session.journals();
    let puts = 0;
    registry.onRequest(({ method }) => (method === 'PUT' && (puts += 1) > 2 ? { status: 403, body: '' } : undefined));
    const { code, stdout } = await session.run('undo', journal, '--yes');
    expect(stdout).toContain('done in part');
    expect(code).toBe(4);
    expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  });
});

describe('where nothing can be put back', () => {
  test('that is said before the first deletion, and nothing speaks of undo afterwards', async () => {
    const registry = await registryWith({ 'team/app': 6 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(2));
    await session.run('prune', `${registry.host}/team/app`, '-p', policy, '--plan-out', 'plan.json');
    const plan = JSON.parse(await readFile(join(session.folder, 'plan.json'), 'utf8')) as Plan;
    const repositories = plan.repositories.map((one) => ({ ...one, undo: false }));
    await session.file('plan.json', JSON.stringify({ ...plan, repositories }));
    const { code, stdout, stderr } = await session.run('apply', 'plan.json', '--yes');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`what is deleted in ${registry.host}/team/app cannot be put back`);
    expect(stdout).toContain('The journal: ');
    expect(stdout).not.toMatch(/undo|put it back/);
  });

  test('a plan says so of a registry that does', async () => {
    const session = await newSession();
    const inventory = {
      kind: 'Inventory',
      formatVersion: '1.0',
      takenAt: '2026-11-24T00:00:00Z',
      repositories: [{ registry: 'r', repository: 'team/app', complete: true, capabilities: { undo: false }, manifests: [] }],
    };
    const file = await session.file('inventory.json', JSON.stringify(inventory));
    expect((await session.plan(['--inventory', file, '--tags', 'v*', '--keep-last', '1'])).repositories).toMatchObject([{ undo: false }]);
  });
});

test('it is said why the credentials of the environment are not sent, and how they are', async () => {
  const registry = await registryWith({ 'team/app': 6 });
  const session = await newSession({ env: { REGISTRY_USER: 'robot', REGISTRY_PASSWORD: 'canary-0815' } });
  const policy = await session.file('policy.yaml', keepBuilds(2));
  await session.run('prune', `${registry.host}/team/app`, '-p', policy, '--apply', '--yes');
  const [journal = ''] = await session.journals();
  const said = `REGISTRY_USER and REGISTRY_PASSWORD are not sent to ${registry.host}`;
  expect((await session.run('undo', journal, '--yes')).stderr).toContain(said);
  expect((await session.run('undo', journal, '--yes', '--registry', registry.host)).stderr).not.toContain(said);
});
