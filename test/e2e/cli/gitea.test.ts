import { readFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { type FakeGitea, startFakeGitea } from '../../fakes/gitea/fake-gitea.ts';
import { newSession, NOW } from './in-process.ts';

const DAY = 86_400_000;
const BOSS = { name: 'boss', token: 'boss-token-0815', scopes: ['write:package'], owners: ['team'] };
const ENV = { REGISTRY_USER: BOSS.name, REGISTRY_PASSWORD: BOSS.token };
const POLICY = ['--tags', 'build-*', '--keep-days', '30', '--keep-last', '3'];

/** A Gitea with `team/shop/web`: ten builds, one every ten days, the newest of yesterday; the fifth is `stable` too. */
async function giteaWithBuilds(): Promise<FakeGitea> {
  const gitea = await startFakeGitea({ accounts: [BOSS] });
  onTestFinished(() => gitea.close());
  const auth = { user: BOSS.name, password: BOSS.token };
  for (let age = 9; age >= 0; age--) {
    const time = NOW - (age * 10 + 1) * DAY;
    const build = image({ layers: [layer(`build ${age}`, 100)], created: new Date(time).toISOString() });
    gitea.store.now = () => time;
    const tags = [`Build-${10 - age}`, ...(age === 5 ? ['stable'] : [])];
    await push(gitea, 'team/shop/web', age % 2 === 0 ? index([build]) : build, tags, { auth });
  }
  gitea.store.now = () => NOW;
  return gitea;
}

function tagsIn({ store }: FakeGitea): string[] {
  return [...store.of('team/shop/web')].flatMap(({ version }) => (version.includes(':') ? [] : [version])).toSorted();
}

describe('an owner of Gitea, which is known by its answer', () => {
  test('is planned as its README shows, and nothing is changed', async () => {
    const gitea = await giteaWithBuilds();
    const before = tagsIn(gitea);
    gitea.requests.length = 0;
    const { code, stdout } = await (await newSession({ env: ENV })).run('prune', `${gitea.host}/team/shop/web`, ...POLICY);
    expect(code).toBe(0);
    const shown = stdout.replaceAll(gitea.host, 'git.example.com').split('\n');
    const readme = await readFile(new URL('../../../src/registry/gitea/README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```console\n\$ regctl prune [^\n]*\n([\s\S]*?)```/.exec(readme) ?? [];
    const lines = example.split('\n').filter((line) => !['', '…'].includes(line.trim()));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !shown.includes(line))).toEqual([]);
    expect(tagsIn(gitea)).toEqual(before);
    expect(gitea.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  test('is pruned with --apply, which says before that nothing can be put back; what runs stays, however its tag is written', async () => {
    const gitea = await giteaWithBuilds();
    const session = await newSession({ env: ENV });
    const running = await session.file('running.txt', `${gitea.host}/team/shop/web:Build-1\n`);
    const run = await session.run('prune', `${gitea.host}/team`, ...POLICY, '--in-use', running, '--apply', '--yes');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('cannot be put back');
    expect(tagsIn(gitea)).toEqual(['build-1', 'build-10', 'build-8', 'build-9', 'stable']);
  });
});
