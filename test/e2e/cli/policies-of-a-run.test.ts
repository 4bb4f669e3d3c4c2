import { describe, expect, test } from 'vitest';
import { newSession } from './in-process.ts';
import { keepBuilds, registryWith } from './registry-with-builds.ts';

describe('the policies of a run fit together and with the config, or nothing is asked of a registry', () => {
  test('a rule looks up a list that the config lacks', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    await session.file('.regctlrc.yaml', 'lists: {branches: {file: branches.txt}}\n');
    const policy = keepBuilds(1).replace('["build-*"]', '{regex: "(?<branch>.+)-[0-9]+"}\n        live: {branch: brnches}');
    const file = await session.file('policy.yaml', policy);

    const { code, stdout, stderr } = await session.run('prune', registry.host, '-p', file);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/policy\.yaml:7:24: there is no list "brnches" under "lists" in the config, which has branches$/m);
    expect(registry.requests).toEqual([]);
  });

  test('a policy of an earlier file leaves nothing to one of a later file, which alone would be right', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const all = await session.file('all.yaml', keepBuilds(1));
    const team = await session.file(
      'team.yaml',
      keepBuilds(1, '    repositories: ["team/**"]\n').replace('- name: builds', '- name: team'),
    );

    const { code, stderr } = await session.run('prune', registry.host, '-p', all, '-p', team);

    expect(code).toBe(3);
    expect(stderr).toMatch(
      /team\.yaml:3:11: nothing is left for this policy: "builds" in .*all\.yaml governs every repository that it could$/m,
    );
    expect(registry.requests).toEqual([]);
    expect(await session.run('policy', 'check', all, team)).toMatchObject({ code: 0 });
    expect(await session.run('prune', registry.host, '-p', team, '-p', all)).toMatchObject({ code: 0 });
  });
});
