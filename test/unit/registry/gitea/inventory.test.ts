import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { APP, BOSS, build, connect, failure, fakeGitea, fill, READER } from './gitea-fixture.ts';

describe('the inventory of a Gitea', () => {
  it('tells when each tag was set, anew where it was moved, and when a manifest was received last', async () => {
    const gitea = await fakeGitea();
    const [one, two] = [build('one'), build('two')];
    for (const [month, thing, tag] of [
      [1, one, 'a'],
      [2, two, 'moved'],
      [3, one, 'moved'],
    ] as const) {
      gitea.store.now = () => Date.UTC(2025, month - 1, 1);
      await fill(gitea, APP, thing, tag);
    }
    const { manifests, capabilities } = await connect(gitea).inventory(APP);
    expect(manifests.map(({ digest, tagTimes, pushedAt }) => ({ digest, tagTimes, pushedAt }))).toEqual([
      {
        digest: one.digest,
        tagTimes: { a: '2025-01-01T00:00:00.000Z', moved: '2025-03-01T00:00:00.000Z' },
        pushedAt: '2025-03-01T00:00:00.000Z',
      },
    ]);
    expect(capabilities).toMatchObject({ listUntagged: true, pushedAt: true, tagTimes: true, undo: false });
  });

  it('holds what was pushed by digest, and nothing of packages whose name only begins the same', async () => {
    const gitea = await fakeGitea(2);
    const [child, untagged] = [build('child'), build('untagged')];
    await fill(gitea, APP, index([child]), 'v1');
    await fill(gitea, APP, untagged);
    await fill(gitea, `${APP}-beside`, build('beside'), 'v1', 'v2');
    const { manifests, complete } = await connect(gitea).inventory(APP);
    expect(complete).toBe(true);
    expect(manifests.map(({ tags }) => tags).toSorted()).toEqual([[], [], ['v1']]);
    expect(manifests.map(({ digest }) => digest)).toEqual(expect.arrayContaining([child.digest, untagged.digest]));
  });

  it('names the tags whose manifests are gone, so that a policy may go on without them', async () => {
    const gitea = await fakeGitea();
    await fill(gitea, APP, build('one'), 'v1');
    await fill(gitea, APP, build('two'), 'v2');
    const unknown = JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] });
    gitea.onRequest(({ path }) => (path.endsWith('/manifests/v2') ? { status: 404, body: unknown } : undefined));
    const { danglingTags, problems = [], complete } = await connect(gitea).inventory(APP);
    expect({ complete, danglingTags }).toEqual({ complete: false, danglingTags: [{ tag: 'v2' }] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('danglingTags: ignore');
    expect(problems[0]).toMatch(/ take it off: curl -u USER -X DELETE http:.*\/api\/v1\/packages\/team\/container\/shop%2Fweb\/v2$/);
  });

  it('is read again where a tag is deleted while it is listed, which makes another slip from page to page', async () => {
    const gitea = await fakeGitea(2);
    for (const tag of ['a', 'b', 'c', 'd', 'e']) await fill(gitea, APP, build(tag), tag);
    let pages = 0;
    gitea.onRequest(({ path }) => {
      if (path.startsWith('/api/v1/packages/') && (pages += 1) === 2) gitea.store.remove(APP, 'e');
    });
    const { manifests, complete } = await connect(gitea).inventory(APP);
    expect({ complete, tags: manifests.flatMap(({ tags }) => tags).toSorted() }).toEqual({ complete: true, tags: ['a', 'b', 'c', 'd'] });
  });

  it('is read again where one without a tag slips, which nothing else lists', async () => {
    const gitea = await fakeGitea(2);
    const all = ['a', 'b', 'c', 'd'].map(build);
    for (const thing of all) await fill(gitea, APP, thing);
    let pages = 0;
    gitea.onRequest(({ path }) => {
      if (path.startsWith('/api/v1/packages/') && (pages += 1) === 2) gitea.store.remove(APP, all[3]!.digest);
    });
    const { manifests } = await connect(gitea).inventory(APP);
    expect(manifests.map(({ digest }) => digest)).toEqual(
      all
        .slice(0, 3)
        .map(({ digest }) => digest)
        .toSorted(),
    );
  });

  it('of an empty package is empty, and of one that is not there an error', async () => {
    const gitea = await fakeGitea();
    await fill(gitea, 'team/other', build('one'), 'v1');
    expect((await failure(connect(gitea).inventory(APP))).code).toBe('NOT_FOUND');
  });

  it('is complete where tags are set all the time: what is new makes nothing slip', async () => {
    const gitea = await fakeGitea(2);
    for (const tag of ['a', 'b', 'c']) await fill(gitea, APP, build(tag), tag);
    const { digest } = build('a');
    gitea.onRequest(({ path }) => {
      if (!path.startsWith('/api/v1/packages/')) return;
      gitea.store.put(APP, `t${gitea.requests.length}`, digest);
      gitea.store.registry.repository(APP).tags.set(`t${gitea.requests.length}`, digest);
    });
    const { complete, manifests } = await connect(gitea).inventory(APP);
    expect(complete).toBe(true);
    expect(manifests.flatMap(({ tags }) => tags)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });

  it('has all that stays where another one slips in each reading, and is not complete where fewer are listed than Gitea says', async () => {
    const gitea = await fakeGitea(2);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const tag of names) await fill(gitea, APP, build(tag), tag);
    let pages = 0;
    const stop = gitea.onRequest(({ path }) => {
      if (!path.startsWith('/api/v1/packages/')) return;
      pages = path.endsWith('page=1') ? 1 : pages + 1;
      if (pages === 2) gitea.store.remove(APP, gitea.store.of(APP).at(-1)!.version);
    });
    const { complete, manifests } = await connect(gitea).inventory(APP);
    expect(complete).toBe(true);
    expect(manifests.flatMap(({ tags }) => tags).toSorted()).toEqual(names.filter((tag) => gitea.store.versions.get(APP)!.has(tag)));
    stop();
    gitea.onRequest(({ path }) => (path.endsWith('page=2') ? { status: 200, headers: { 'x-total-count': '9' }, body: '[]' } : undefined));
    const short = await connect(gitea).inventory(APP);
    expect(short).toMatchObject({ complete: false, problems: [expect.stringContaining(`prod/${APP}: there are not as many`)] });
  });
});

it('a token that may only read is refused before anything is deleted, with the scope that is missing', async () => {
  const gitea = await fakeGitea();
  await fill(gitea, APP, build('one'), 'v1');
  await connect(gitea, BOSS).checkDelete(APP, { tags: true });
  expect(await failure(connect(gitea, READER).checkDelete(APP, { tags: true }))).toMatchObject({
    code: 'AUTH',
    hint: expect.stringContaining('write:package') as string,
  });
  expect((await failure(connect(gitea).checkDelete('team/none', { tags: true }))).code).toBe('NOT_FOUND');
});
