import { describe, expect, it } from 'vitest';
import { type FakeAccount, MAINTAINER, ROLES } from '../../../fakes/gitlab/accounts.ts';
import { APP, asked, build, connect, failure, fakeGitlab, fill } from './gitlab-fixture.ts';

const JOB: FakeAccount = { token: 'glcbt-64_job', kind: 'job', scopes: [], role: ROLES.developer, project: 'team/shop' };
const DEVELOPER: FakeAccount = { token: 'glpat-developer', kind: 'access', scopes: ['api'], role: ROLES.developer };
const REPORTER: FakeAccount = { token: 'glpat-reporter', kind: 'access', scopes: ['api'], role: ROLES.reporter };
const READING: FakeAccount = { token: 'glpat-reading', kind: 'access', scopes: ['read_api'], role: ROLES.maintainer };
const DEPLOY: FakeAccount = { token: 'gldt-deploy', kind: 'deploy', scopes: ['read_registry', 'write_registry'] };
const ALL = [JOB, DEVELOPER, REPORTER, READING, DEPLOY];

describe('a GitLab', () => {
  it('is found by what its registry names as its token server, at another host, and gets its tokens in its own headers', async () => {
    const gitlab = await fakeGitlab({ accounts: ALL });
    await fill(gitlab, APP, build('one'), 'v1');
    gitlab.gitlab.requests.length = 0;
    for (const account of [MAINTAINER, JOB])
      expect((await connect(gitlab, account).inventory(APP)).manifests.map(({ tags }) => tags)).toEqual([['v1']]);
    const sent = gitlab.gitlab.requests
      .filter(({ path }) => path.startsWith('/api/v4/'))
      .map(({ headers }) => [headers['private-token'], headers['job-token'], headers['authorization']]);
    expect(new Set(sent.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify([MAINTAINER.token, null, null]), JSON.stringify([null, JOB.token, null])]),
    );
  });

  it('is the one that the config says, where it says one', async () => {
    const gitlab = await fakeGitlab();
    await fill(gitlab, APP, build('one'), 'v1');
    const other = await fakeGitlab();
    await fill(other, APP, build('one'), 'v2');
    expect(await connect(gitlab, MAINTAINER, { apiUrl: other.gitlab.url }).listTags(APP)).toEqual(['v2']);
  });

  it('that the registry does not name has to be named in the config', async () => {
    const gitlab = await fakeGitlab();
    gitlab.onRequest(({ path }) => (path === '/v2/' ? { status: 200, body: '{}' } : undefined));
    expect(await failure(connect(gitlab).listTags(APP))).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('gitlab: { url:') as string,
    });
  });

  it('that sends elsewhere is not followed: its token headers would go along', async () => {
    const gitlab = await fakeGitlab();
    const elsewhere = await fakeGitlab();
    gitlab.gitlab.onRequest(({ path }) =>
      path.startsWith('/api/') ? { status: 301, headers: { location: `${elsewhere.gitlab.url}${path}` } } : undefined,
    );
    expect((await failure(connect(gitlab).listTags(APP))).message).toContain(`leads to ${elsewhere.gitlab.url}`);
    expect(asked(elsewhere)).toEqual([]);
  });
});

describe('whether tags can be deleted', () => {
  it.each([
    ['a maintainer', MAINTAINER],
    ['a developer, whom the registry itself does not let delete', DEVELOPER],
    ['a job of the project', JOB],
  ])('is found out for %s, with a metadata database and without', async (_who, account) => {
    for (const hasDatabase of [true, false]) {
      const gitlab = await fakeGitlab({ accounts: ALL, hasDatabase });
      await fill(gitlab, APP, build('one'), 'v1');
      await connect(gitlab, account).checkDelete(APP, { tags: true });
    }
  });

  it.each([
    ['a reporter', REPORTER, 'at least the role Developer'],
    ['a token that may only read', READING, 'the scope api'],
  ])('is refused to %s', async (_who, account, hint) => {
    for (const hasDatabase of [true, false]) {
      const gitlab = await fakeGitlab({ accounts: ALL, hasDatabase });
      await fill(gitlab, APP, build('one'), 'v1');
      expect(await failure(connect(gitlab, account).checkDelete(APP, { tags: true }))).toMatchObject({
        code: 'AUTH',
        message: expect.stringContaining(`prod/${APP}`) as string,
        hint: expect.stringContaining(hint) as string,
      });
    }
  });

  it.each([true, false])('is found out where deletion is switched off in the registry (metadata database: %s)', async (hasDatabase) => {
    const gitlab = await fakeGitlab({ hasDatabase, deletes: false });
    await fill(gitlab, APP, build('one'), 'v1');
    expect(await failure(connect(gitlab).checkDelete(APP, { tags: true }))).toMatchObject({
      code: 'DELETE_DISABLED',
      hint: expect.stringContaining('storage_delete_enabled') as string,
    });
  });
});

it('deploy tokens are refused before anything is sent, since the API does not take them', async () => {
  const gitlab = await fakeGitlab({ accounts: ALL });
  const error = await failure(connect(gitlab, DEPLOY).inventory(APP));
  expect(error).toMatchObject({ code: 'AUTH', message: expect.stringContaining('deploy tokens') as string });
  expect(asked(gitlab)).toEqual(['GET /v2/']);
});

it('a project that is not shown is not taken for one without images, and neither is a repository', async () => {
  const gitlab = await fakeGitlab({ accounts: ALL });
  await fill(gitlab, APP, build('one'), 'v1');
  const nothing = await failure(connect(gitlab).inventory('team/none/app'));
  expect(nothing).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('GitLab shows no project team/none') as string });
  const none = await failure(connect(gitlab).inventory('team/shop/none'));
  expect(none).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('no such repository in the project team/shop') as string,
  });
  const list = async (below: string): Promise<void> => {
    for await (const _name of connect(gitlab).repositories({ below })) continue;
  };
  expect(await failure(list('nobody'))).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('prod/nobody') as string });
  expect(await failure(connect(gitlab).inventory('team'))).toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is no repository prod/team: it is a group.',
  });
});

it('a wrong token, and none, are a missing right and no missing repository', async () => {
  const gitlab = await fakeGitlab();
  await fill(gitlab, APP, build('one'), 'v1');
  const wrong = connect(gitlab, { ...MAINTAINER, token: 'glpat-wrong' });
  const anonymous = connect(gitlab, MAINTAINER, { credentials: async () => undefined });
  for (const registry of [wrong, anonymous])
    for (const name of ['team', APP]) expect((await failure(registry.inventory(name))).code).toBe('AUTH');
});
