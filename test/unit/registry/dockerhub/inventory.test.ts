import { describe, expect, it } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../../src/demo/attachments.ts';
import { artifact, index } from '../../../../src/demo/image.ts';
import { APP, build, connect, fakeHub } from './hub-fixture.ts';

const [one, two] = [build('one'), build('two')];

describe('the inventory of a repository on Docker Hub', () => {
  it('counts nothing as a pull, and tells when tags were pushed and pulled', async () => {
    const hub = await fakeHub();
    hub.store.now = () => Date.UTC(2025, 0, 1);
    hub.store.push(APP, index([one, two]), ['v1'], Date.UTC(2025, 5, 1));
    hub.store.now = () => Date.UTC(2025, 1, 1);
    hub.store.push(APP, index([one, two]), ['latest']);
    const { manifests } = await connect(hub).inventory(APP);
    expect(manifests.find(({ tags }) => tags.length > 0)).toMatchObject({
      tags: ['latest', 'v1'],
      tagTimes: { latest: '2025-02-01T00:00:00.000Z', v1: '2025-01-01T00:00:00.000Z' },
      pushedAt: '2025-02-01T00:00:00.000Z',
      pulledAt: '2025-06-01T00:00:00.000Z',
      platforms: ['linux/amd64'],
    });
    expect(hub.pulls.left).toBe(200);
    expect(hub.requests.filter(({ path }) => path.includes('/manifests/'))).toEqual([]);
  });

  it('has the images of indexes, so that their signatures are not taken for orphans', async () => {
    const hub = await fakeHub({});
    hub.store.push(APP, index([one, two]), ['v1']);
    hub.store.push(APP, cosignSignature(one), [attachmentTag(one.digest, 'sig')]);
    const { manifests } = await connect(hub).inventory(APP);
    expect(manifests.map(({ digest }) => digest)).toEqual(expect.arrayContaining([one.digest, two.digest]));
  });

  it('reads an index of which the list does not tell what it holds, once', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, index([one, two]), ['v1']);
    hub.store.images = () => [];
    const registry = connect(hub);
    for (let n = 0; n < 2; n++) expect((await registry.inventory(APP)).manifests).toHaveLength(3);
    expect(hub.pulls.left).toBe(199);
  });

  it('asks the registry for the digest of an old tag that has none, by HEAD, which is no pull', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1']);
    hub.onRequest(({ path }) => {
      if (!path.includes('/tags')) return undefined;
      const body = JSON.stringify({ count: 1, next: null, results: [{ name: 'v1', images: [], tag_last_pushed: null }] });
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    });
    expect((await connect(hub).inventory(APP)).manifests).toMatchObject([{ digest: one.digest, tags: ['v1'] }]);
    expect(hub.pulls.left).toBe(200);
  });

  it('says which tags are immutable, and takes a rule that it does not understand for all of them', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1', 'latest']);
    hub.store.repository(APP).immutable.push('^v');
    const locked = async (): Promise<unknown> =>
      (await connect(hub).inventory(APP)).manifests.flatMap((manifest) => manifest.lockedTags ?? []);
    expect(await locked()).toEqual(['v1']);
    hub.store.repository(APP).immutable.push('(?=x)');
    expect(await locked()).toEqual(['latest', 'v1']);
  });

  it('knows an image for signed by what is attached by digest alone, and tells how much that is', async () => {
    const hub = await fakeHub();
    hub.store.push(APP, one, ['v1']);
    hub.store.push(APP, two, ['v2']);
    hub.store.push(APP, artifact({ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json', subject: one }));
    hub.store.push(APP, sbom(two, '2025-01-01T00:00:00.000Z'));
    const { manifests, notes } = await connect(hub).inventory(APP);
    expect(manifests.filter(({ signed }) => signed).flatMap(({ tags }) => tags)).toEqual(['v1']);
    expect(notes?.at(-1)).toContain('pushed by digest alone: 2.');
  });

  it('misses nothing where a deletion makes tags slip to a page that was read', async () => {
    const hub = await fakeHub({ maxPage: 2 });
    for (const seed of ['1', '2', '3', '4', '5']) hub.store.push(APP, build(seed), [`v${seed}`]);
    hub.onRequest(({ path }) => {
      if (path.endsWith('page=2')) hub.store.repository(APP).tags.delete('v5');
    });
    const { complete, manifests } = await connect(hub).inventory(APP);
    expect([complete, manifests.flatMap(({ tags }) => tags).toSorted()]).toEqual([true, ['v1', 'v2', 'v3', 'v4']]);
  });

  it('of an official image is that of its namespace library', async () => {
    const hub = await fakeHub();
    hub.store.push('library/nginx', one, ['1.27']);
    expect((await connect(hub).inventory('nginx')).manifests).toHaveLength(1);
    expect((await connect(hub).inventory('library/nginx')).manifests).toHaveLength(1);
  });
});
