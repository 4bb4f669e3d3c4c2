import { expect } from 'vitest';
import type { Contract } from '../contract.ts';
import { isAbout } from '../is-about.ts';
import { NESTED, SMALL, THINGS } from '../history.ts';
import { names } from '../scene.ts';
import { contents, tagsOf } from '../truth.ts';

export function testRefusals({ target, check, withServer }: Contract): void {
  check('as a whole, deletion being switched off, ends the run before anything is deleted', ['deletionSwitch'], () =>
    withServer({ deletion: false }, async (scene) => {
      await scene.push(SMALL);
      const before = await scene.truth();
      const error = await scene.failure(scene.apply(await scene.plan()));
      expect(error.code).toBe('DELETE_DISABLED');
      expect(error.message).toSatisfy((text: string) => names(scene, text));
      expect(contents(await scene.truth())).toEqual(contents(before));
    }),
  );

  check('of one image is reported as locked and stops nothing else', [], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const plan = await scene.plan();
    const { digest } = THINGS.oldSingle;
    const own = tagsOf(before, digest);
    scene.proxy.fault(
      (request) => target.kindOf(request) === 'delete' && isAbout(scene.server, request, digest, own),
      target.answers.locked,
    );

    const { report, steps } = await scene.apply(plan);

    expect(report).toMatchObject({ outcome: 'partial', counts: { locked: 1, failed: 0, held: 0 } });
    const message = expect.stringContaining(scene.repository) as string;
    expect(report.repositories[0]!.notDone).toEqual([expect.objectContaining({ digest, outcome: 'locked', message })]);
    expect([...steps.values()].filter((outcome) => outcome === 'deleted' || outcome === 'gone')).toHaveLength(steps.size - 1);
    const after = await scene.truth();
    expect(after.manifests).toHaveProperty(digest);
    expect(after.tags['old-single']).toBe(before.tags['old-single']);
  });

  check('of an index is reported as locked, and what it lists and what is attached to it stays', [], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const plan = await scene.plan();
    const { digest } = THINGS.smallOld;
    const own = tagsOf(before, digest);
    scene.proxy.fault(
      (request) => target.kindOf(request) === 'delete' && isAbout(scene.server, request, digest, own),
      target.answers.locked,
    );

    const { report, steps } = await scene.apply(plan);

    expect(report).toMatchObject({ outcome: 'partial', counts: { locked: 1, failed: 0 } });
    expect(steps.get(digest)).toBe('locked');
    const after = await scene.truth();
    const stays = new Set(Object.keys(after.manifests));
    for (const [held, outcome] of steps) if (outcome === 'held') expect(stays.has(held), held).toBe(true);
    expect(steps.get(THINGS.oldAmd.digest)).toBe('held');
    expect(after.tags).toMatchObject({ 'old-1.0': before.tags['old-1.0'] });
  });

  check('of a tag that was locked after the plan is reported as locked and stops nothing else', ['locks'], () =>
    withServer({ deletion: true }, async (scene) => {
      await scene.push(SMALL);
      const plan = await scene.plan();
      await scene.server.lock!(scene.repository, 'old-single');
      const { report, steps } = await scene.apply(plan);
      expect(report).toMatchObject({ outcome: 'partial', counts: { locked: 1, failed: 0 } });
      expect(steps.get(THINGS.oldSingle.digest)).toBe('locked');
      expect((await scene.truth()).tags).toMatchObject({ 'old-single': THINGS.oldSingle.digest });
    }),
  );

  check('of a locked tag is known to the plan', ['locks'], () =>
    withServer({ deletion: true }, async (scene) => {
      await scene.push(NESTED);
      await scene.server.lock!(scene.repository, 'old-single');
      await scene.server.lock!(scene.repository, 'old-1.0');
      const plan = await scene.plan();
      const doomed = plan.repositories[0]!.images.filter(({ action }) => action === 'delete').map(({ digest }) => digest);
      expect(doomed).not.toContain(THINGS.oldSingle.digest);
      expect(doomed).not.toContain(THINGS.smallOld.digest);
      expect(doomed).toContain(THINGS.oldNested.digest);
      expect((await scene.apply(plan)).report.outcome).toBe('done');
    }),
  );

  check('for lack of rights ends the run before anything is deleted', ['accounts'], async (scene) => {
    await scene.push(SMALL);
    const before = contents(await scene.truth());
    const plan = await scene.plan(scene.connect('reader'));
    const error = await scene.failure(scene.apply(plan, scene.connect('reader')));
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4 });
    expect(error.message).toSatisfy((text: string) => names(scene, text));
    expect(contents(await scene.truth())).toEqual(before);
  });
}
