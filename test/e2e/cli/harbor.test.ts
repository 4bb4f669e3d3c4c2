import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import { image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { CLEANER } from '../../fakes/harbor/accounts.ts';
import { ADMIN, type FakeHarbor, startFakeHarbor } from '../../fakes/harbor/fake-harbor.ts';
import { newSession, NOW } from './in-process.ts';

const DAY = 86_400_000;
const ROBOT = { name: 'robot$myproject+cleaner', secret: 'robot-secret', kind: 'robot' as const, projects: { myproject: CLEANER } };
const ENV = { REGISTRY_USER: ROBOT.name, REGISTRY_PASSWORD: ROBOT.secret };

/** A Harbor with `myproject/app`: fifteen builds, one every ten days, the newest of yesterday; the oldest is signed. */
async function harborWithBuilds(): Promise<FakeHarbor> {
  const harbor = await startFakeHarbor({ accounts: [ROBOT] });
  onTestFinished(() => harbor.close());
  harbor.store.addProject('myproject');
  harbor.store.addProject('other');
  for (let age = 14; age >= 0; age--) {
    const build: Pushable =
      age % 2 === 0 ? image({ layers: [layer(`build ${age}`, 100)] }) : index([image({ layers: [layer(`build ${age}`, 100)] })]);
    harbor.store.now = () => NOW - (age * 10 + 1) * DAY;
    await pushTo(harbor, 'myproject/app', build, [`build-${15 - age}`]);
    if (age === 14) await pushTo(harbor, 'myproject/app', cosignSignature(build), [attachmentTag(build.digest, 'sig')]);
  }
  await pushTo(harbor, 'myproject/deep/tool', image({ layers: [layer('tool', 100)] }), ['v1']);
  await pushTo(harbor, 'other/app', image({ layers: [layer('other', 100)] }), ['v1']);
  harbor.store.now = () => NOW;
  harbor.requests.length = 0;
  return harbor;
}

async function pushTo(harbor: FakeHarbor, repository: string, thing: Pushable, tags: readonly string[]): Promise<void> {
  await push(harbor, repository, thing, tags, { auth: { user: ADMIN.name, password: ADMIN.secret } });
}

function tagsIn({ store }: FakeHarbor): string[] {
  return [...store.tags.values()].map(({ name }) => name).toSorted();
}

describe('a project of Harbor, in one line', () => {
  test('is planned whole, past the first ten, and nothing is deleted without --apply', async () => {
    const harbor = await harborWithBuilds();
    const before = tagsIn(harbor);
    const session = await newSession({ env: ENV });

    const { code, stdout } = await session.run('prune', `${harbor.host}/myproject`, '--keep-days', '30', '--keep-last', '10', '-o', 'json');

    expect(code).toBe(0);
    const plan = JSON.parse(stdout) as {
      repositories: { type: string; repository: string; summary: object }[];
      summary: { images: object };
    };
    expect(plan.repositories.map(({ type, repository }) => `${type} ${repository}`)).toEqual([
      'harbor myproject/app',
      'harbor myproject/deep/tool',
    ]);
    expect(plan.summary.images).toEqual({ keep: 11, untag: 0, delete: 5 });
    expect(tagsIn(harbor)).toEqual(before);
    expect(harbor.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(harbor.requests.filter(({ path }) => path.includes('/other/') || path.includes('/manifests/'))).toEqual([]);
  });

  test('is split into shards that together are the whole, each repository in one', async () => {
    const harbor = await harborWithBuilds();
    for (let n = 0; n < 8; n++) await pushTo(harbor, `myproject/service-${n}`, image({ layers: [layer(`service ${n}`, 100)] }), ['v1']);
    const session = await newSession({ env: ENV });
    const partsOf = async (target: string): Promise<string[][]> => {
      const plans = await Promise.all(
        ['1/3', '2/3', '3/3'].map((shard) => session.plan([`${harbor.host}/${target}`, '--keep-last', '1', '--shard', shard])),
      );
      return plans.map(({ repositories }) => repositories.map(({ repository }) => repository));
    };
    const parts = await partsOf('myproject');
    expect(parts.flat().toSorted()).toEqual([
      'myproject/app',
      'myproject/deep/tool',
      ...Array.from({ length: 8 }, (_, n) => `myproject/service-${n}`),
    ]);
    expect(parts.filter((part) => part.length > 0).length).toBeGreaterThan(1);
    // A repository is in its own shard alone, and stands for nothing below it.
    await pushTo(harbor, 'myproject/deep', image({ layers: [layer('deep', 100)] }), ['v1']);
    expect((await partsOf('myproject/deep')).flat()).toEqual(['myproject/deep']);
    expect(
      (
        await Promise.all(
          ['1/2', '2/2'].map((shard) => session.run('prune', `${harbor.host}/myproject/none`, '--keep-last', '1', '--shard', shard)),
        )
      )
        .map(({ code }) => code)
        .toSorted(),
    ).toEqual([0, 5]);
  });

  test('is pruned with --apply, and undone', async () => {
    const harbor = await harborWithBuilds();
    const before = tagsIn(harbor);
    const session = await newSession({ env: ENV });

    const { code, stdout, stderr } = await session.run(
      'prune',
      `${harbor.host}/myproject`,
      '--keep-days',
      '30',
      '--keep-last',
      '10',
      '--apply',
      '--gc',
    );

    expect(stderr).toContain('garbage-collection:create');
    expect(code).toBe(0);
    expect(tagsIn(harbor)).toEqual(before.filter((tag) => !/^(?:build-[1-5]|sha256-.*)$/.test(tag)));
    const journal = /\S+\.jsonl/.exec(stdout)?.[0] ?? '';
    // What puts back needs to push.
    harbor.accounts.push({ ...ROBOT, name: 'robot$myproject+pusher', projects: { myproject: [...CLEANER, 'repository:push'] } });
    const pusher = await newSession({ env: { ...ENV, REGISTRY_USER: 'robot$myproject+pusher' } });
    expect(await pusher.run('undo', journal, '--registry', harbor.host, '--yes')).toMatchObject({ code: 0 });
    expect(tagsIn(harbor)).toEqual(before);
  });

  test('is not taken for empty where it cannot be seen', async () => {
    const harbor = await harborWithBuilds();
    const session = await newSession({ env: ENV });
    const { code, stderr } = await session.run('prune', `${harbor.host}/other`, '--keep-last', '10');
    expect(code).toBe(4);
    expect(stderr).toContain('status 403, FORBIDDEN');
    expect(stderr).toContain('repository:list');
    expect(stderr).not.toContain(ROBOT.secret);
  });

  test('is found by a policy for what is in it', async () => {
    const harbor = await harborWithBuilds();
    const session = await newSession({ env: ENV });
    const policy = await session.file(
      'policy.yaml',
      'version: 1\npolicies:\n  - name: builds\n    repositories: ["myproject/**"]\n' +
        '    rules:\n      - name: builds\n        tags: ["build-*"]\n        keep: {last: 10}\n',
    );
    const { code, stdout } = await session.run('prune', `${harbor.host}/myproject`, '-p', policy, '-o', 'json');
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { summary: { images: object } }).summary.images).toMatchObject({ delete: 5 });
  });

  test('by a glob is listed without a look at other projects', async () => {
    const harbor = await harborWithBuilds();
    const session = await newSession({ env: ENV });
    const { code } = await session.run('prune', `${harbor.host}/myproject/**`, '--keep-last', '10');
    expect(code).toBe(0);
    expect(harbor.requests.filter(({ path }) => /\/projects(?:\?|\/other)/.test(path))).toEqual([]);
  });
});

/** The permissions that the README lists for what is said in the first column, and those above it. */
async function listedPermissions(row: RegExp): Promise<string[]> {
  const readme = await readFile(fileURLToPath(new URL('../../../src/registry/harbor/README.md', import.meta.url)), 'utf8');
  const rows = readme.split('\n').filter((line) => line.startsWith('| ') && line.includes(':'));
  return rows.slice(0, rows.findIndex((line) => row.test(line)) + 1).flatMap((line) => line.match(/(?<=`)[a-z-]+:[a-z]+(?=`)/g) ?? []);
}

describe("a robot account with the README's permissions", () => {
  test('has exactly those that are asked for: to plan, to delete, and to put back', async () => {
    const harbor = await harborWithBuilds();
    harbor.store.ensureRepository('myproject/empty');
    harbor.store.addLabel('known', 'myproject');
    harbor.store.artifact('myproject/app', 'build-1').labels.push('known');
    const two = image({ layers: [layer('two', 100)] });
    harbor.store.now = () => NOW - 200 * DAY;
    await pushTo(harbor, 'myproject/app', two, ['build-0', 'stays']);
    await pushTo(harbor, 'myproject/app', sbom(two, '2025-01-01T00:00:00Z'), []);
    harbor.store.now = () => NOW;
    harbor.store.askedPermissions.clear();
    let journal = '';
    const runs: readonly (readonly [RegExp, () => readonly string[]])[] = [
      [/^\| plans/, () => ['prune', `${harbor.host}/myproject`, '--tags', 'build-*', '--keep-last', '10']],
      [/--apply/, () => ['prune', `${harbor.host}/myproject`, '--tags', 'build-*', '--keep-last', '10', '--apply']],
      [/^\| `undo`/, () => ['undo', journal, '--registry', harbor.host, '--yes']],
    ];
    for (const [row, args] of runs) {
      const permissions = await listedPermissions(row);
      harbor.accounts.splice(0, harbor.accounts.length, { ...ROBOT, projects: { myproject: permissions } });
      const session = await newSession({ env: ENV });
      const { code, stdout, stderr } = await session.run(...args());
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
      journal = /\S+\.jsonl/.exec(stdout)?.[0] ?? journal;
      const asked = new Set([...harbor.store.askedPermissions].filter((permission) => !permission.startsWith('garbage-collection:')));
      expect([...asked].toSorted()).toEqual(permissions.toSorted());
    }
  });
});

describe('a whole Harbor', () => {
  test('leaves out what caches another registry, and says so', async () => {
    const harbor = await harborWithBuilds();
    const cache = harbor.store.addProject('cache');
    await pushTo(harbor, 'cache/nginx', image({ layers: [layer('nginx', 100)] }), ['1']);
    cache.registryId = 4;
    const session = await newSession({ env: { REGISTRY_USER: ADMIN.name, REGISTRY_PASSWORD: ADMIN.secret } });
    const { stdout, stderr } = await session.run('prune', harbor.host, '--keep-last', '10', '-o', 'json');
    expect((JSON.parse(stdout) as { repositories: { repository: string }[] }).repositories.map(({ repository }) => repository)).toEqual([
      'myproject/app',
      'myproject/deep/tool',
      'other/app',
    ]);
    expect(stderr).toContain(`${harbor.host}/cache caches the images of another registry and was passed over`);
    expect((await session.run('inventory', `${harbor.host}/cache`)).stdout).toContain('cache/nginx');
  });

  test('frees its space with --gc, and says how much with --wait', async () => {
    const harbor = await harborWithBuilds();
    const session = await newSession({ env: { REGISTRY_USER: ADMIN.name, REGISTRY_PASSWORD: ADMIN.secret } });
    const { code, stderr } = await session.run('prune', `${harbor.host}/myproject/app`, '--keep-last', '10', '--apply', '--gc', '--wait');
    expect(code).toBe(0);
    expect(stderr).toMatch(/garbage collection freed [\d.]+ k?B/);
  });

  test('takes --gc with --apply only, and --wait with --gc', async () => {
    const session = await newSession();
    expect(await session.run('prune', 'harbor.example.com/myproject', '--keep-last', '1', '--gc')).toMatchObject({ code: 3 });
    expect(await session.run('prune', 'harbor.example.com/myproject', '--keep-last', '1', '--apply', '--wait')).toMatchObject({ code: 3 });
  });
});
