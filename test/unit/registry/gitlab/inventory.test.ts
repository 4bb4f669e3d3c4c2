import { describe, expect, it } from 'vitest';
import { image, layer } from '../../../../src/demo/image.ts';
import { type FakeAccount, ROLES } from '../../../fakes/gitlab/accounts.ts';
import { APP, asked, build, connect, fakeGitlab, fill } from './gitlab-fixture.ts';

const JOB: FakeAccount = { token: 'glcbt-64_job', kind: 'job', scopes: [], role: ROLES.maintainer, project: 'team/shop' };
const OWNER: FakeAccount = { token: 'glpat-owner', kind: 'access', scopes: ['read_api'], role: ROLES.owner };
const DEVELOPER: FakeAccount = { token: 'glpat-developer', kind: 'access', scopes: ['read_api'], role: ROLES.developer };
const accounts = [JOB, OWNER, DEVELOPER];

function rule(pattern: string, least: string | null): Parameters<Array<never>['push']>[number] {
  return { tag_name_pattern: pattern, minimum_access_level_for_push: least, minimum_access_level_for_delete: least } as never;
}

describe('the inventory of a GitLab', () => {
  it('is made of tags that are listed by keyset, and of the registry alone where that has no metadata database', async () => {
    for (const [hasDatabase, lists] of [
      [true, ['keyset 1', 'keyset 2', 'keyset 3']],
      [false, ['keyset 1', 'registry']],
    ] as const) {
      const gitlab = await fakeGitlab({ hasDatabase, pageSize: 2 });
      const one = build('one');
      await fill(gitlab, APP, one, 'a', 'b', 'c', 'd', 'e');
      gitlab.requests.length = 0;
      const { manifests, complete } = await connect(gitlab).inventory(APP);
      expect({ complete, tags: manifests.flatMap(({ tags }) => tags) }).toEqual({ complete: true, tags: ['a', 'b', 'c', 'd', 'e'] });
      let pages = 0;
      const asks = asked(gitlab).flatMap((line) =>
        line.includes('pagination=keyset') ? [`keyset ${(pages += 1)}`] : line.includes('/tags/list') ? ['registry'] : [],
      );
      expect(asks).toEqual(lists);
    }
  });

  it('judges the age of an image by what it says itself: one that does not say has none, whenever its tag was set', async () => {
    const gitlab = await fakeGitlab();
    const silent = image({ layers: [layer('silent', 10)] });
    await fill(gitlab, APP, silent, 'silent');
    await fill(gitlab, APP, build('told'), 'told');
    gitlab.store.createdAt.set(`${APP}:silent`, Date.UTC(2024, 0, 1));
    gitlab.store.createdAt.set(`${APP}:told`, Date.UTC(2024, 0, 1));
    const { manifests, capabilities } = await connect(gitlab).inventory(APP);
    const times = Object.fromEntries(
      manifests.map(({ tags, createdAt, pushedAt, tagTimes }) => [tags[0], [createdAt, pushedAt, tagTimes]]),
    );
    expect(times).toEqual({ silent: [undefined, undefined, undefined], told: ['2025-01-01T00:00:00.000Z', undefined, undefined] });
    expect(capabilities).toMatchObject({ createdAt: true, pushedAt: false, tagTimes: false, deleteTag: true });
  });

  it('tells which tags the role of the token may not delete, by expressions that need not match all of a tag', async () => {
    const gitlab = await fakeGitlab({ accounts });
    await fill(gitlab, APP, build('one'), 'v1', 'v1-release', 'latest', 'dev');
    gitlab.store.project('team/shop')!.rules.push(rule('-release', 'maintainer'), rule('^lat', 'owner'), rule('(?!dev)', 'admin'));
    const lockedFor = async (account?: FakeAccount): Promise<readonly string[]> =>
      (await connect(gitlab, account).inventory(APP)).manifests[0]!.lockedTags ?? [];
    // What RE2 does not understand protects all.
    expect(await lockedFor(OWNER)).toEqual(['dev', 'latest', 'v1', 'v1-release']);
    gitlab.store.project('team/shop')!.rules.pop();
    expect(await lockedFor(OWNER)).toEqual([]);
    expect(await lockedFor()).toEqual(['latest']);
  });

  it('says where it is not known which tags are protected: to a developer, to a job, and by older versions', async () => {
    const gitlab = await fakeGitlab({ accounts });
    const old = await fakeGitlab({ listsTagRules: false });
    for (const each of [gitlab, old]) await fill(each, APP, build('one'), 'v1');
    for (const [registry, why] of [
      [connect(gitlab, DEVELOPER), '403'],
      [connect(gitlab, JOB), 'GitLab does not tell that to a job token'],
      [connect(old), '404'],
    ] as const) {
      const { notes = [], complete } = await registry.inventory(APP);
      expect(complete).toBe(true);
      expect(notes.filter((note) => note.startsWith(`Which tags of prod/${APP} are protected is not known`))).toEqual([
        expect.stringContaining(why),
      ]);
    }
  });

  it('says what GitLab itself deletes by a cleanup policy, and that nothing can be deleted in what is going to go', async () => {
    const gitlab = await fakeGitlab();
    await fill(gitlab, APP, build('one'), 'v1');
    gitlab.store.project('team/shop')!.cleanup = {
      cadence: '7d',
      enabled: true,
      keep_n: 10,
      older_than: '90d',
      name_regex_delete: '.*',
      name_regex_keep: 'v.+',
    };
    gitlab.store.repository(APP).status = 'delete_scheduled';
    const { notes, manifests } = await connect(gitlab).inventory(APP);
    expect(notes).toEqual([
      `Nothing can be deleted in prod/${APP}: it is about to be deleted as a whole.`,
      `GitLab itself deletes tags of prod/${APP} by the cleanup policy of the project team/shop: every 7d it deletes the tags that match ` +
        '.*, but for the newest 10 of each repository, those of less than 90d, those that match v.+.',
    ]);
    expect(manifests.map(({ locked }) => locked)).toEqual([true]);
  });
});
