import type { Digest } from '../../../src/domain/digest.ts';
import { expect } from 'vitest';
import type { Contract } from '../contract.ts';
import type { Seen } from '../fault-proxy.ts';
import { app, HISTORY, SMALL, THINGS } from '../history.ts';
import { names, NOWHERE, type Scene } from '../scene.ts';
import { contents, everything, tagsOf, without } from '../truth.ts';

export function testDeletion({ target, check }: Contract): void {
  const isDelete = (request: Seen): boolean => target.kindOf(request) === 'delete';

  check('takes a manifest away with all its tags, and nothing else', [], async (scene) => {
    const { digest } = THINGS.oldSingle;
    await scene.push([...SMALL, { thing: THINGS.oldSingle, tags: ['old-single-too'] }]);
    const before = await scene.truth();
    expect(await scene.connect().deleteManifest(scene.repository, digest)).toEqual({ outcome: 'deleted' });
    expect(everything(await scene.truth())).toEqual(everything(without(before, new Set([digest]))));
  });

  check('takes one tag off and leaves the others and the manifest', ['deleteTag'], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    expect(await scene.connect().deleteTag(scene.repository, 'old-shared', THINGS.shared.digest)).toEqual({ outcome: 'deleted' });
    expect(contents(await scene.truth())).toEqual(contents(without(before, new Set(), ['old-shared'])));
  });

  check('of a tag that points elsewhere by now leaves it there', ['deleteTag', 'guardsTags'], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const outcome = await scene.connect().deleteTag(scene.repository, 'old-shared', THINGS.oldSingle.digest);
    expect(outcome).toMatchObject({ outcome: 'drifted', message: expect.stringContaining('old-shared') as string });
    expect(everything(await scene.truth())).toEqual(everything(before));
  });

  check('takes along just what the registry says before', ['cascades'], async (scene) => {
    await scene.push(HISTORY);
    const registry = scene.connect();
    for (const { digest } of [THINGS.old, THINGS.oldNested, THINGS.oldSingle]) {
      const before = await scene.truth();
      const companions = await registry.takenAlong!(scene.repository, digest);
      const going = companions.filter(({ heldBy }) => heldBy.length === 0);
      expect(companions.flatMap(({ tags }) => tags).toSorted()).toEqual(
        companions.flatMap((companion) => tagsOf(before, companion.digest)).toSorted(),
      );
      expect(await registry.deleteManifest(scene.repository, digest)).toEqual({ outcome: 'deleted' });
      const { manifests } = await scene.truth();
      expect(
        Object.keys(before.manifests)
          .filter((other) => !(other in manifests))
          .toSorted(),
      ).toEqual([digest, ...going.map((one) => one.digest)].toSorted());
    }
  });

  check(
    'archives a manifest instead, which stays with its tags and is known for it, and takes it out again',
    ['archive'],
    async (scene) => {
      await scene.push(SMALL);
      const before = await scene.truth();
      const registry = scene.connect();
      const archived = async (): Promise<unknown> =>
        (await registry.inventory(scene.repository)).manifests.filter((manifest) => manifest.archived).map(({ digest }) => digest);
      await registry.checkArchive!(scene.repository);
      expect(await archived()).toEqual([]);
      expect(await registry.archiveManifest!(scene.repository, THINGS.oldSingle.digest)).toEqual({ outcome: 'archived' });
      expect(await archived()).toEqual([THINGS.oldSingle.digest]);
      expect(contents(await scene.truth())).toEqual(contents(before));
      expect(await registry.restoreManifest!(scene.repository, THINGS.oldSingle.digest)).toBe(true);
    },
  );

  check('may be asked for before, which changes nothing', [], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    await scene.connect().checkDelete(scene.repository, { tags: !('deleteTag' in target.skips) });
    expect(everything(await scene.truth())).toEqual(everything(before));
  });

  check('of single tags may not be relied on where the registry cannot', [], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const asked = scene.connect().checkDelete(scene.repository, { tags: true });
    if ('deleteTag' in target.skips) expect(await scene.failure(asked)).toMatchObject({ code: 'NOT_APPLYABLE' });
    else await asked;
    expect(everything(await scene.truth())).toEqual(everything(before));
  });

  check('of what is not there is answered with gone', [], async (scene) => {
    await scene.push(SMALL);
    const registry = scene.connect();
    expect(await registry.readManifest(scene.repository, NOWHERE)).toBeUndefined();
    expect(await registry.deleteManifest(scene.repository, NOWHERE)).toEqual({ outcome: 'gone' });
    expect(await registry.deleteManifest(scene.repository, THINGS.oldSingle.digest)).toEqual({ outcome: 'deleted' });
    expect(await registry.deleteManifest(scene.repository, THINGS.oldSingle.digest)).toEqual({ outcome: 'gone' });
  });

  check('of a single tag that is not there is answered with gone', ['deleteTag'], async (scene) => {
    await scene.push(SMALL);
    const registry = scene.connect();
    expect(await registry.deleteTag(scene.repository, 'nowhere', THINGS.shared.digest)).toEqual({ outcome: 'gone' });
    expect(await registry.deleteTag(scene.repository, 'old-shared', THINGS.shared.digest)).toEqual({ outcome: 'deleted' });
    expect(await registry.deleteTag(scene.repository, 'old-shared', THINGS.shared.digest)).toEqual({ outcome: 'gone' });
  });

  check('is never gone where the repository is not known any more, or may not be read', [], async (scene) => {
    await scene.push(SMALL);
    for (const answer of [target.answers.repositoryGone, target.answers.forbidden, target.answers.unauthorized]) {
      const registry = scene.connect();
      const stops = [
        scene.proxy.fault(isDelete, target.answers.manifestGone),
        scene.proxy.fault((request) => concerns(scene, request), answer),
      ];
      await scene.failure(registry.deleteManifest(scene.repository, NOWHERE));
      stops.shift()!();
      await scene.failure(registry.deleteManifest(scene.repository, NOWHERE));
      await scene.failure(
        registry.readManifest(scene.repository, NOWHERE).then((found) => found ?? Promise.reject(new Error('it is taken for gone'))),
      );
      await scene.failure(registry.listTags(scene.repository));
      for (const stop of stops) stop();
    }
  });

  check('is never gone where some machine on the way answers 404, or where it is still there', [], async (scene) => {
    await scene.push(SMALL);
    const page = { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><title>Not Found</title></html>' };
    for (const answer of [page, { status: 404 }, target.answers.manifestGone]) {
      const stop = scene.proxy.fault(isDelete, answer);
      await scene.failure(scene.connect().deleteManifest(scene.repository, THINGS.oldSingle.digest));
      stop();
    }
    expect((await scene.truth()).manifests).toHaveProperty(THINGS.oldSingle.digest);
  });

  check('of what a present index lists is refused', ['holdsChildren'], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const outcome = await scene.connect().deleteManifest(scene.repository, THINGS.oldAmd.digest);
    expect(outcome).toMatchObject({ outcome: 'locked', message: expect.stringContaining(scene.repository) as string });
    expect(everything(await scene.truth())).toEqual(everything(before));
  });

  check('can be taken back, byte for byte, by digest', ['undo', 'keepsUntagged'], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const registry = scene.connect();
    const raw = (await registry.readManifest(scene.repository, THINGS.oldSingle.digest))!;
    expect(raw).toMatchObject({ digest: THINGS.oldSingle.digest, mediaType: THINGS.oldSingle.mediaType });
    expect(Buffer.from(raw.bytes)).toEqual(THINGS.oldSingle.bytes);
    expect(await registry.deleteManifest(scene.repository, raw.digest)).toEqual({ outcome: 'deleted' });
    // The registry has what is needed for that, and says of what it has not got that it is not there.
    for (const { digest } of THINGS.oldSingle.blobs) expect((await registry.hasBlob?.(scene.repository, digest)) ?? true).toBe(true);
    expect((await registry.hasBlob?.(scene.repository, THINGS.oldSingle.digest.replace(/.{8}$/, '00000000') as Digest)) ?? false).toBe(
      false,
    );
    await registry.putManifest(scene.repository, raw);
    expect(contents(await scene.truth())).toEqual(contents(without(before, new Set(), ['old-single'])));
  });

  check('can be taken back, byte for byte, by tag', ['undo'], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const registry = scene.connect();
    const raw = (await registry.readManifest(scene.repository, THINGS.oldSingle.digest))!;
    expect(await registry.deleteManifest(scene.repository, raw.digest)).toEqual({ outcome: 'deleted' });
    await registry.putManifest(scene.repository, raw);
    await registry.putManifest(scene.repository, raw, 'old-single');
    expect(contents(await scene.truth())).toEqual(contents(before));
  });

  check('leaves labels that can be put back, but for those that are not there any more', ['undo', 'restoreLabels'], async (scene) => {
    await scene.push(SMALL);
    const registry = scene.connect();
    const { digest } = THINGS.oldSingle;
    await scene.server.label?.(scene.repository, digest, 'stable');
    const labelsOf = async (): Promise<readonly string[]> =>
      (await scene.connect().inventory(scene.repository)).manifests.find((one) => one.digest === digest)?.registryLabels ?? [];
    const labels = await labelsOf();
    expect(labels).toEqual([expect.stringContaining('stable')]);
    const raw = (await registry.readManifest(scene.repository, digest))!;
    await registry.deleteManifest(scene.repository, digest);
    await registry.putManifest(scene.repository, raw);
    expect(await labelsOf()).toEqual([]);
    expect(await registry.restoreLabels?.(scene.repository, digest, [...labels, 'nobody/knows'])).toEqual(['nobody/knows']);
    expect(await labelsOf()).toEqual(labels);
    expect(await registry.restoreLabels?.(scene.repository, digest, labels)).toEqual([]);
  });

  check('is not believed to be taken back where some machine on the way says so', ['undo'], async (scene) => {
    await scene.push(SMALL);
    const { digest, mediaType, bytes } = THINGS.oldSingle;
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><title>Log in</title></html>' };
    scene.proxy.fault((request) => target.kindOf(request) === 'put', page);
    await scene.connect().deleteManifest(scene.repository, digest);
    for (const tag of 'keepsUntagged' in target.skips ? ['old-single'] : [undefined, 'old-single']) {
      const error = await scene.failure(scene.connect().putManifest(scene.repository, { digest, mediaType, bytes }, tag));
      expect(error.message).toSatisfy((text: string) => names(scene, text));
    }
  });

  check('cannot be taken back with other bytes', ['undo'], async (scene) => {
    await scene.push(SMALL);
    const { digest, mediaType, bytes } = app('other');
    const error = await scene.failure(
      scene.connect().putManifest(scene.repository, { digest: THINGS.oldSingle.digest, mediaType, bytes }, 'old-single'),
    );
    expect(error.code).toBe('BAD_RESPONSE');
    expect((await scene.truth()).manifests).not.toHaveProperty(digest);
    expect((await scene.truth()).tags).toMatchObject({ 'old-single': THINGS.oldSingle.digest });
  });
}

/** True of a request that is about the scene's repository, and not about who asks. */
function concerns({ target, repository }: Scene, request: Seen): boolean {
  const name = repository.split('/').at(-1)!;
  const isAbout = target.concerns?.(request, repository) ?? (request.path.includes(name) || request.body.includes(name));
  return target.kindOf(request) !== 'token' && isAbout;
}
