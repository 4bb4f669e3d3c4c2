import { describe, expect, it } from 'vitest';
import { APP, build, connect, failure, fakeGitea, fill, versionsIn } from './gitea-fixture.ts';

describe('a deletion on Gitea', () => {
  it('takes off just the tags that it is told to, and what was pushed by digest: a tag that was set meanwhile stays', async () => {
    const gitea = await fakeGitea();
    const one = build('one');
    await fill(gitea, APP, one);
    await fill(gitea, APP, one, 'a', 'b', 'fresh');
    expect(await connect(gitea).deleteManifest(APP, one.digest, ['a', 'b'])).toEqual({ outcome: 'deleted' });
    expect(versionsIn(gitea)).toEqual(['fresh']);
  });

  it('of an image of which one tag was moved leaves all, since with its last one it would be gone for good', async () => {
    const gitea = await fakeGitea();
    const one = build('one');
    await fill(gitea, APP, one, 'a', 'b');
    await fill(gitea, APP, build('two'), 'b');
    expect(await connect(gitea).deleteManifest(APP, one.digest, ['a', 'b'])).toMatchObject({ outcome: 'drifted' });
    expect(versionsIn(gitea)).toEqual(['a', 'b']);
  });

  it('that ends half-way puts back the tags that went before, as long as one keeps their blobs', async () => {
    const gitea = await fakeGitea();
    const one = build('one');
    await fill(gitea, APP, one, 'a', 'b', 'c');
    gitea.onRequest(({ method, path }) => (method === 'DELETE' && path.endsWith('/b') ? { status: 500 } : undefined));
    expect((await failure(connect(gitea).deleteManifest(APP, one.digest, ['a', 'b', 'c']))).code).toBe('REGISTRY_ERROR');
    expect(versionsIn(gitea)).toEqual(['a', 'b', 'c']);
  });

  it('cannot be taken back: the blobs are given up at once', async () => {
    const gitea = await fakeGitea();
    const one = build('one');
    await fill(gitea, APP, one, 'a');
    const registry = connect(gitea);
    const manifest = (await registry.readManifest(APP, one.digest))!;
    await registry.deleteManifest(APP, one.digest, ['a']);
    expect((await failure(registry.putManifest(APP, manifest, 'a'))).message).toContain('BLOB_UNKNOWN');
  });
});
