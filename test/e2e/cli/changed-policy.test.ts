import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { newSession, NOW, type Session } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

/** A user with a plan, made by a policy file, that deletes two images. */
async function withPlan(): Promise<{
  registry: EmbeddedRegistry;
  user: Session;
  file: string;
  rewrite: (text: string) => Promise<unknown>;
}> {
  const registry = await registryWith({ 'team/app': 3 });
  const user = await newSession();
  await mkdir(join(user.folder, 'policies'));
  const file = join(user.folder, 'policies/app.yaml');
  const rewrite = (text: string): Promise<unknown> => user.file('policies/app.yaml', text);
  await rewrite(keepBuilds(1));
  await succeed(user, 'prune', `${registry.host}/team/app`, '-p', file, '--plan-out', 'plan.json');
  registry.requests.length = 0;
  return { registry, user, file, rewrite };
}

async function succeed(user: Session, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await user.run(...words);
  expect(code, stderr).toBe(0);
  return stdout;
}

describe('a saved plan whose policy file', () => {
  test('is the same, however it is written, is carried out', async () => {
    const { registry, user, rewrite } = await withPlan();
    await rewrite(`# a remark\n${keepBuilds(1).replace('{last: 1}', '\n          last: 1')}`);

    await succeed(user, 'apply', 'plan.json');

    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test.for<[string, string, string]>([
    ['keeps something else now', keepBuilds(2), 'the policy "builds" in FILE has changed since the plan was made'],
    [
      'has it under another name',
      keepBuilds(1).replace('- name: builds\n    rules', '- name: other\n    rules'),
      'the policy "builds" is not in FILE any more',
    ],
    [
      'has one more',
      keepBuilds(1).replace(
        'policies:\n',
        'policies:\n  - name: second\n    repositories: ["other/**"]\n    rules: [{name: all, tags: ["**"], keep: all}]\n',
      ),
      'the policy "second" was added to FILE',
    ],
    [
      'is no policy any more',
      'version: 1\npolicies: 7\n',
      'cannot tell whether the policy "builds" of FILE is still the one that the plan was made by',
    ],
  ])('%s, is refused before the registry is asked anything, unless it is allowed', async ([, text, said]) => {
    const { registry, user, file, rewrite } = await withPlan();
    const problem = said.replace('FILE', file);
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
    const { registry, user, file, rewrite } = await withPlan();
    const [head, one, two] = [
      'version: 1\npolicies:\n',
      '  - name: one\n    repositories: ["team/*"]\n    rules: [{name: all, tags: ["**"], keep: none}]\n',
      '  - name: two\n    repositories: ["*/app"]\n    rules: [{name: all, tags: ["**"], keep: all}]\n',
    ];
    await rewrite(head + one + two);
    await succeed(user, 'prune', `${registry.host}/team/app`, '-p', file, '--plan-out', 'plan.json');
    await rewrite(head + two + one);

    expect(await user.run('apply', 'plan.json')).toMatchObject({ code: 5, stderr: expect.stringContaining('in another order') as string });
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('is not on this machine is refused, and it is said why', async () => {
    const { registry, user, file } = await withPlan();
    await rename(file, `${file}.away`);

    const { code, stderr } = await user.run('apply', 'plan.json');

    expect(code).toBe(5);
    expect(stderr).toContain(`${file}: the policy cannot be read: there is no such file.`);
    expect(stderr).toContain(
      'To carry this one out as it is, for example on a machine without the policy files, say --allow-changed-policy',
    );
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);

    await rename(`${file}.away`, file);
    await succeed(user, 'apply', 'plan.json');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
  });

  test('is something that cannot be read twice is refused', async () => {
    const { registry, user, file } = await withPlan();
    await rm(file);
    await mkdir(file);

    expect(await user.run('apply', 'plan.json')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('is not a regular file, so it cannot be read again') as string,
    });
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });
});

test('a saved plan that was made by flags has no file that could have changed', async () => {
  const registry = await registryWith({ 'team/app': 2 });
  const user = await newSession();
  await succeed(user, 'prune', `${registry.host}/team/app`, '--keep-last', '1', '--plan-out', 'plan.json');

  await succeed(user, 'apply', 'plan.json');

  expect(tagsIn(registry, 'team/app')).toEqual(['build-2']);
});

test('a saved plan is refused after a day, or as long as --max-age says', async () => {
  const registry = await registryWith({ 'team/app': 2 });
  const user = await newSession();
  const words = ['prune', `${registry.host}/team/app`, '--keep-last', '1', '-o', 'json'];
  const made = JSON.parse(await succeed(user, ...words)) as { createdAt: string; now: string };
  made.createdAt = made.now = new Date(NOW - 25 * 3_600_000).toISOString();
  await writeFile(join(user.folder, 'plan.json'), JSON.stringify(made));

  expect(await user.run('apply', 'plan.json')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('may be carried out for 24 h only') as string,
  });
  expect(await user.run('apply', 'plan.json', '--max-age', '90s')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('may be carried out for 90 s only') as string,
  });
  expect(tagsIn(registry, 'team/app')).toHaveLength(2);
  await succeed(user, 'apply', 'plan.json', '--max-age', '26h');
  expect(tagsIn(registry, 'team/app')).toEqual(['build-2']);
});
