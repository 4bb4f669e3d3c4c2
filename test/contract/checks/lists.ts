import { expect } from 'vitest';
import { sbom } from '../../../src/demo/attachments.ts';
import type { Contract } from '../contract.ts';
import type { Push } from '../contract-target.ts';
import { app, SMALL, THINGS } from '../history.ts';
import { names, NOWHERE } from '../scene.ts';
import type { Digest } from '../../../src/domain/digest.ts';

export function testLists({ target, check, filled, withServer }: Contract): void {
  check('name every repository once, over more than two pages', ['catalog'], () =>
    withServer({ deletion: true }, async (scene) => {
      const part = `${scene.repository}${'deepNames' in target.skips ? '-' : '/'}part`;
      const wanted = Array.from({ length: 2 * target.pageSize + 1 }, (_, n) => `${part}-${n}`);
      for (const repository of wanted) await scene.server.push(repository, [{ thing: app('one'), tags: ['keep'] }]);
      const found: string[] = [];
      for await (const repository of scene.connect().repositories()) found.push(repository);
      expect(found.toSorted()).toEqual(wanted.toSorted());
      expect(found.toSorted()).toEqual([...(await scene.server.repositories())].toSorted());
    }),
  );

  check('of repositories name all below a name', ['catalog', 'deepNames'], async (scene) => {
    const wanted = [`${scene.repository}/a`, `${scene.repository}/b/c`];
    for (const repository of [...wanted, `${scene.repository}-beside`])
      await scene.server.push(repository, [{ thing: app('one'), tags: ['keep'] }]);
    const found: string[] = [];
    for await (const repository of scene.connect().repositories({ below: scene.repository })) found.push(repository);
    expect(found).toEqual(expect.arrayContaining(wanted));
  });

  for (const [pages, count] of [
    ['over more than two pages', (size: number) => 2 * size + 1],
    ['where the last page is full', (size: number) => size],
  ] as const) {
    check(`hold every tag and image once, ${pages}`, ['pages'], async (scene) => {
      const pushedAt = '2025-01-01T00:00:00.000Z';
      const pushes = Array.from({ length: count(target.pageSize) }, (_, n): Push => ({
        thing: app(`page ${n}`),
        tags: [`keep-${n}`],
        pushedAt,
      }));
      await scene.push(pushes);
      const truth = await scene.truth();
      const registry = scene.connect();
      expect((await registry.listTags(scene.repository)).toSorted()).toEqual(Object.keys(truth.tags).toSorted());
      const { complete, manifests } = await registry.inventory(scene.repository);
      expect(complete).toBe(true);
      expect(manifests.map(({ digest }) => digest)).toEqual(Object.keys(truth.manifests).toSorted());
      expect(manifests.flatMap(({ tags }) => tags).toSorted()).toEqual(Object.keys(truth.tags).toSorted());
    });
  }

  check('hold every attachment of an image, over more than two pages', ['referrers'], async (scene) => {
    const image = app('signed by many');
    const attached = Array.from({ length: 2 * Math.min(target.pageSize, 20) + 1 }, (_, n): Push => ({
      thing: sbom(image, new Date(n).toISOString()),
      tags: [],
    }));
    await scene.push([{ thing: image, tags: ['keep'] }, ...attached]);
    const { complete, manifests } = await scene.connect().inventory(scene.repository);
    expect(complete).toBe(true);
    const found = manifests.filter(({ subject }) => subject === image.digest).map(({ digest }) => digest);
    expect(found).toEqual(attached.map(({ thing }) => thing.digest).toSorted());
  });

  check('of tags, and where each points to, are as of now', [], async (scene) => {
    await scene.push(SMALL);
    const registry = scene.connect();
    const { tags } = await scene.truth();
    expect((await registry.listTags(scene.repository)).toSorted()).toEqual(Object.keys(tags).toSorted());
    for (const [tag, digest] of Object.entries(tags)) expect(await registry.resolveTag(scene.repository, tag)).toBe(digest);
    expect(await registry.resolveTag(scene.repository, 'nowhere')).toBeUndefined();
    await scene.push([{ thing: THINGS.shared, tags: ['old-single', 'new'] }]);
    expect(await registry.resolveTag(scene.repository, 'old-single')).toBe(THINGS.shared.digest);
    expect((await registry.listTags(scene.repository)).toSorted()).toEqual([...Object.keys(tags), 'new'].toSorted());
  });

  check('name the tags of a digest', ['tagsOf'], async () => {
    const { scene } = await filled();
    const registry = scene.connect();
    const tagsOf = async (digest: Digest): Promise<string[]> => (await registry.tagsOf!(scene.repository, digest)).toSorted();
    expect(await tagsOf(THINGS.shared.digest)).toEqual(['keep-shared', 'old-shared']);
    expect(await tagsOf(THINGS.releaseAmd.digest)).toEqual([]);
    expect(await tagsOf(NOWHERE)).toEqual([]);
  });

  check('of manifests, where the adapter has such a list, name those without a tag too, and nothing that is not there', [], async () => {
    const { scene, truth } = await filled();
    const listed = await scene.connect().listManifests?.(scene.repository);
    if (!listed) return;
    expect([...listed].filter((digest) => !(digest in truth.manifests))).toEqual([]);
    expect([...listed]).toEqual(expect.arrayContaining([THINGS.releaseAmd.digest, THINGS.untagged.digest, THINGS.shared.digest]));
  });

  check('of a repository that is not there are an error that names it, and so is its inventory', [], async (scene) => {
    await scene.server.push(`${scene.repository}-beside`, [{ thing: app('one'), tags: ['keep'] }]);
    const registry = scene.connect();
    for (const call of [() => registry.listTags(scene.repository), () => registry.inventory(scene.repository)]) {
      const { code, message } = await scene.failure(call());
      expect(code).toBe('NOT_FOUND');
      expect(message).toSatisfy((text: string) => names(scene, text));
    }
  });

  check('that are cut short are noticed', ['totals'], async (scene) => {
    await scene.push(SMALL);
    scene.proxy.fault((request) => target.kindOf(request) === 'list', target.shorten!);
    const { complete, problems = [] } = await scene.connect().inventory(scene.repository);
    expect(complete).toBe(false);
    expect(problems.filter((problem) => !names(scene, problem))).toEqual([]);
  });
}
