import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { APP, build, connect, DAY, failure, fakeQuay, tagsIn } from './quay-fixture.ts';

describe('a deletion on Quay', () => {
  it('of an image with several tags is all or nothing: where one is immutable, those before it are put back', async () => {
    const quay = await fakeQuay();
    const one = build('one');
    quay.store.push(APP, one, ['a', 'b', 'c']);
    quay.store.tag(quay.store.repository(APP), 'b')!.immutable = true;
    const outcome = await connect(quay).deleteManifest(APP, one.digest, ['a', 'b', 'c']);
    expect(outcome).toEqual({ outcome: 'locked', message: 'Cannot delete the tag prod/team/app:b: it is immutable.' });
    expect(tagsIn(quay)).toEqual(['a', 'b', 'c']);
  });

  it('of an image whose second tag was moved leaves that where it is, and puts the first one back', async () => {
    const quay = await fakeQuay();
    const one = build('one');
    const two = build('two');
    quay.store.push(APP, one, ['a', 'b']);
    quay.onRequest(({ method, path }) => {
      if (method === 'DELETE' && path.endsWith('/tag/a')) quay.store.push(APP, two, ['b']);
    });
    expect(await connect(quay).deleteManifest(APP, one.digest, ['a', 'b'])).toMatchObject({ outcome: 'drifted' });
    expect(tagsIn(quay)).toEqual(['a', 'b']);
    expect(quay.store.tag(quay.store.repository(APP), 'b')!.digest).toBe(two.digest);
  });

  it('takes off just the tags that it is told to: one that was set meanwhile stays', async () => {
    const quay = await fakeQuay();
    const one = build('one');
    quay.store.push(APP, one, ['a', 'fresh']);
    expect(await connect(quay).deleteManifest(APP, one.digest, ['a'])).toEqual({ outcome: 'deleted' });
    expect(tagsIn(quay)).toEqual(['fresh']);
    expect(await connect(quay).deleteManifest(APP, one.digest, [])).toMatchObject({ outcome: 'drifted' });
    expect(tagsIn(quay)).toEqual(['fresh']);
  });

  it('looks at the digest right before each tag is deleted', async () => {
    const quay = await fakeQuay();
    const one = build('one');
    quay.store.push(APP, one, ['a', 'b']);
    await connect(quay).deleteManifest(APP, one.digest, ['a', 'b']);
    expect(quay.requests.map(({ method, path }) => `${method} ${path.replace('/api/v1/repository/team/app/', '')}`)).toEqual([
      'GET tag/?specificTag=a&onlyActiveTags=true',
      'DELETE tag/a',
      'GET tag/?specificTag=b&onlyActiveTags=true',
      'DELETE tag/b',
    ]);
  });

  it('of a child of an index asks nothing of Quay, and of many at once lists the tags once', async () => {
    const quay = await fakeQuay();
    const children = ['amd', 'arm', 's390'].map(build);
    quay.store.push(APP, index(children), ['v1']);
    const registry = connect(quay);
    const outcomes = await Promise.all(children.map(({ digest }) => registry.deleteManifest(APP, digest, [])));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['locked', 'locked', 'locked']);
    expect(quay.requests.filter(({ path }) => path.includes('/tag/'))).toHaveLength(1);
    quay.store.deleteTag(quay.store.repository(APP), 'v1');
    expect(await registry.deleteManifest(APP, children[0]!.digest, [])).toEqual({ outcome: 'gone' });
    expect(quay.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('what was deleted on Quay', () => {
  it('is restored by its time machine, and never over a tag that is somewhere else by now', async () => {
    const quay = await fakeQuay();
    const one = build('one');
    const two = build('two');
    quay.store.push(APP, one, ['a', 'b']);
    const registry = connect(quay);
    const manifest = (await registry.readManifest(APP, one.digest))!;
    await registry.deleteManifest(APP, one.digest);
    expect(await registry.readManifest(APP, one.digest)).toBeUndefined();
    quay.store.push(APP, two, ['b']);
    await registry.putManifest(APP, manifest, 'a');
    const error = await failure(registry.putManifest(APP, manifest, 'b'));
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', message: expect.stringContaining('is left there') as string });
    expect(['a', 'b'].map((tag) => quay.store.tag(quay.store.repository(APP), tag)!.digest)).toEqual([one.digest, two.digest]);
  });

  it('is lost once Quay has collected it', async () => {
    const quay = await fakeQuay();
    const { store } = quay;
    const one = build('one');
    store.push(APP, one, ['a']);
    const registry = connect(quay);
    const manifest = (await registry.readManifest(APP, one.digest))!;
    await registry.deleteManifest(APP, one.digest);
    store.now = () => Date.now() + 13 * DAY;
    store.collectGarbage();
    expect(store.repository(APP).manifests.size).toBe(1);
    store.now = () => Date.now() + 15 * DAY;
    store.collectGarbage();
    const error = await failure(registry.putManifest(APP, manifest, 'a'));
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', message: expect.stringContaining('MANIFEST_UNKNOWN') as string });
    expect(tagsIn(quay)).toEqual([]);
  });
});
