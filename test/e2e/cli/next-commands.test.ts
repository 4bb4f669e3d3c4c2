import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { newSession, type Session } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

const AUTH = { scheme: 'basic', user: 'robot', password: 'right' } as const;
const ENV = { REGISTRY_USER: AUTH.user, REGISTRY_PASSWORD: AUTH.password };

/** The words of the command line that the output names after this sentence, as a shell reads them, without the program's name. */
function commandAfter(sentence: string, stdout: string): string[] {
  const line = new RegExp(`^${sentence}.*:\\n\\n {2}(regctl .+)$`, 'm').exec(stdout)?.[1];
  expect(line, stdout).toBeDefined();
  const words = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`]).toString();
  return words.split('\0').slice(1, -1);
}

async function run(session: Session, words: readonly string[], code = 0): Promise<string> {
  const result = await session.run(...words);
  expect(result.code, `${words.join(' ')}\n${result.stderr}${result.stdout}`).toBe(code);
  return result.stdout;
}

describe('the command line that is printed works as it stands, with the credentials that this one used', () => {
  test.for([
    ['a repository', (host: string) => [`${host}/team/app`]],
    ['--registry', (host: string) => ['--registry', host]],
    ['a URL', (host: string) => ['--registry', `http://${host}`]],
    ['words after --', (host: string) => ['--', host]],
  ] as const)('for %s: apply at once, and undo', async ([, target]) => {
    const registry = await registryWith({ 'team/app': 3 }, { auth: AUTH });
    const session = await newSession({ env: ENV });
    const policy = await session.file('a policy.yaml', keepBuilds(1));

    const planned = await run(session, ['prune', '-p', policy, ...target(registry.host)]);
    const applied = await run(session, commandAfter('Nothing has been changed', planned));
    expect(tagsIn(registry, 'team/app')).toEqual(['build-3']);
    await run(session, commandAfter('To put it back', applied));

    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('for a saved plan with its in-use sources: apply, and undo', async () => {
    const registry = await registryWith({ 'team/app': 3 }, { auth: AUTH });
    const session = await newSession({ env: ENV, now: Date.now });
    const running = await session.file('running.txt', `${registry.host}/team/app:build-1\n`);
    const plan = await session.file('plan.json', '');
    const words = ['prune', registry.host, '--keep-last', '1', '--in-use', running, '--plan-out', plan];

    const applied = await run(session, commandAfter('Nothing has been changed', await run(session, words)));
    expect(tagsIn(registry, 'team/app')).toEqual(['build-1', 'build-3']);
    await run(session, commandAfter('To put it back', applied));

    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('names no registry again that the config names', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession({ now: Date.now });
    await session.file('.regctlrc.yaml', `registries: {prod: {url: "${registry.url}"}}\n`);

    const stdout = await run(session, ['prune', 'prod/team/app', '--keep-last', '1', '--plan-out', 'plan.json']);

    expect(commandAfter('Nothing has been changed', stdout)).toEqual(['apply', 'plan.json']);
  });
});
