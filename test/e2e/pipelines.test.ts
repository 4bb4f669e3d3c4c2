import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { EmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { keepBuilds, registryWith, tagsIn } from './cli/registry-with-builds.ts';
import { type Action, type ActionRun, runAction } from './pipeline-steps.ts';
import { newUser, type User } from './program.ts';
import { packPackage } from './servers/pack-package.ts';
import { mustRun, runProcess } from './servers/run-process.ts';

const ROOT = new URL('../..', import.meta.url);
const action = parse(await readFile(new URL('.github/actions/prune/action.yml', ROOT), 'utf8')) as Action;

/** Where the action's own step has installed what `npm pack` makes of this checkout. */
let installed: string;
beforeAll(async () => {
  const { folder, file } = await packPackage();
  installed = join(folder, 'regprune');
  const env = { ...process.env, RUNNER_TEMP: folder, PACKAGE: file };
  await mustRun('bash', ['-eo', 'pipefail', '-c', action.runs.steps.find((step) => step.name === 'Install')!.run], { env });
});

/** A repository with a config and a policy for the registry. Its `gh` writes down what it is asked, and knows of one comment if told. */
async function repositoryFor(registry: EmbeddedRegistry, comment = ''): Promise<User> {
  return newUser({
    files: {
      '.regctlrc.yaml': `registries: {prod: {url: "${registry.url}"}}\npolicies: [policies/builds.yaml]\n`,
      'policies/builds.yaml': keepBuilds(1),
      'bin/gh':
        `#!/bin/sh\nif [ "$2" = --paginate ]; then echo '${comment}'; else echo "$@" >> calls; for each; ` +
        `do case "$each" in body=@*) cat "\${each#body=@}" >> calls;; esac; done; fi\n`,
    },
  });
}

/** Commits the policies of a repository. Answers the revision. */
async function commit({ home }: User): Promise<string> {
  const script =
    'git init --quiet && git add policies && ' +
    'git -c user.name=me -c user.email=me@example.com commit --quiet -m before && git rev-parse HEAD';
  return (await mustRun('sh', ['-c', script], { cwd: home })).trim();
}

describe('the action', () => {
  const pullRequest = { event_name: 'pull_request', event: { pull_request: { number: 7 } } };

  function run(user: User, inputs: Readonly<Record<string, string>>, github: object = {}): Promise<ActionRun> {
    return runAction(action, inputs, { github, cwd: user.home, installed });
  }

  test('puts nothing into a script but by its environment', () => {
    for (const { run: script } of action.runs.steps) expect(script).not.toContain('${{');
  });

  test('installs the version of this package', async () => {
    const { version } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as { readonly version: string };
    expect(action.inputs['package']?.default).toBe(`regprune@${version}`);
  });

  test('plans on a pull request, deletes nothing, and shows the plan in the summary and as a comment', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const user = await repositoryFor(registry);

    const { code, outputs, summary, stdout, stderr } = await run(user, { comment: 'true' }, pullRequest);

    expect(code, stderr).toBe(0);
    expect(outputs).toEqual({ 'exit-code': '2', deletions: 'true' });
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
    expect(summary).toContain('### Prune plan');
    const calls = await readFile(join(user.home, 'calls'), 'utf8');
    expect(calls).toMatch(/^api --silent --method POST repos\/me\/mine\/issues\/7\/comments -F body=@/);
    expect(calls).toContain('<!-- regctl prune -->\n### Prune plan');
    expect(stdout).toContain('::warning ');
  });

  test('replaces its earlier comment, and comments a plan that is blocked too, with the exit code of the plan', async () => {
    const user = await repositoryFor(await registryWith({ 'team/app': 3 }), '4711');

    const { code, outputs } = await run(user, { comment: 'true', arguments: '--max-deletions\n0\n' }, pullRequest);

    expect([code, outputs['exit-code']]).toEqual([5, '5']);
    expect(await readFile(join(user.home, 'calls'), 'utf8')).toMatch(
      /^api --silent --method PATCH repos\/me\/mine\/issues\/comments\/4711 -F body=@/,
    );
  });

  test('shows beside the plan how a changed policy decides differently from the base of the pull request', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const user = await repositoryFor(registry);
    const base = await commit(user);
    await writeFile(join(user.home, 'policies/builds.yaml'), keepBuilds(2));

    const { code, summary, stderr } = await run(user, { base, comment: 'true' }, pullRequest);

    expect(code, stderr).toBe(0);
    const [, , compared] = summary.split(/^### /m);
    expect(compared).toContain('build-2');
    expect(compared).not.toContain('build-1');
    expect(await readFile(join(user.home, 'calls'), 'utf8')).toContain(compared);
  });

  test('carries out the saved plan, and leaves a journal from which it is undone', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const user = await repositoryFor(registry);
    await run(user, {});

    const { code, outputs, summary, stderr } = await run(user, { command: 'apply', arguments: '--max-duration\n2h\n' });

    expect(code, stderr).toBe(0);
    expect(outputs).toMatchObject({ 'exit-code': '0', journal: expect.stringContaining('regprune-journal') });
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
    expect(summary).toContain('2 images');
  });

  test('takes inputs for words alone, whatever they hold', async () => {
    const user = await repositoryFor(await registryWith({ 'team/app': 3 }));
    const hostile = '"; touch owned; echo "$(touch owned)`touch owned`';

    const refused = await run(user, { targets: hostile });
    const wrong = await run(user, { command: hostile });

    expect([refused.code, wrong.code]).toEqual([3, 3]);
    expect(wrong.stderr).toContain(`and is "${hostile}"`);
    await expect(readFile(join(user.home, 'owned'))).rejects.toThrow('ENOENT');
  });
});

test('the workflow that "generate github" prints uses the inputs and outputs that the action has, and passes secrets by name', async () => {
  const user = await newUser({
    files: {
      '.regctlrc.yaml':
        'registries: {prod: {url: "https://registry.example.com", auth: {usernameEnv: PROD_USER, passwordEnv: PROD_PASSWORD}}}\n' +
        'policies: [policies/builds.yaml]\n',
      'policies/builds.yaml': keepBuilds(1),
    },
  });

  const workflow = parse(await user.succeed('generate', 'github', '--schedule', '0 4 * * 0')) as {
    readonly on: { readonly pull_request: object; readonly schedule: object };
    readonly jobs: Readonly<
      Record<string, { readonly steps: readonly { readonly uses: string; readonly with?: object; readonly env?: object }[] }>
    >;
  };

  expect(workflow.on).toMatchObject({
    pull_request: { paths: ['.regctlrc.yaml', 'policies/builds.yaml'] },
    schedule: [{ cron: '0 4 * * 0' }],
  });
  const uses = Object.values(workflow.jobs).flatMap(({ steps }) => steps.filter((step) => step.uses.includes('/actions/prune@')));
  expect(uses).toHaveLength(2);
  for (const { with: inputs = {}, env } of uses) {
    for (const name of Object.keys(inputs)) expect(Object.keys(action.inputs)).toContain(name);
    expect(env).toEqual({ PROD_USER: '${{ secrets.PROD_USER }}', PROD_PASSWORD: '${{ secrets.PROD_PASSWORD }}' });
  }
});

test('the jobs that "generate gitlab" prints plan, and carry out the plan of the job before', async () => {
  const registry = await registryWith({ 'team/app': 3 });
  const user = await repositoryFor(registry);
  const base = await commit(user);
  await writeFile(join(user.home, 'policies/builds.yaml'), keepBuilds(2));
  const jobs = parse(await user.succeed('generate', 'gitlab')) as Readonly<
    Record<
      string,
      {
        readonly script: readonly string[];
        readonly before_script: readonly string[];
        readonly variables: Readonly<Record<string, string>>;
      }
    >
  >;
  const { before_script: before, variables } = jobs['.regprune']!;
  const filled = Object.entries(variables).map(([name, value]) => [name, value.replace('$CI_PROJECT_DIR', user.home)] as const);
  const path = `${join(installed, 'bin')}:${process.env['PATH']}`;
  const env = { PATH: path, HOME: user.home, CI_MERGE_REQUEST_DIFF_BASE_SHA: base, ...Object.fromEntries(filled) };
  const run = (name: string): ReturnType<typeof runProcess> =>
    runProcess('sh', ['-ec', jobs[name]!.script.join('\n')], { cwd: user.home, env });

  const files = await readdir(user.home);
  expect(before).toEqual([`npm install --global --ignore-scripts --no-audit --no-fund ${action.inputs['package']?.default}`]);
  const planned = await run('prune plan');
  expect(planned.code, planned.stderr).toBe(0);
  expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  // Nothing else is left beside the policies, where a glob of the config could find it.
  expect((await readdir(user.home)).filter((name) => !files.includes(name))).toEqual(['.regctl', 'plan.json', 'plan.md', 'report.json']);
  expect((await readFile(join(user.home, 'plan.md'), 'utf8')).match(/^### [A-Z]\w+ \w+/gm)).toEqual([
    '### Prune plan',
    '### Policy change',
  ]);
  expect(JSON.parse(await readFile(join(user.home, 'report.json'), 'utf8'))).toEqual({ create: 0, update: 0, delete: 1 });
  const applied = await run('prune apply');
  expect(applied.code, applied.stderr).toBe(0);
  expect(tagsIn(registry, 'team/app')).toEqual(['build-2', 'build-3']);
});
