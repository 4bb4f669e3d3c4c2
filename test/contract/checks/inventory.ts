import { expect } from 'vitest';
import type { Capabilities, Manifest } from '../../../src/domain/inventory.ts';
import { buildGraph, type Node } from '../../../src/graph/graph.ts';
import { hasSbom } from '../../../src/policy/selectors/sbom.ts';
import { isIndexType } from '../../../src/domain/media-types.ts';
import type { Contract } from '../contract.ts';
import { comparable, expectedManifests } from '../expected-inventory.ts';
import { FACTS, type Facts, SMALL, THINGS } from '../history.ts';
import { REGISTRY } from '../scene.ts';
import { everything } from '../truth.ts';

/** What a manifest tells only where the registry has it. */
const DATA: readonly (keyof Capabilities & keyof Manifest)[] = [
  'pushedAt',
  'createdAt',
  'pulledAt',
  'tagTimes',
  'labels',
  'annotations',
  'platforms',
  'artifactType',
  'vulnerability',
];

export function testInventory({ target, check, filled, withServer }: Contract): void {
  check(
    'holds all that is there, to the manifest: its tags, type, children and subject, and each datum that the registry has',
    [],
    async () => {
      const { inventory, scene, truth } = await filled();
      expect(inventory).toMatchObject({ registry: REGISTRY, repository: scene.repository, complete: true });
      expect(inventory).not.toHaveProperty('problems');
      expect(comparable(target, inventory.manifests)).toEqual(expectedManifests(target, truth));
    },
  );

  check('lists what has no tag', ['listUntagged'], async () => {
    const { inventory } = await filled();
    expect(inventory.manifests).toContainEqual(expect.objectContaining({ digest: THINGS.untagged.digest, tags: [] }));
  });

  check(
    'tells when images were made, of an index the newest of what it holds, and nothing where an image does not say',
    ['createdAt'],
    () => tellsFact('createdAt'),
  );
  check('tells the labels of images, of an index those that its images agree on', ['labels'], () => tellsFact('labels'));
  check('tells the platforms of images and of what an index holds', ['platforms'], () => tellsFact('platforms'));

  check('tells attestations from the images that an index lists, and what else is attached', ['attachments'], async () => {
    const { inventory, truth } = await filled();
    const told = inventory.manifests.filter(({ attestation }) => attestation).map(({ digest }) => digest);
    const children = inventory.manifests.filter(({ mediaType }) => isIndexType(mediaType)).flatMap((index) => index.children);
    const made = Object.entries(truth.manifests).filter(([, { bytes }]) => bytes.includes('in-toto.io/predicate-type'));
    expect(told).toEqual(made.map(([digest]) => digest).toSorted());
    expect(told.filter((digest) => !children.includes(digest))).toEqual([]);
    const graph = buildGraph(inventory.manifests);
    const hasBill = [THINGS.release, THINGS.old, THINGS.shared].map((thing) => hasSbom(graph.find(thing.digest) as Node));
    expect(hasBill).toEqual([true, true, false]);
  });

  for (const datum of DATA) {
    check(`tells ${datum} of some image`, [datum], async () => {
      const { inventory } = await filled();
      expect(inventory.manifests.filter((manifest) => manifest[datum] !== undefined)).not.toEqual([]);
    });
  }

  check('tells nothing that the registry cannot know', [], async () => {
    const { inventory } = await filled();
    const missing = DATA.filter((datum) => datum in target.skips);
    for (const datum of missing)
      expect(
        inventory.manifests.filter((manifest) => manifest[datum] !== undefined),
        datum,
      ).toEqual([]);
  });

  check('tells which tags are locked, and no others', ['locks'], () =>
    withServer({ deletion: true }, async (scene) => {
      await scene.push(SMALL);
      for (const tag of ['keep-1', 'old-single']) await scene.server.lock!(scene.repository, tag);
      const { manifests } = await scene.connect().inventory(scene.repository);
      const locked = manifests.flatMap((manifest) => (manifest.locked ? manifest.tags : (manifest.lockedTags ?? [])));
      expect(locked.filter((tag) => tag !== 'old-shared').toSorted()).toEqual(['keep-1', 'old-single']);
    }),
  );

  check('is the same for every client and at every time, and reading changes nothing', [], async () => {
    const { inventory, scene, truth } = await filled();
    const reader = scene.connect('reader');
    expect(await reader.inventory(scene.repository)).toEqual(inventory);
    expect((await reader.inventory(scene.repository)).manifests).toEqual(inventory.manifests);
    expect(everything(await scene.truth())).toEqual(everything(truth));
  });

  check('tells of its progress, and never that more is done than there is', [], async (scene) => {
    await scene.push(SMALL);
    const told: (readonly [done: number, total: number])[] = [];
    await scene.connect().inventory(scene.repository, { onProgress: (done, total) => told.push([done, total]) });
    expect(told.filter(([done, total]) => done > total)).toEqual([]);
    const [done, total] = told.at(-1)!;
    expect(done).toBe(total);
  });

  check('ends where its signal says so', [], async (scene) => {
    const reason = new Error('enough');
    await expect(scene.connect().inventory(scene.repository, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  /** What images and indexes say of themselves, each as it was made. */
  async function tellsFact(fact: keyof Facts): Promise<void> {
    const { inventory } = await filled();
    const known = inventory.manifests.filter(({ digest }) => FACTS.has(digest));
    expect(known.length).toBeGreaterThan(10);
    const told = known.map((manifest) => [manifest.digest, manifest[fact] ?? nothing(fact)]);
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(known.map(({ digest }) => [digest, FACTS.get(digest)![fact] ?? nothing(fact)])),
    );
  }
}

/** No labels and an empty list of them are the same. */
function nothing(fact: keyof Facts): unknown {
  return fact === 'labels' ? {} : fact === 'platforms' ? [] : undefined;
}
