import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { newSession, NOW, type Session } from './in-process.ts';
import { registryWith, tagsIn } from './registry-with-builds.ts';

/** Three builds of which only the newest would stay, and somebody's folder with files by their paths. */
async function scene(
  files: Readonly<Record<string, string>> = {},
  io: Parameters<typeof newSession>[0] = {},
): Promise<{ registry: EmbeddedRegistry; session: Session; words: string[] }> {
  const registry = await registryWith({ 'team/app': 3 });
  const session = await newSession(io);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(session.folder, name)), { recursive: true });
    await writeFile(join(session.folder, name), text);
  }
  return { registry, session, words: [`${registry.host}/team/app`, '--keep-last', '1'] };
}

/** Of each tag that stays for it, who holds the image. */
async function held(session: Session, words: readonly string[]): Promise<Record<string, string | undefined>> {
  const plan = await session.plan(words);
  expect(plan.applyable).toBe(true);
  const reasons = plan.repositories.flatMap(({ images }) =>
    images.flatMap(({ tags, reasons: all }) => all.flatMap(({ code, by }) => (code === 'in_use' ? [[tags.join(), by] as const] : []))),
  );
  return Object.fromEntries(reasons);
}

/** A program in the session's folder, in the language of its shell. */
async function program(session: Session, name: string, script: string): Promise<void> {
  await chmod(await session.file(name, `#!/bin/sh\n${script}\n`), 0o700);
}

const deployment = (name: string, image: string, namespace = 'shop'): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
});
const manifest = (name: string, image: string): string =>
  `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\n` +
  `spec:\n  template:\n    spec:\n      containers:\n        - name: app\n          image: ${image}\n`;

describe('--in-use', () => {
  test('what kubectl prints: the image of a workload stays, and the plan and explain say whose it is', async () => {
    const { registry, session, words } = await scene();
    const image = `${registry.host}/team/app:build-1`;
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [deployment('web', image), deployment('api', image), deployment('jobs', image, 'ops')],
    };
    const file = await session.file('running.json', JSON.stringify(list, null, 4));

    const by = `${file}: ops/Deployment jobs (container app), and 2 more`;
    expect(await held(session, [...words, '--in-use', file])).toEqual({ 'build-1': by });
    expect((await session.run('explain', image, '--keep-last', '1', '--in-use', file)).stdout).toContain(
      'ops/Deployment jobs (container app), and 2 more',
    );
  });

  test('a folder of rendered manifests, by a glob', async () => {
    const { registry, session, words } = await scene();
    const image = (tag: string): string => `${registry.host}/team/app:${tag}`;
    const folder = join(session.folder, 'rendered');
    await mkdir(join(folder, 'shop'), { recursive: true });
    await writeFile(join(folder, 'shop/web.yaml'), manifest('web', image('build-1')) + manifest('api', `${registry.host}/other:v1`));
    await writeFile(join(folder, 'jobs.yaml'), manifest('jobs', image('build-2')));

    expect(await held(session, [...words, '--in-use', join(folder, '**/*.yaml')])).toEqual({
      'build-1': `${folder}/shop/web.yaml: shop/Deployment web (container app)`,
      'build-2': `${folder}/jobs.yaml: shop/Deployment jobs (container app)`,
    });
  });

  test('what an object only mentions stays, and is no sign that the source tells what runs', async () => {
    const { registry, session, words } = await scene();
    const image = (tag: string): string => `${registry.host}/team/app:${tag}`;
    const provider = {
      apiVersion: 'pkg.crossplane.io/v1',
      kind: 'Provider',
      metadata: { name: 'app' },
      spec: { package: image('build-1') },
    };
    const file = await session.file('providers.json', JSON.stringify(provider));
    const plan = await session.plan([...words, '--in-use', file], 5);
    expect(plan.blockedBy.map(({ code }) => code)).toEqual(['inUseIncomplete']);

    await session.file('providers.json', JSON.stringify(provider) + JSON.stringify(deployment('web', image('build-2'))));
    expect(await held(session, [...words, '--in-use', file])).toEqual({
      'build-1': `${file}: Provider app (spec.package)`,
      'build-2': `${file}: shop/Deployment web (container app)`,
    });
  });

  test('a glob that matches nothing: nothing may be deleted', async () => {
    const { registry, session, words } = await scene();
    const glob = ['--in-use', join(session.folder, 'rendered/*.yaml')];
    await mkdir(join(session.folder, 'rendered'));

    expect(await session.plan([...words, ...glob], 5)).toMatchObject({
      applyable: false,
      blockedBy: [{ code: 'inUseIncomplete', message: expect.stringContaining('the glob matches no file') as string }],
    });
    expect((await session.run('prune', ...words, ...glob, '--apply')).code).toBe(5);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('a template that is not rendered: an error at its line, and no plan', async () => {
    const { session, words } = await scene();
    const file = await session.file('web.yaml', manifest('web', '"{{ .Values.image }}"'));

    const { code, stdout, stderr } = await session.run('prune', ...words, '--in-use', file, '--apply');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(
      'web.yaml:10:19: shop/Deployment web (container app): "{{ .Values.image }}" is a template that is not rendered',
    );
  });
});

describe('a command', () => {
  // In its config a program is found from there.
  const config = (command: string): string => JSON.stringify({ inUse: [{ command: [command, 'all'] }] });

  test('is run, and what it prints protects', async () => {
    const { registry, session, words } = await scene(
      {},
      { env: { REGISTRY_USER: 'ci', REGISTRY_PASSWORD: 'battery staple', PATH: process.env['PATH'] } },
    );
    await session.file('.regctlrc', config('./deployed'));
    await program(session, 'deployed', `test "$1" = all && test -z "$REGISTRY_PASSWORD" && echo ${registry.host}/team/app:build-1`);

    expect(await held(session, words)).toEqual({ 'build-1': 'command ./deployed:1' });
  });

  test.for(['echo team/app:build-1; echo "no route to host" >&2; exit 7', 'kill -9 $$'])(
    'that fails: the plan is shown, and with --apply nothing is deleted: %s',
    async (script) => {
      const { registry, session, words } = await scene();
      await session.file('.regctlrc', config('./deployed'));
      await program(session, 'deployed', script);

      const plan = await session.plan(words, 5);
      expect(plan).toMatchObject({ applyable: false, blockedBy: [{ code: 'inUseIncomplete' }] });
      if (script.includes('route'))
        expect(plan.blockedBy[0]?.message).toBe(
          'what is in use is not known: command ./deployed: the list of images in use cannot be read: exit code 7: no route to host',
        );

      expect((await session.run('prune', ...words, '--apply')).code).toBe(5);
      expect(tagsIn(registry, 'team/app')).toHaveLength(3);
    },
  );
});

describe('mirrors', () => {
  test('a name at a mirror protects what it mirrors', async () => {
    const { registry, session } = await scene();
    const config = {
      registries: { prod: { url: registry.url } },
      mirrors: { 'mirror.example.com/cache': 'prod', 'docker.io': `${registry.host}/team` },
    };
    await session.file('.regctlrc', JSON.stringify(config));
    const file = await session.file('running.txt', 'mirror.example.com/cache/team/app:build-1\nindex.docker.io/app:build-2\n');
    const words = ['prod/team/app', '--keep-last', '1'];

    // Docker Hub's "app" is "library/app" there, which is nothing here.
    expect(await held(session, [...words, '--in-use', file])).toEqual({ 'build-1': `${file}:1` });
    await session.file('.regctlrc', JSON.stringify({ ...config, mirrors: { 'docker.io/library': `${registry.host}/team` } }));
    expect(await held(session, [...words, '--in-use', file])).toEqual({ 'build-2': `${file}:2` });
  });

  test('one that stands for nothing: an error, and no plan', async () => {
    const { registry, session } = await scene();
    await session.file(
      '.regctlrc',
      JSON.stringify({ registries: { prod: { url: registry.url } }, mirrors: { 'mirror.example.com': 'prd' } }),
    );

    const { code, stderr } = await session.run('prune', 'prod/team/app', '--keep-last', '1', '--apply');
    expect(code).toBe(3);
    expect(stderr).toContain('did you mean "prod"?');
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });
});

describe('a source that names no image', () => {
  test('blocks, unless the config says that it may be empty', async () => {
    const { registry, session, words } = await scene({ 'none.txt': '# nothing\n', 'one.txt': 'elsewhere.example.com/x:y\n' });
    const none = join(session.folder, 'none.txt');
    const plan = async (source: object, code = 0): Promise<Plan> => {
      await session.file('.regctlrc', JSON.stringify({ inUse: [source, { file: join(session.folder, 'one.txt') }] }));
      return session.plan(words, code);
    };

    expect(await plan({ file: none }, 5)).toMatchObject({
      applyable: false,
      blockedBy: [
        {
          code: 'inUseIncomplete',
          message:
            `what is in use is not known: ${none} names no image. Where nothing may be in use, give it as ` +
            `a source in the config, with "mayBeEmpty: true".`,
        },
      ],
    });
    expect(await plan({ command: ['true'] }, 5)).toMatchObject({ applyable: false });
    expect((await session.run('prune', ...words, '--apply')).code).toBe(5);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);

    expect(await plan({ file: none, mayBeEmpty: true })).toMatchObject({ applyable: true });
  });

  test('by a flag blocks always', async () => {
    const { session, words } = await scene({ 'none.txt': '' });
    const none = join(session.folder, 'none.txt');
    await session.file('.regctlrc', JSON.stringify({ inUse: [{ file: none, mayBeEmpty: true }] }));

    expect(await session.plan([...words, '--in-use', none], 5)).toMatchObject({ applyable: false });
  });

  test('may be empty, and yet has to be there', async () => {
    const { session, words } = await scene();
    await session.file('.regctlrc', JSON.stringify({ inUse: [{ file: join(session.folder, 'none.txt'), mayBeEmpty: true }] }));

    expect(await session.plan(words, 5)).toMatchObject({
      blockedBy: [{ message: expect.stringContaining('there is no such file') as string }],
    });
  });
});

describe('a list of names that exist', () => {
  const rule = `rules: [{name: builds, tags: {regex: "(?<branch>build)-.*"}, live: {branch: branches}, keep: {last: 1}}]`;
  const policy = `version: 1\npolicies:\n  - {name: p, ${rule}}\n`;

  test.for<[what: string, source: object, message: string]>([
    ['cannot be read', { command: ['./broken'] }, 'command ./broken: the list of names cannot be read: exit code 1.'],
    ['names nothing', { command: ['true'] }, 'the list "branches" names nothing'],
  ])('that %s: nothing may be deleted', async ([, source, message]) => {
    const { registry, session } = await scene();
    await program(session, 'broken', 'echo main; exit 1');
    await session.file('.regctlrc', JSON.stringify({ lists: { branches: source } }));
    const words = [`${registry.host}/team/app`, '-p', await session.file('policy.yaml', policy)];

    expect(await session.plan(words, 5)).toMatchObject({
      applyable: false,
      blockedBy: [{ code: 'listsIncomplete', message: expect.stringContaining(message) as string }],
    });
    expect((await session.run('prune', ...words, '--apply')).code).toBe(5);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('keeps the tags of what is in it, and lets the others go', async () => {
    const { registry, session } = await scene();
    await session.file('.regctlrc', JSON.stringify({ lists: { branches: { command: ['./branches'] } } }));
    await program(session, 'branches', 'echo main; echo Build/1');
    const branches = policy.replace('(?<branch>build)-.*', '(?<branch>build-[0-9])');
    const plan = await session.plan([`${registry.host}/team/app`, '-p', await session.file('policy.yaml', branches)]);

    const decided = plan.repositories.flatMap(({ images }) =>
      images.map(({ tags, action, reasons }) => [tags.join(), action, reasons[0]?.code]),
    );
    expect(decided.toSorted()).toEqual([
      ['build-1', 'keep', 'live'],
      ['build-2', 'delete', 'expired'],
      ['build-3', 'keep', 'newest'],
    ]);
  });

  test('that no rule looks up is not read', async () => {
    const { session, words } = await scene();
    await session.file('.regctlrc', JSON.stringify({ lists: { branches: { command: ['./nothing'] } } }));
    expect(await session.plan(words)).toMatchObject({ applyable: true });
  });

  test('that the config does not have: an error, and no plan', async () => {
    const { registry, session } = await scene();
    const file = await session.file('policy.yaml', policy);
    await session.file('.regctlrc', JSON.stringify({ lists: { branche: { command: ['./nothing'] } } }));

    const { code, stdout, stderr } = await session.run('prune', `${registry.host}/team/app`, '-p', file, '--apply');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('policy.yaml:3:91: there is no list "branches" under "lists" in the config, which has branche');
  });
});

test('a plan from a document knows the names that stand in it, and so does explain', async () => {
  const { session } = await scene();
  const manifest = (hex: string, tag: string): object => ({
    digest: `sha256:${hex.repeat(64)}`,
    tags: [tag],
    pushedAt: '2026-01-01T00:00:00Z',
  });
  const repository = {
    registry: 'prod',
    url: 'https://registry.example.com',
    repository: 'team/app',
    names: ['eu.example.org/shop/app'],
    complete: true,
    manifests: [manifest('1', 'v1'), manifest('2', 'v2')],
  };
  const inventory = await session.file(
    'inventory.json',
    JSON.stringify({ kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-11-01T00:00:00Z', repositories: [repository] }),
  );
  const running = await session.file('running.txt', 'eu.example.org/shop/app:v1\n');
  const words = ['--inventory', inventory, '--tags', '**', '--keep-last', '1'];

  expect(await held(session, [...words, '--in-use', running])).toEqual({ v1: `${running}:1` });
  for (const name of ['prod/team/app', 'registry.example.com/team/app', 'eu.example.org/shop/app'])
    expect((await session.run('explain', `${name}:v2`, ...words)).stdout, name).toContain('prod/team/app@sha256:2222');
  expect((await session.run('explain', 'eu.example.org/team/app:v2', ...words)).code).toBe(1);
});

describe('a saved plan', () => {
  test('names its sources, is refused without them, and leaves alone what they name by now', async () => {
    const { registry, session, words } = await scene();
    const file = await session.file('running.txt', 'registry.example.com/other:v1\n');
    const saved = join(session.folder, 'plan.json');
    const plan = await session.plan([...words, '--in-use', file, '--plan-out', saved]);
    expect(plan.inUse).toEqual(['file running.txt']);

    const without = await session.run('apply', saved, '--yes', '--registry', registry.host);
    expect(without.code).toBe(5);
    expect(without.stderr).toContain('file running.txt');
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);

    await session.file('running.txt', `${registry.host}/team/app:build-1\n`);
    const { code, stdout } = await session.run('apply', saved, '--yes', '--registry', registry.host, '--in-use', file);
    expect(code).toBe(6);
    expect(stdout).toContain('in use by now');
    expect(tagsIn(registry, 'team/app')).toEqual(expect.arrayContaining(['build-1', 'build-3']));
    expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  });
});

describe('what came into use while a run was reading', () => {
  /** Prunes; while the registry is read so many seconds go by and the file comes to hold `text`. */
  async function whileReading(seconds: number, text: string | undefined) {
    let now = NOW;
    const { registry, session, words } = await scene({}, { now: () => now });
    const file = await session.file('running.txt', 'registry.example.com/other:v1\n');
    let begun = false;
    registry.onRequest(async ({ path }) => {
      if (begun || !path.includes('/tags/list')) return;
      begun = true;
      now += seconds * 1000;
      if (text === undefined) await rm(file);
      else await session.file('running.txt', text.replaceAll('REGISTRY', registry.host));
    });
    const { code, stdout, stderr } = await session.run('prune', ...words, '--in-use', file, '--apply');
    return { code, said: stdout + stderr, left: tagsIn(registry, 'team/app') };
  }

  test('stays where that took more than a minute: the sources are read again before the first deletion', async () => {
    const { code, said, left } = await whileReading(61, 'REGISTRY/team/app:build-1\n');
    expect({ code, left }, said).toEqual({ code: 6, left: ['build-1', 'build-3'] });
    expect(said).toContain('in use by now');
  });

  test('is not known where a source cannot be read again: nothing is deleted', async () => {
    const { code, said, left } = await whileReading(61, undefined);
    expect({ code, left }, said).toEqual({ code: 5, left: ['build-1', 'build-2', 'build-3'] });
    expect(said).toContain('it is not known what is in use');
  });

  test('is not asked for within a minute', async () => {
    const { code, left } = await whileReading(59, undefined);
    expect({ code, left }).toEqual({ code: 0, left: ['build-3'] });
  });
});
