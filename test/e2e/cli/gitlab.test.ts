import { readFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import { image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { type FakeAccount, MAINTAINER, ROLES } from '../../fakes/gitlab/accounts.ts';
import { type FakeGitlab, startFakeGitlab } from '../../fakes/gitlab/fake-gitlab.ts';
import { newSession, NOW } from './in-process.ts';

const DAY = 86_400_000;
const JOB: FakeAccount = { token: 'glcbt-64_job', kind: 'job', scopes: [], role: ROLES.developer, project: 'team/shop' };
const ENV = { REGISTRY_USER: 'any', REGISTRY_PASSWORD: MAINTAINER.token };
const POLICY = ['--keep-days', '30', '--keep-last', '3'];

/** A GitLab with `team/shop/web`: ten builds, one every ten days, the newest of yesterday; the oldest is signed, `build-3` protected. */
async function gitlabWithBuilds(): Promise<FakeGitlab> {
  const gitlab = await startFakeGitlab({ accounts: [MAINTAINER, JOB] });
  onTestFinished(() => gitlab.close());
  const { rules } = gitlab.store.addProject('team/shop');
  const auth = { user: 'any', password: MAINTAINER.token };
  for (let age = 9; age >= 0; age--) {
    const build = image({ layers: [layer(`build ${age}`, 100)], created: new Date(NOW - (age * 10 + 1) * DAY).toISOString() });
    const pushed = age % 2 === 0 ? index([build]) : build;
    await push(gitlab.url, 'team/shop/web', pushed, [`build-${10 - age}`], { auth });
    if (age === 9) await push(gitlab.url, 'team/shop/web', cosignSignature(pushed), [attachmentTag(pushed.digest, 'sig')], { auth });
  }
  rules.push({ tag_name_pattern: '^build-3$', minimum_access_level_for_push: 'owner', minimum_access_level_for_delete: 'owner' });
  for (const { requests } of [gitlab, gitlab.gitlab]) requests.length = 0;
  return gitlab;
}

function tagsIn({ store }: FakeGitlab): string[] {
  return [...store.registry.repository('team/shop/web').tags].map(([name, digest]) => `${name} ${digest}`).toSorted();
}

describe('a group of GitLab, whose registry is known by its answer', () => {
  test('is planned as its README shows, and nothing is changed', async () => {
    const gitlab = await gitlabWithBuilds();
    const before = tagsIn(gitlab);
    const { code, stdout } = await (await newSession({ env: ENV })).run('prune', `${gitlab.host}/team`, ...POLICY);
    expect(code).toBe(0);
    const shown = stdout.replaceAll(gitlab.host, 'registry.gitlab.com').split('\n');
    const readme = await readFile(new URL('../../../src/registry/gitlab/README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```console\n\$ regctl prune [^\n]*\n([\s\S]*?)```/.exec(readme) ?? [];
    const lines = example.split('\n').filter((line) => !['', '…'].includes(line.trim()));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !shown.includes(line))).toEqual([]);
    expect(tagsIn(gitlab)).toEqual(before);
    expect([...gitlab.requests, ...gitlab.gitlab.requests].filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  test.each([
    ['at once', true],
    ['later', false],
  ])('is pruned with --apply and undone, where what has no tag is collected %s', async (_when, collects) => {
    const gitlab = await gitlabWithBuilds();
    const before = tagsIn(gitlab);
    const session = await newSession({ env: ENV });
    const { code, stderr } = await session.run('prune', `${gitlab.host}/team`, ...POLICY, '--apply', '--yes');
    expect(code, stderr).toBe(0);
    expect(tagsIn(gitlab)).toEqual(before.filter((tag) => /^build-(?:3|8|9|10) /.test(tag)));
    if (collects) gitlab.store.collectManifests('team/shop/web');
    const [journal = ''] = await session.journals();
    const undone = await session.run('undo', journal, '--registry', gitlab.host, '--yes');
    expect(undone.code, undone.stderr).toBe(0);
    expect(tagsIn(gitlab)).toEqual(before);
  });

  test('is pruned by the job of a pipeline, in its own project, and what is protected is then reported as locked', async () => {
    const gitlab = await gitlabWithBuilds();
    const session = await newSession({ env: { REGISTRY_USER: 'gitlab-ci-token', REGISTRY_PASSWORD: JOB.token } });
    const { code, stdout } = await session.run('prune', `${gitlab.host}/team/shop`, ...POLICY, '--apply', '--yes');
    expect(code).toBe(6);
    expect(stdout).toContain('GitLab does not tell that to a job token');
    expect(stdout).toContain('so it is protected or immutable');
    expect(tagsIn(gitlab).map((tag) => tag.split(' ')[0])).toEqual(['build-10', 'build-3', 'build-8', 'build-9']);
  });
});
