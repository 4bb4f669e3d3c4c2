import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newSession } from './in-process.ts';
import { registryWith, tagsIn } from './registry-with-builds.ts';

describe('what a run needs at its end is checked before anything is read', () => {
  test.for([
    ['--plan-out', ['--plan-out', 'missing/plan.json']],
    ['--plan-out', ['--plan-out', 'folder']],
    ['--out', ['--out', 'missing/answer.txt']],
    ['--metrics-file', ['--metrics-file', 'missing/prune.prom']],
  ] as const)('%s: %j', async ([option, words]) => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    await mkdir(join(session.folder, 'folder'));

    const { code, stdout, stderr } = await session.run('prune', registry.host, '--keep-last', '1', '--apply', ...words);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error: cannot write .*, which ${option} names: `));
    expect(registry.requests).toEqual([]);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('the file of an inventory', async () => {
    const registry = await registryWith({ 'team/app': 1 });
    const session = await newSession();

    const { code, stderr } = await session.run('inventory', registry.host, '--out', 'missing/all.json');

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot write .*all\.json, which --out names: /);
    expect(registry.requests).toEqual([]);
  });

  test('the journal folder, if anything is to be deleted', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const blocked = await newSession();
    const session = await newSession({ env: { REGCTL_JOURNAL_DIR: join(await blocked.file('file', ''), 'journals') } });
    const words = ['prune', registry.host, '--keep-last', '1'];

    const { code, stdout, stderr } = await session.run(...words, '--apply');

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: cannot write to the journal folder .*journals: [\s\S]*hint: Set REGCTL_JOURNAL_DIR/);
    expect(registry.requests).toEqual([]);
    const plan = join(blocked.folder, 'plan.json');
    expect((await blocked.run(...words, '--plan-out', plan)).code).toBe(0);
    expect(await session.run('apply', plan)).toMatchObject({ code: 1, stdout: '' });
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('and leaves nothing behind', async () => {
    const registry = await registryWith({ 'team/app': 1 });
    const session = await newSession();
    const words = ['--plan-out', 'plan.json', '--out', 'answer.txt', '--metrics-file', 'prune.prom'];

    expect((await session.run('prune', registry.host, '--keep-last', '1', '--apply', ...words)).code).toBe(0);

    const left = (await readdir(session.folder)).filter((name) => !name.startsWith('.'));
    expect(left.toSorted()).toEqual(['answer.txt', 'plan.json', 'prune.prom']);
    expect(await readdir(join(session.folder, '.local/state/regprune'))).toEqual([]);
  });
});

describe('--apply without any source of what is in use', () => {
  const WARNING = 'warning: no source says what is in use, so images that run are not protected';

  test('says so, once', async () => {
    const registry = await registryWith({ 'team/app': 3, 'team/web': 3 });
    const session = await newSession();
    const words = ['prune', registry.host, '--keep-last', '1'];

    expect((await session.run(...words)).stderr).toBe('');
    expect((await session.run(...words, '--apply')).stderr.split(WARNING)).toHaveLength(2);
  });

  test('does not say so where there is one, and under --quiet', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const running = await session.file('running.txt', `${registry.host}/team/app:build-1\n`);
    const words = ['prune', registry.host, '--keep-last', '1', '--apply'];

    expect((await session.run(...words, '--in-use', running)).stderr).toBe('');
    expect((await session.run(...words, '-q')).stderr).toBe('');
  });
});
