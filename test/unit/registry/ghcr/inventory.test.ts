import { describe, expect, it } from 'vitest';
import { sbom } from '../../../../src/demo/attachments.ts';
import { APP, build, connect, fakeGhcr } from './ghcr-fixture.ts';

describe('the inventory of a package on GitHub', () => {
  it('takes the time at which a version was made for its push, and not that of its last change', async () => {
    const fake = await fakeGhcr();
    fake.store.now = () => Date.UTC(2025, 0, 1);
    fake.store.push(APP, build('one'), ['v1']);
    fake.store.now = () => Date.UTC(2026, 0, 1);
    fake.store.push(APP, build('one'), ['prod']);
    const { manifests, capabilities } = await connect(fake).inventory(APP);
    expect(manifests).toMatchObject([{ tags: ['prod', 'v1'], pushedAt: '2025-01-01T00:00:00.000Z' }]);
    expect(manifests[0]).not.toHaveProperty('tagTimes');
    expect(capabilities).toMatchObject({ pushedAt: true, tagTimes: false, deleteTag: false });
  });

  it('says that the last version with a tag is locked, and no other', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, build('one'), ['v1']);
    fake.store.push(APP, build('two'));
    const locked = async (): Promise<string[]> =>
      (await connect(fake).inventory(APP)).manifests.filter((one) => one.locked).flatMap(({ tags }) => tags);
    expect(await locked()).toEqual(['v1']);
    fake.store.push(APP, build('two'), ['v2']);
    expect(await locked()).toEqual([]);
  });

  it('is not complete where the manifest of a version is not to be had: it may hold any other', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, build('one'), ['v1']);
    fake.store.push(APP, build('two'));
    const broken = fake.store.package(APP).versions[1]!;
    broken.broken = true;
    const { complete, problems } = await connect(fake).inventory(APP);
    expect(complete).toBe(false);
    expect(problems).toEqual([expect.stringContaining(`prod/team/app@${broken.digest} is listed (id ${broken.id})`)]);
  });

  it('leaves out what is deleted while it is read', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, build('one'), ['v1']);
    fake.store.push(APP, build('two'), ['v2']);
    const [first] = fake.store.package(APP).versions;
    fake.onRequest(({ path }) => {
      if (path.endsWith(`/manifests/${first!.digest}`)) fake.store.delete(first!);
    });
    const { complete, manifests } = await connect(fake).inventory(APP);
    expect([complete, manifests.map(({ tags }) => tags)]).toEqual([true, [['v2']]]);
  });

  it('misses nothing where a deletion makes versions slip to a page that was read', async () => {
    const fake = await fakeGhcr({ maxPage: 2 });
    for (const seed of ['1', '2', '3', '4', '5']) fake.store.push(APP, build(seed), [`v${seed}`]);
    const newest = fake.store.package(APP).versions.at(-1)!;
    fake.onRequest(({ path }) => {
      if (path.includes('page=2') && newest.deletedAt === undefined) fake.store.delete(newest);
    });
    const { complete, manifests } = await connect(fake).inventory(APP);
    expect([complete, manifests.flatMap(({ tags }) => tags).toSorted()]).toEqual([true, ['v1', 'v2', 'v3', 'v4']]);
  });

  it('is not complete where no version is listed: a package has one at least', async () => {
    const fake = await fakeGhcr();
    fake.store.package(APP);
    expect(await connect(fake).inventory(APP)).toMatchObject({ complete: false, manifests: [] });
  });

  it('says how many requests are left where these do not do for all deletions', async () => {
    const fake = await fakeGhcr();
    for (const seed of ['1', '2', '3']) fake.store.push(APP, build(seed), [`v${seed}`]);
    Object.assign(fake.budget, { remaining: 7, reset: Date.UTC(2099, 0, 1) / 1000 });
    // Who the owner is, and the versions.
    const { notes } = await connect(fake).inventory(APP);
    expect(notes).toEqual([expect.stringMatching(/^GitHub takes 5 more requests of this account until 2099-01-01T00:00:00.000Z, /)]);
    fake.budget.remaining = 8;
    expect(await connect(fake).inventory(APP)).not.toHaveProperty('notes');
  });

  it('ties the lists that were under a fallback tag before to their subject, so that they do not keep it for ever', async () => {
    const fake = await fakeGhcr();
    const image = build('one');
    fake.store.push(APP, image, ['v1']);
    for (const time of ['2025-01-01T00:00:00.000Z', '2025-01-02T00:00:00.000Z', '2025-01-03T00:00:00.000Z'])
      fake.store.push(APP, sbom(image, time));
    const { manifests } = await connect(fake).inventory(APP);
    const lists = manifests.filter(({ children }) => children.length > 0);
    expect(lists.map(({ tags, children, subject }) => [tags.length, children.length, subject === image.digest]).toSorted()).toEqual([
      [0, 1, true],
      [0, 2, true],
      [1, 3, false],
    ]);
  });
});
