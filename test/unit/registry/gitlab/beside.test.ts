import { expect, it } from 'vitest';
import { APP, build, connect, fakeGitlab, fill } from './gitlab-fixture.ts';

it('what GitLab does beside this program is told: its cleanup policy, what it protects, and when space comes back', async () => {
  const gitlab = await fakeGitlab();
  await fill(gitlab, APP, build('one'), 'v1');
  const states = async (): Promise<string[]> => (await connect(gitlab).beside!(APP)).map(({ check, state }) => `${check} ${state}`);
  expect(await states()).toEqual(['retention ok', 'immutable ok', 'garbage ok']);
  const project = gitlab.store.project('team/shop')!;
  project.cleanup = { enabled: true, cadence: '1d', name_regex_delete: 'dev-.*' };
  project.rules.push({ tag_name_pattern: '^v', minimum_access_level_for_push: 'owner', minimum_access_level_for_delete: 'owner' });
  expect(await states()).toEqual(['retention warning', 'immutable warning', 'garbage ok']);
});

it('space that does not come back by itself is told, and so is what cannot be asked for', async () => {
  const gitlab = await fakeGitlab({ hasDatabase: false, listsTagRules: false });
  await fill(gitlab, APP, build('one'), 'v1');
  const beside = await connect(gitlab).beside!(APP);
  expect(beside.map(({ check, state }) => `${check} ${state}`)).toEqual(['retention ok', 'immutable unknown', 'garbage warning']);
  expect(beside[2]!.next).toContain('registry-garbage-collect -m');
});
