import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { newSession } from './in-process.ts';
import { keepBuilds, pushBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

const MANIFEST = (repository: string, digest: string): string => `/v2/${repository}/manifests/${digest}`;

describe('a dry run', () => {
  test('shows what would go, ends with the command that does it, and asks nothing but GET and HEAD', async () => {
    const registry = await registryWith({ 'team/app': 5 });
    const session = await newSession();

    const { code, stdout, stderr } = await session.run('prune', `${registry.host}/team/app`, '--tags', 'build-*', '--keep-last', '2');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /delete {2}3 images · .+ freed\n {4}command line {2}3\n {6}build-3 .+ rank 3\n {6}build-2 .+ rank 4\n {6}build-1 .+ rank 5\n/,
    );
    expect(
      stdout.endsWith(`To carry this plan out:\n\n  regctl prune ${registry.host}/team/app --tags 'build-*' --keep-last 2 --apply\n`),
    ).toBe(true);
    expect(new Set(registry.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(tagsIn(registry, 'team/app')).toHaveLength(5);
  });

  test('may be said, and the command that does it does not say it', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();

    const { code, stdout } = await session.run('prune', '--dry-run', `${registry.host}/team/app`, '--keep-last', '1');

    expect(code).toBe(0);
    expect(stdout).toContain(`regctl prune ${registry.host}/team/app --keep-last 1 --apply\n`);
  });

  test('writes the same plan as JSON, as YAML and into the plan file', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const words = [`${registry.host}/team/app`, '--keep-last', '1', '--plan-out', 'plan.json'];

    const plan = await session.plan(words);
    const yaml = await session.run('prune', ...words, '-o', 'yaml');

    expect(plan).toMatchObject({
      kind: 'Plan',
      formatVersion: '1.0',
      applyable: true,
      blockedBy: [],
      summary: { images: { keep: 1, untag: 0, delete: 2 } },
    });
    expect(parse(yaml.stdout)).toEqual(plan);
    expect(JSON.parse(await readFile(join(session.folder, 'plan.json'), 'utf8'))).toEqual(plan);
  });

  test('names what would go, a reference a line', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();

    const { stdout } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '-o', 'name');

    expect(stdout.split('\n').toSorted()).toEqual(['', `${registry.host}/team/app:build-1`, `${registry.host}/team/app:build-2`]);
  });

  test('names what went where it is carried out: not what the registry refused, and nothing where it was not begun', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '-o', 'name'];

    expect(await session.run(...words, '--max-deletions', '1')).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(/^Nothing was changed\.$/m) as string,
    });
    const first = registry.storage.repository('team/app').tags.get('build-1')!;
    registry.onRequest(({ method, path }) => (method === 'DELETE' && path.endsWith(first) ? { status: 405 } : undefined));
    expect(await session.run(...words)).toMatchObject({ code: 6, stdout: `${registry.host}/team/app:build-2\n` });
  });

  test('writes its answer to a file instead, and then nothing to stdout', async () => {
    const registry = await registryWith({ 'team/app': 1 });
    const session = await newSession();

    const { stdout } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '-o', 'markdown', '--out', 'summary.md');

    expect(stdout).toBe('');
    expect(await readFile(join(session.folder, 'summary.md'), 'utf8')).toMatch(/^### Prune plan: 0 images to delete/);
  });

  test('tells by its exit code that something would go, if asked', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const words = [`${registry.host}/team/app`, '--detailed-exitcode'];

    expect((await session.run('prune', ...words, '--keep-last', '1')).code).toBe(2);
    expect((await session.run('prune', ...words, '--keep-last', '2')).code).toBe(0);
  });
});

describe('what a run is about', () => {
  test('is the whole registry by its catalogue, but only what a policy governs is read', async () => {
    const registry = await registryWith({ 'team/app': 2, 'team/web': 2, 'other/tool': 2 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1, '    repositories: ["team/*"]\n'));

    const plan = await session.plan([registry.host, '-p', policy]);

    expect(plan.repositories.map(({ repository, policy: by, images }) => [repository, by, images.length])).toEqual([
      ['other/tool', undefined, 0],
      ['team/app', 'builds', 2],
      ['team/web', 'builds', 2],
    ]);
    expect(plan.diagnostics).toContainEqual(expect.objectContaining({ code: 'ungoverned', repository: 'other/tool' }));
    expect(registry.requests.filter(({ path }) => path.includes('other/tool'))).toEqual([]);
  });

  test('is one repository, without asking for the others', async () => {
    const registry = await registryWith({ 'team/app': 2, 'team/web': 2 });
    const session = await newSession();

    const plan = await session.plan([`${registry.host}/team/app`, '--keep-last', '1']);

    expect(plan.repositories.map(({ repository }) => repository)).toEqual(['team/app']);
    // The one beside asks what kind of registry it is.
    expect(registry.requests.filter(({ path }) => !path.startsWith('/v2/team/app/')).map(({ path }) => path)).toEqual(['/v2/']);
  });

  test('is every repository that a glob matches', async () => {
    const registry = await registryWith({ 'team/app': 1, 'team/web': 1, 'other/tool': 1 });
    const session = await newSession();

    expect((await session.plan([`${registry.host}/team/*`, '--keep-last', '1'])).repositories.map(({ repository }) => repository)).toEqual([
      'team/app',
      'team/web',
    ]);
  });

  test('is everything below a name that is no repository', async () => {
    const registry = await registryWith({ 'team/app': 1, 'team/web': 1, 'teams/x': 1 });
    const session = await newSession();

    expect((await session.plan([`${registry.host}/team`, '--keep-last', '1'])).repositories.map(({ repository }) => repository)).toEqual([
      'team/app',
      'team/web',
    ]);
  });

  test('is the repositories that the policies name, where the registry lists none', async () => {
    const registry = await registryWith({ 'team/app': 2 }, { catalog: false });
    const session = await newSession();
    const named = await session.file('named.yaml', keepBuilds(1, '    repositories: ["team/app"]\n'));
    const all = await session.file('all.yaml', keepBuilds(1));

    expect((await session.plan([registry.host, '-p', named])).repositories.map(({ repository }) => repository)).toEqual(['team/app']);
    const { code, stderr } = await session.run('prune', registry.host, '-p', all);
    expect(code).toBe(5);
    expect(stderr).toContain('Name the repositories');
  });

  test('is what the config names, with its policies', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1, '    registries: [prod]\n'));
    await session.file('.regctlrc.yaml', `registries: {prod: {url: "${registry.url}"}}\npolicies: ["${policy}"]\n`);

    for (const words of [[], ['prod'], ['prod/team/app'], [`${registry.host}/team/app`], ['--registry', 'prod']]) {
      const plan = await session.plan(words);
      expect(plan.repositories.map(({ registry: name, url, repository }) => [name, url, repository])).toEqual([
        ['prod', registry.url, 'team/app'],
      ]);
      expect(plan.summary.images.delete).toBe(1);
    }
  });

  test('is split into shards that together are the whole, each repository in one', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `team/app-${index}`);
    const registry = await registryWith(Object.fromEntries(names.map((name) => [name, 1])));
    const session = await newSession();

    const shards = await Promise.all(
      ['1/3', '2/3', '3/3'].map((shard) => session.plan([registry.host, '--keep-last', '1', '--shard', shard])),
    );

    const parts = shards.map(({ repositories }) => repositories.map(({ repository }) => repository));
    expect(parts.flat().toSorted()).toEqual(names.toSorted());
    expect(parts.filter((part) => part.length > 0).length).toBeGreaterThan(1);
  });

  test('shards that are carried out side by side delete no more together than one run may', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `team/app-${index}`);
    const builds = Object.fromEntries(names.map((name) => [name, 4]));
    const shards = ['1/3', '2/3', '3/3'];
    const limits: [words: string[], code: number, deleted: number][] = [
      [['--at-most', '10'], 0, 10],
      // Each shard would delete more than its part, so that each is refused.
      [['--max-deletions', '10'], 5, 0],
    ];
    for (const [limit, code, deleted] of limits) {
      const registry = await registryWith(builds);
      const session = await newSession();
      // Shards go by names: by this one, and not by that of a port, each has several repositories every time.
      await session.file('.regctlrc.yaml', `registries: { prod: { url: 'http://${registry.host}' } }\n`);
      const words = ['prune', 'prod', '--keep-last', '1', ...limit, '--apply', '--yes'];

      const results = await Promise.all(shards.map((shard) => session.run(...words, '--shard', shard)));

      expect(results.map((result) => result.code)).toEqual(shards.map(() => code));
      const left = names.map((name) => tagsIn(registry, name).length).reduce((sum, count) => sum + count, 0);
      expect(48 - left).toBe(deleted);
    }
  });
});

describe('what goes wrong while reading', () => {
  test('one repository that may not be read: the others are planned, the exit code says that permission is missing', async () => {
    const registry = await registryWith({ 'team/app': 2, 'team/secret': 2 });
    registry.onRequest(({ path }) =>
      path.startsWith('/v2/team/secret') ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined,
    );
    const session = await newSession();

    const { code, stdout, stderr } = await session.run('prune', registry.host, '--keep-last', '1', '-o', 'json');

    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: .*team\/secret.*DENIED/m);
    const { repositories } = JSON.parse(stdout) as { repositories: { repository: string; complete: boolean; steps: unknown[] }[] };
    expect(repositories.map(({ repository, complete, steps }) => [repository, complete, steps.length])).toEqual([
      ['team/app', true, 1],
      ['team/secret', false, 0],
    ]);
  });

  test('one manifest that cannot be read: nothing in its repository goes, and the reason is said', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    registry.onRequest(({ path }) => (path.endsWith('/manifests/build-2') ? { status: 400 } : undefined));

    const { code, stdout, stderr } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1');

    expect(code).toBe(6);
    expect(stderr).toMatch(/^error: .*team\/app could not be read completely:\n {2}.*build-2/m);
    expect(stdout).toContain('incomplete');
    expect(stdout).toContain('delete  0 images');
  });

  test('an in-use list that is not there: the plan is shown, and may not be carried out', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const words = [`${registry.host}/team/app`, '--keep-last', '1', '--in-use', join(session.folder, 'missing.txt')];

    const plan = await session.plan(words, 5);
    expect(plan).toMatchObject({ applyable: false, blockedBy: [{ code: 'inUseIncomplete' }] });

    expect((await session.run('prune', ...words, '--apply')).code).toBe(5);
    expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  });

  test('a policy that asks what the registry does not tell: an error at its line, and no plan', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1).replace('{last: 1}', '{pulledDays: 30}'));

    const { code, stdout, stderr } = await session.run('prune', registry.host, '-p', policy);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/policy\.yaml:7:\d+: .*pulled/);
  });
});

describe('--apply', () => {
  test('deletes just what the plan said, keeps a journal, and finds nothing more to do afterwards', async () => {
    const registry = await registryWith({ 'team/app': 5 });
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '2'];
    const doomed = [...registry.storage.repository('team/app').tags].filter(([tag]) => /-[123]$/.test(tag)).map(([, digest]) => digest);

    const { code, stdout } = await session.run(...words, '--apply');

    expect(code).toBe(0);
    expect(tagsIn(registry, 'team/app')).toEqual(['build-4', 'build-5']);
    expect(
      registry.requests
        .filter(({ method, status }) => method === 'DELETE' && status === 202)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(doomed.map((digest) => MANIFEST('team/app', digest)).toSorted());
    expect(stdout).toMatch(/deleted {2}3 images in 1 repository: done\n/);
    expect(stdout).not.toContain('Nothing has been changed');
    expect(stdout).toContain((await session.journals())[0]);
    expect((await session.run(...words, '--apply')).stdout).toContain('delete  0 images');
  });

  test('with --at-most deletes the oldest, leaves the others for the next run, and goes on with them there', async () => {
    const registry = await registryWith({ 'team/app': 4, 'team/web': 3 });
    const session = await newSession();
    const words = [registry.host, '--keep-last', '1', '--at-most', '3'];

    const plan = await session.plan(words);
    const waiting = plan.repositories.map(({ images }) =>
      images.filter(({ reasons }) => reasons[0]?.code === 'next_run').flatMap(({ tags }) => tags),
    );

    expect([plan.applyable, plan.blockedBy, plan.summary.images.delete]).toEqual([true, [], 3]);
    expect(waiting.map((tags) => tags.toSorted())).toEqual([['build-3'], ['build-2']]);
    const { code } = await session.run('prune', ...words, '--apply');
    expect([code, tagsIn(registry, 'team/app'), tagsIn(registry, 'team/web')]).toEqual([0, ['build-3', 'build-4'], ['build-2', 'build-3']]);
    expect((await session.run('prune', ...words, '--apply')).code).toBe(0);
    expect([tagsIn(registry, 'team/app'), tagsIn(registry, 'team/web')]).toEqual([['build-4'], ['build-3']]);
  });

  test('does not say that it is done where something could not be listed', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    registry.onRequest(({ path }) =>
      path.startsWith('/v2/_catalog') ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined,
    );
    const session = await newSession();

    const { code, stdout } = await session.run('prune', registry.host, '--keep-last', '1', '--apply');

    expect(code).toBe(4);
    expect(stdout).toContain('This plan may not be carried out:\n  nothing could be read\n');
    expect(stdout).not.toContain('applied');
    expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  });

  test('adds what came of it to the plan, as a document', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();

    const plan = (await session.plan([`${registry.host}/team/app`, '--keep-last', '1', '--apply'])) as unknown as {
      kind: string;
      applied: object;
    };

    expect(plan).toMatchObject({ kind: 'Plan', applied: { kind: 'ApplyReport', outcome: 'done', counts: { deleted: 2 } } });
  });

  test('is undone from the journal, every tag and digest as it was', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const before = new Map(registry.storage.repository('team/app').tags);
    const session = await newSession();
    await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-4']);

    const { code, stdout } = await session.run('undo', (await session.journals())[0] ?? '');

    expect(code).toBe(0);
    expect(stdout).toMatch(/undone {2}done\n/);
    expect(new Map([...registry.storage.repository('team/app').tags].toSorted())).toEqual(new Map([...before].toSorted()));
  });

  test('stops before the first deletion where a limit is exceeded', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '--max-deletions', '2'];

    const { code, stdout, stderr } = await session.run(...words, '--apply');

    expect(code).toBe(5);
    expect(stdout).toContain('This plan may not be carried out:\n  the run would delete 3 images; --max-deletions is 2\n');
    expect(stderr).toContain('the run would delete 3 images');
    expect(tagsIn(registry, 'team/app')).toHaveLength(4);
    expect((await session.run(...words)).code).toBe(5);
  });

  test('says that deletion is switched off before anything is tried', async () => {
    const registry = await registryWith({ 'team/app': 2 }, { deleteEnabled: false });
    const session = await newSession();

    const { code, stderr } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');

    expect(code).toBe(5);
    expect(stderr).toMatch(/error: .*delet/i);
    expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  });

  test('ends with 6 where something was not done, and says what and why', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const stubborn = registry.storage.repository('team/app').tags.get('build-1') ?? '';
    registry.onRequest(({ method, path }) => (method === 'DELETE' && path.endsWith(stubborn) ? { status: 400 } : undefined));

    const { code, stdout } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');

    expect(code).toBe(6);
    expect(stdout).toContain('  build-1  failed');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-1', 'build-3']);
  });

  test('is refused together with what only pretends', async () => {
    const session = await newSession();
    const words = ['prune', 'localhost:1/team/app', '--keep-last', '1', '--apply'];

    for (const more of [['--dry-run'], ['--now', '2026-01-01T00:00:00Z'], ['--inventory', 'inventory.json']]) {
      expect(await session.run(...words, ...more)).toMatchObject({ code: 3, stdout: '' });
    }
  });
});

describe('a saved plan', () => {
  test('is carried out later by apply, and what has moved since is left alone', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const session = await newSession({ now: Date.now });
    await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--plan-out', 'plan.json');
    const { tags } = registry.storage.repository('team/app');
    tags.set('build-2', tags.get('build-4')!);

    const { code, stdout } = await session.run('apply', 'plan.json');

    expect(code).toBe(6);
    expect(stdout).toContain('changed since the plan was made');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-2', 'build-4']);
  });

  test('is refused when it is too old, made for another time, or of something else', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '--plan-out'];
    await session.run(...words, 'fresh.json');
    await session.run(...words, 'then.json', '--now', '2026-11-20T00:00:00Z');
    const later = await newSession({ now: () => Date.parse('2026-11-24T05:00:00Z') });
    const plan = await readFile(join(session.folder, 'fresh.json'), 'utf8');
    await writeFile(join(later.folder, 'plan.json'), plan);

    expect(await later.run('apply', 'plan.json', '--max-age', '1h')).toMatchObject({ code: 5, stdout: '' });
    expect(await session.run('apply', 'then.json')).toMatchObject({ code: 5, stdout: '' });
    await session.file('broken.json', plan.replace('"kind": "Plan"', '"kind": "Plane"'));
    expect(await session.run('apply', 'broken.json')).toMatchObject({ code: 3, stdout: '' });
    expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  });
});

describe('an inventory', () => {
  test.for(['all.json', 'all.jsonl'])('written to %s makes the same plan as the registry', async (name) => {
    const registry = await registryWith({ 'team/app': 4, 'team/web': 3 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(2));

    const read = await session.run('inventory', registry.host, '--out', name);
    expect(read).toMatchObject({ code: 0, stdout: '' });
    const online = await session.plan([registry.host, '-p', policy]);
    registry.requests.length = 0;
    const offline = await session.plan(['--inventory', join(session.folder, name), '-p', policy]);

    expect(registry.requests).toEqual([]);
    expect(offline.repositories).toEqual(online.repositories);
    expect(offline.summary).toEqual(online.summary);
  });

  test('goes to stdout, and may be narrowed down again by repository', async () => {
    const registry = await registryWith({ 'team/app': 1, 'team/web': 1 });
    const session = await newSession();

    const { stdout } = await session.run('inventory', registry.host);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-11-24T03:10:00.000Z' });
    const file = await session.file('all.json', stdout);
    const plan = await session.plan([`${registry.host}/team/web`, '--inventory', file, '--keep-last', '1']);
    expect(plan.repositories.map(({ repository }) => repository)).toEqual(['team/web']);
  });

  test('decides as of another time, if asked', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const words = [`${registry.host}/team/app`, '--keep-days', '2'];

    expect((await session.plan(words)).summary.images.delete).toBe(1);
    const later = await session.plan([...words, '--now', '2026-12-31T00:00:00Z']);
    expect(later).toMatchObject({
      now: '2026-12-31T00:00:00.000Z',
      createdAt: '2026-11-24T03:10:00.000Z',
      summary: { images: { delete: 2 } },
    });
    expect(await session.plan([...words, '--now', '2026-12-31 02:00:00+02:00'])).toEqual(later);
  });

  test('decides as of so far ahead, if asked, and carries nothing out then', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const words = [`${registry.host}/team/app`, '--keep-days', '2'];

    const ahead = await session.plan([...words, '--now', '+30d']);
    expect(ahead).toEqual(await session.plan([...words, '--now', '2026-12-24T03:10:00Z']));
    expect(ahead.summary.images.delete).toBe(2);
    const refused = await session.run('prune', ...words, '--now', '+30d', '--apply');
    expect({ code: refused.code, stderr: refused.stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--now only pretends'),
    });
  });

  test.for(['2026-11-24', 'yesterday', '2026-11-24T03:10:00', '2026-13-01T00:00:00Z', '', '30d', '+30', '+9000000d'])(
    'refuses "%s" as that time',
    async (now) => {
      const session = await newSession();

      const { code, stdout, stderr } = await session.run('prune', 'localhost:1/team/app', '--keep-last', '1', '--now', now);

      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toContain('is not a time with its zone by RFC 3339');
    },
  );
});

describe('metrics', () => {
  test('are written whether the run succeeds or not, and remember the last success', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '--metrics-file', 'prune.prom'];
    const metrics = (): Promise<string> => readFile(join(session.folder, 'prune.prom'), 'utf8');

    await session.run(...words, '--apply');
    expect(await metrics()).toContain(`regprune_deleted_manifests{registry="${registry.host}",policy="command line"} 2\n`);
    expect(await metrics()).toMatch(/^regprune_last_success_timestamp_seconds 1795489800$/m);

    await pushBuilds(registry, 'team/app', 3);
    expect((await session.run(...words, '--apply', '--max-deletions', '0')).code).toBe(5);
    expect(await metrics()).toMatch(/^regprune_last_success_timestamp_seconds 1795489800$/m);
    expect(await metrics()).toContain(`regprune_planned_manifests{registry="${registry.host}",policy="command line"} 2\n`);
  });
});
