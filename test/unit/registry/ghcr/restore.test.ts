import { describe, expect, it } from 'vitest';
import { APP, build, connect, failure, fakeGhcr, tagsIn } from './ghcr-fixture.ts';

const [one, two, three] = [build('one'), build('two'), build('three')];

describe('a version that was deleted', () => {
  it.each(['all', 'free', 'none'] as const)(
    'comes back, and a tag that was set anew stays where it is (tags: %s)',
    async (restoresTags) => {
      const fake = await fakeGhcr();
      fake.store.restoresTags = restoresTags;
      fake.store.push(APP, one, ['v1', 'latest']);
      fake.store.push(APP, two, ['v2']);
      const registry = connect(fake);
      const manifest = (await registry.readManifest(APP, one.digest))!;
      expect(await registry.deleteManifest(APP, one.digest)).toEqual({ outcome: 'deleted' });
      fake.store.push(APP, three, ['latest']);

      await registry.putManifest(APP, manifest);
      await registry.putManifest(APP, manifest, 'v1');

      expect(tagsIn(fake)).toEqual([`latest ${three.digest}`, `v1 ${one.digest}`, `v2 ${two.digest}`]);
      expect(fake.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore'))).toHaveLength(1);
    },
  );

  it('is lost after thirty days, in words that undo takes for that', async () => {
    const fake = await fakeGhcr();
    fake.store.push(APP, one, ['v1']);
    fake.store.push(APP, two, ['v2']);
    const registry = connect(fake);
    const manifest = (await registry.readManifest(APP, one.digest))!;
    await registry.deleteManifest(APP, one.digest);
    fake.store.now = () => Date.now() + 31 * 86_400_000;
    const error = await failure(registry.putManifest(APP, manifest));
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', hint: expect.stringContaining('30 days') as string });
    expect(error.message).toContain('(MANIFEST_UNKNOWN)');
  });
});
