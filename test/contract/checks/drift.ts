import { expect } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import { index } from '../../../src/demo/image.ts';
import type { Contract } from '../contract.ts';
import { needs } from '../expected-inventory.ts';
import type { Push } from '../contract-target.ts';
import { app, LONELY, NESTED, SHARED, SMALL, THINGS } from '../history.ts';
import type { Scene } from '../scene.ts';
import { isAbout } from '../is-about.ts';
import type { Seen } from '../fault-proxy.ts';
import type { Pushable } from '../../../src/demo/image.ts';

export function testDrift({ target, check }: Contract): void {
  check('skips an image of which a tag was moved, and leaves the tag where it is now', [], async (scene) => {
    await scene.push(SMALL);
    const plan = await scene.plan();
    const fresh = app('fresh');
    await scene.push([{ thing: fresh, tags: ['old-single'] }]);

    const { report, steps } = await scene.apply(plan);

    expect(steps.get(THINGS.oldSingle.digest)).toBe('drifted');
    expect(report.counts).toMatchObject({ drifted: 1, failed: 0 });
    // Where nothing stays without a tag, the image went when its tag was moved, or goes with the next garbage collection.
    const keepsUntagged = !('keepsUntagged' in target.skips) && target.dropsOverwritten !== true;
    const { tags, manifests } = await scene.truth();
    expect(tags['old-single']).toBe(fresh.digest);
    expect(THINGS.oldSingle.digest in manifests).toBe(keepsUntagged);
    expect(manifests).toHaveProperty(fresh.digest);
  });

  check('skips an image that got a new tag, with all that it needs', [], async (scene) => {
    await scene.push(NESTED);
    const plan = await scene.plan();
    await scene.push([{ thing: THINGS.oldNested, tags: ['fresh'] }]);
    const before = await scene.truth();

    const { steps } = await scene.apply(plan);

    expect(steps.get(THINGS.oldNested.digest)).toBe('drifted');
    const after = await scene.truth();
    expect(after.tags).toMatchObject({ fresh: THINGS.oldNested.digest, 'old-nested': THINGS.oldNested.digest });
    expect(Object.keys(after.manifests)).toEqual(expect.arrayContaining(Object.keys(needs(before, [THINGS.oldNested.digest]))));
    expect(after.manifests).not.toHaveProperty(THINGS.oldSingle.digest);
  });

  check('skips an image onto which a known tag was moved', [], async (scene) => {
    await scene.push(SMALL);
    const plan = await scene.plan();
    await scene.push([{ thing: THINGS.oldSingle, tags: ['keep-1'] }]);

    const { steps } = await scene.apply(plan);

    expect(steps.get(THINGS.oldSingle.digest)).toBe('drifted');
    const { tags, manifests } = await scene.truth();
    expect(tags).toMatchObject({ 'keep-1': THINGS.oldSingle.digest, 'old-single': THINGS.oldSingle.digest });
    expect(manifests).toHaveProperty(THINGS.oldSingle.digest);
  });

  check('skips what a new index lists', [], async (scene) => {
    await scene.push(NESTED);
    const plan = await scene.plan();
    const fresh = index([THINGS.oldInner, app('fresh')]);
    await scene.push([{ thing: fresh, tags: ['fresh'] }]);
    const before = await scene.truth();

    const { steps } = await scene.apply(plan);

    expect(steps.get(THINGS.oldNested.digest)).toBe('deleted');
    const after = await scene.truth();
    expect(after.tags['fresh']).toBe(fresh.digest);
    expect(Object.keys(after.manifests)).toEqual(expect.arrayContaining(Object.keys(needs(before, [fresh.digest]))));
  });

  check('skips an image that was signed after the plan', [], async (scene) => {
    await scene.push(SMALL);
    const plan = await scene.plan();
    const tag = attachmentTag(THINGS.oldSingle.digest, 'sig');
    await scene.push([{ thing: cosignSignature(THINGS.oldSingle), tags: [tag] }]);
    await scene.apply(plan);
    const { tags, manifests } = await scene.truth();
    expect(manifests).toHaveProperty(THINGS.oldSingle.digest);
    expect(tags).toHaveProperty([tag]);
  });

  check('leaves a tag that is to be taken off where it was moved to', ['deleteTag'], async (scene) => {
    await scene.push(SMALL);
    const plan = await scene.plan();
    const fresh = app('fresh');
    await scene.push([{ thing: fresh, tags: ['old-shared'] }]);
    const { steps } = await scene.apply(plan);
    expect(steps.get('old-shared')).toBe('drifted');
    expect((await scene.truth()).tags).toMatchObject({ 'old-shared': fresh.digest, 'keep-1': THINGS.shared.digest });
  });

  for (const [what, answer] of [
    ['429', target.answers.throttled],
    ['503', target.answers.unavailable],
  ] as const) {
    /** The first request that would delete this thing or its tag is answered so, and somebody pushes meanwhile. */
    const refuseOnce = (scene: Scene, { digest }: Pushable, tag: string, push: Push): void => {
      const deletes = (request: Seen): boolean => target.kindOf(request) === 'delete' && isAbout(scene.server, request, digest, [tag]);
      scene.proxy.fault(deletes, { ...answer, meanwhile: () => scene.push([push]) }, { times: 1 });
    };

    check(`looks again before it asks once more for an image to be deleted, and skips one that got a tag: ${what}`, [], async (scene) => {
      await scene.push(LONELY);
      const plan = await scene.plan();
      refuseOnce(scene, THINGS.oldSingle, 'old-single', { thing: THINGS.oldSingle, tags: ['fresh'] });
      const { steps } = await scene.apply(plan);
      const { digest } = THINGS.oldSingle;
      expect(steps.get(digest)).toBe('drifted');
      expect((await scene.truth()).tags).toMatchObject({ fresh: digest, 'old-single': digest });
    });

    check(
      `looks again before it asks once more for an image to be deleted, and leaves a tag that was moved: ${what}`,
      [],
      async (scene) => {
        await scene.push(LONELY);
        const plan = await scene.plan();
        const fresh = app('fresh');
        refuseOnce(scene, THINGS.oldSingle, 'old-single', { thing: fresh, tags: ['old-single'] });
        const { report } = await scene.apply(plan);
        const { tags, manifests } = await scene.truth();
        expect(tags['old-single']).toBe(fresh.digest);
        expect(manifests).toHaveProperty(fresh.digest);
        expect(report.counts).toMatchObject({ failed: 0, lost: 0 });
      },
    );

    check(
      `looks again before it asks once more for a tag to be taken off, and leaves one that was moved: ${what}`,
      ['deleteTag'],
      async (scene) => {
        await scene.push(SHARED);
        const plan = await scene.plan();
        const fresh = app('fresh');
        refuseOnce(scene, THINGS.shared, 'old-shared', { thing: fresh, tags: ['old-shared'] });
        const { steps } = await scene.apply(plan);
        expect(steps.get('old-shared')).toBe('drifted');
        expect((await scene.truth()).tags).toMatchObject({ 'old-shared': fresh.digest, 'keep-1': THINGS.shared.digest });
      },
    );
  }

  check('finds gone what somebody else has deleted', [], async (scene) => {
    await scene.push(SMALL);
    const plan = await scene.plan();
    expect(await scene.connect().deleteManifest(scene.repository, THINGS.oldSingle.digest)).toEqual({ outcome: 'deleted' });
    const { report, steps } = await scene.apply(plan);
    expect(steps.get(THINGS.oldSingle.digest)).toBe('gone');
    expect(report).toMatchObject({ outcome: 'done', counts: { failed: 0, lost: 0, repaired: 0 } });
  });
}
