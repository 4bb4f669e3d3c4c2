import { describe, expect, test } from 'vitest';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith } from './registry-with-builds.ts';

describe('a name that is not right', () => {
  test('of a repository that does not exist is told with the nearest one', async () => {
    const registry = await registryWith({ 'team/backend': 1, 'team/web': 1 });
    const session = await newSession();

    for (const [wrong, right] of [
      ['team/bakend', 'team/backend'],
      ['taem/web', 'team/web'],
    ]) {
      const { code, stderr } = await session.run('prune', `${registry.host}/${wrong}`, '--keep-last', '1');
      expect(code).toBe(5);
      expect(stderr).toMatch(new RegExp(`^error: .*${wrong}.*; did you mean "${right}"\\?$`, 'm'));
    }
  });

  test('that is like no other is told without a guess', async () => {
    const registry = await registryWith({ 'team/backend': 1 });
    const session = await newSession();

    const { stderr } = await session.run('prune', `${registry.host}/something/else`, '--keep-last', '1');

    expect(stderr).toMatch(/^error: .*something\/else/m);
    expect(stderr).not.toContain('did you mean');
  });

  test('of a repository that no policy governs is told with the nearest one that a policy names', async () => {
    const registry = await registryWith({ 'team/bakend': 1 });
    const session = await newSession();
    const policy = await session.file('policy.yaml', keepBuilds(1, '    repositories: [team/backend, "other/*"]\n'));

    const { code, stderr } = await session.run('prune', `${registry.host}/team/bakend`, '-p', policy);

    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `warning: no policy governs ${registry.host}/team/bakend, so it is left alone; did you mean "team/backend"?\n`,
    });
    expect((await session.run('prune', registry.host, '-p', policy)).stderr).toBe('');
  });
});

describe('a run that is about no repository says so', () => {
  test('where the registry lists none', async () => {
    const registry = await registryWith({});
    const session = await newSession();

    expect((await session.run('prune', registry.host, '--keep-last', '1')).stderr).toBe(
      `warning: the registry ${registry.host} lists no repositories\n`,
    );
    expect((await session.run('inventory', registry.host)).stderr).toContain('lists no repositories');
  });

  test('where none matches', async () => {
    const registry = await registryWith({ 'team/app': 1, 'other/tool': 1 });
    const session = await newSession();
    const run = async (glob: string): Promise<string> =>
      (await session.run('prune', `${registry.host}/${glob}`, '--keep-last', '1')).stderr;

    expect(await run('team/web-*')).toBe(
      `warning: none of the 2 repositories that the registry ${registry.host} lists matches team/web-*\n`,
    );
    expect(await run('*-service')).toContain(`none of the 2 repositories that the registry ${registry.host} lists matches *-service`);
    expect(await run('team/*')).toBe('');
  });

  test('where an inventory holds none, or none of those that are named', async () => {
    const session = await newSession();
    const head = { kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-01-01T00:00:00Z' };
    const repository = { registry: 'prod', repository: 'team/app', complete: true, manifests: [] };
    const empty = await session.file('empty.json', JSON.stringify({ ...head, repositories: [] }));
    const full = await session.file('full.json', JSON.stringify({ ...head, repositories: [repository] }));
    const run = async (...words: string[]): Promise<string> =>
      (await session.run('prune', '--keep-last', '1', '--inventory', ...words)).stderr;

    expect(await run(empty)).toBe(`warning: ${empty} holds no repository\n`);
    expect(await run(full, 'team/web')).toBe(`warning: ${full} holds no repository of those that are named\n`);
    expect(await run(full)).toBe('');
  });
});

test('a policy file that is not there, is another document or no text, or says "grace: 0", ends the run with 3', async () => {
  const session = await newSession();
  const inventory = { kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-01-01T00:00:00Z', repositories: [] };
  const file = await session.file('inventory.json', JSON.stringify(inventory));
  const run = (policy: string): ReturnType<typeof session.run> => session.run('prune', '--inventory', file, '-p', policy);

  expect(await run('none.yaml')).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('there is no such file') as string });
  expect(await run(file)).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('missing key "policies"') as string });
  const picture = await session.file('picture.png', '\u0089PNG\r\n\u0000');
  expect(await run(picture)).toMatchObject({ code: 3, stdout: '' });
  const zero = await session.file('zero.yaml', keepBuilds(1, '    grace: 0\n'));
  expect(await run(zero)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(
      'not a duration: write a whole number and s, m, h, d or w, such as 12h or 30d, or 0s for none',
    ) as string,
  });
});
