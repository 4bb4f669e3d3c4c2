import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { newUser, type User } from '../program.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

/** A user with a plan, made by a policy file, that deletes two images. */
async function withPlan(): Promise<{ registry: EmbeddedRegistry; user: User; rewrite: (text: string) => Promise<void> }> {
  const registry = await registryWith({ 'team/app': 3 });
  const user = await newUser({ files: { 'policies/app.yaml': keepBuilds(1) } });
  await user.succeed('prune', `${registry.host}/team/app`, '-p', 'policies/app.yaml', '--plan-out', 'plan.json');
  registry.requests.length = 0;
  return { registry, user, rewrite: (text) => writeFile(join(user.home, 'policies/app.yaml'), text) };
}

describe('a saved plan whose policy file', () => {
  test('is the same, however it is written, is carried out', async () => {
    const { registry, user, rewrite } = await withPlan();
    await rewrite(`# a remark\n${keepBuilds(1).replace('{last: 1}', '\n          last: 1')}`);

    await user.succeed('apply', 'plan.json');

    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test.for<[string, string, string]>([
    ['keeps something else now', keepBuilds(2), 'the policy "builds" in policies/app.yaml has changed since the plan was made'],
    [
      'has it under another name',
      keepBuilds(1).replace('- name: builds\n    rules', '- name: other\n    rules'),
      'the policy "builds" is not in policies/app.yaml any more',
    ],
    [
      'has one more',
      keepBuilds(1).replace(
        'policies:\n',
        'policies:\n  - name: second\n    repositories: ["other/**"]\n    rules: [{name: all, tags: ["**"], keep: all}]\n',
      ),
      'the policy "second" was added to policies/app.yaml',
    ],
    [
      'is no policy any more',
      'version: 1\npolicies: 7\n',
      'cannot tell whether the policy "builds" of policies/app.yaml is still the one that the plan was made by',
    ],
  ])('%s, is refused before the registry is asked anything, unless it is allowed', async ([, text, problem]) => {
    const { registry, user, rewrite } = await withPlan();
    await rewrite(text);

    const { code, stdout, stderr } = await user.run('apply', 'plan.json');

    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain(`error: ${problem}`);
    expect(stderr).toMatch(/^hint: nothing was changed\. Make a new plan\..*--allow-changed-policy$/m);
    expect(registry.requests).toEqual([]);
    expect(await user.journals()).toEqual([]);

    const allowed = await user.run('apply', 'plan.json', '--allow-changed-policy');
    expect(allowed.code, allowed.stderr).toBe(0);
    expect(allowed.stderr).toContain(`warning: ${problem}`);
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test('has its policies in another order is refused, since the first that matches governs', async () => {
    const { registry, user, rewrite } = await withPlan();
    const [head, one, two] = [
      'version: 1\npolicies:\n',
      '  - name: one\n    repositories: ["team/*"]\n    rules: [{name: all, tags: ["**"], keep: none}]\n',
      '  - name: two\n    repositories: ["*/app"]\n    rules: [{name: all, tags: ["**"], keep: all}]\n',
    ];
    await rewrite(head + one + two);
    await user.succeed('prune', `${registry.host}/team/app`, '-p', 'policies/app.yaml', '--plan-out', 'plan.json');
    await rewrite(head + two + one);

    expect(await user.run('apply', 'plan.json')).toMatchObject({ code: 5, stderr: expect.stringContaining('in another order') as string });
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('is not on this machine is refused, and it is said why', async () => {
    const { registry, user } = await withPlan();
    const elsewhere = await newUser();
    await cp(join(user.home, 'plan.json'), join(elsewhere.home, 'plan.json'));

    const { code, stderr } = await elsewhere.run('apply', 'plan.json');

    expect(code).toBe(5);
    expect(stderr).toContain('policies/app.yaml: the policy cannot be read: there is no such file.');
    expect(stderr).toContain(
      'To carry this one out as it is, for example on a machine without the policy files, say --allow-changed-policy',
    );
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);

    await cp(join(user.home, 'policies'), join(elsewhere.home, 'policies'), { recursive: true });
    await elsewhere.succeed('apply', 'plan.json');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test('is something that cannot be read twice is refused', async () => {
    const { registry, user } = await withPlan();
    await rm(join(user.home, 'policies/app.yaml'));
    await mkdir(join(user.home, 'policies/app.yaml'));

    expect(await user.run('apply', 'plan.json')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('is not a regular file, so it cannot be read again') as string,
    });
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });
});

test('a saved plan that was made by flags has no file that could have changed', async () => {
  const registry = await registryWith({ 'team/app': 2 });
  const user = await newUser();
  await user.succeed('prune', `${registry.host}/team/app`, '--keep-last', '1', '--plan-out', 'plan.json');

  await user.succeed('apply', 'plan.json');

  expect(tagsIn(registry, 'team/app')).toEqual(['build-2']);
});

test('a saved plan is refused after a day, or as long as --max-age says', async () => {
  const registry = await registryWith({ 'team/app': 2 });
  const user = await newUser();
  const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '-o', 'json'];
  const made = JSON.parse(await user.succeed(...words)) as { createdAt: string; now: string };
  made.createdAt = made.now = new Date(Date.now() - 25 * 3_600_000).toISOString();
  await writeFile(join(user.home, 'plan.json'), JSON.stringify(made));

  expect(await user.run('apply', 'plan.json')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('may be carried out for 24 h only') as string,
  });
  expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  await user.succeed('apply', 'plan.json', '--max-age', '26h');
  expect(tagsIn(registry, 'team/app')).toEqual(['build-2']);
});
