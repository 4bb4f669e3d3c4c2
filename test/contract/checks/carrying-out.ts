import { undoFile, type WholeReport } from '../../whole-journal.ts';
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { attachmentTag } from '../../../src/demo/attachments.ts';
import { index } from '../../../src/demo/image.ts';
import type { Step } from '../../../src/plan/plan.ts';
import type { Contract } from '../contract.ts';
import type { Truth } from '../contract-target.ts';
import type { Seen } from '../fault-proxy.ts';
import { isAbout } from '../is-about.ts';
import { app, ATTACHED_BY_DIGEST, GOES, HISTORY, THINGS } from '../history.ts';
import { expectNoSecrets, NOWHERE, REGISTRY, type Scene } from '../scene.ts';
import { contents, tagsOf, without } from '../truth.ts';
import type { Digest } from '../../../src/domain/digest.ts';

export function testCarryingOut({ target, check }: Contract): void {
  check(
    'leaves just what was planned, asks for what holds before what is held, and finds nothing more to do afterwards',
    [],
    async (scene) => {
      await scene.push(HISTORY);
      const before = await scene.truth();
      const plan = await scene.plan();
      const gone = goneFrom(before);
      const [repository] = plan.repositories;
      expect(repository!.images.filter(({ action }) => action === 'delete').map(({ digest }) => digest)).toEqual([...gone].toSorted());

      const {
        requests,
        answer: { report, journal },
      } = await scene.during(() => scene.apply(plan));

      expect(report).toMatchObject({
        outcome: 'done',
        counts: { failed: 0, locked: 0, drifted: 0, held: 0, skipped: 0, repaired: 0, lost: 0 },
      });
      expect(report.counts.deleted + report.counts.gone).toBe(repository!.steps.length);
      expect(contents(await scene.truth())).toEqual(contents(without(before, gone, takesTagsOff ? ['old-shared'] : [])));
      expectHoldersFirst(scene, requests, repository!.steps, before);
      expectNoSecrets(scene, [await readFile(journal, 'utf8')]);
      expect((await scene.plan()).repositories[0]!.steps).toEqual([]);
    },
  );

  check('reports what an index that stays lists and is gone afterwards, whoever deleted it', [], async (scene) => {
    const lost = THINGS.releaseAmd.digest;
    const pushedAt = '2025-01-20T12:00:00.000Z';
    const single = { thing: THINGS.oldSingle, tags: ['old-single'], pushedAt };
    await scene.push([{ thing: index([THINGS.releaseAmd, app('stays')]), tags: ['keep-1'], pushedAt }, single]);
    const plan = await scene.plan();
    const unknown = { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }) };
    const isAsked = (request: Seen): boolean => isAbout(scene.server, request, lost, []);
    scene.proxy.fault((request) => isAsked(request) && request.path.startsWith('/v2/'), unknown);
    scene.proxy.fault(isAsked, target.answers.manifestGone);
    // Lists do not name it either. Another digest is as long.
    const isList = (request: Seen): boolean => target.kindOf(request) === 'list';
    scene.proxy.fault(isList, (answer) => ({ ...answer, body: String(answer.body).replaceAll(lost, NOWHERE) }));

    const { report, steps } = await scene.apply(plan);

    expect(steps.get(THINGS.oldSingle.digest)).toBe('deleted');
    expect(report).toMatchObject({ outcome: 'failed', counts: { lost: 1 } });
    expect(report.repositories[0]!.repairs).toEqual([expect.objectContaining({ digest: lost, restored: false })]);
  });

  check('is undone by its journal, byte for byte', ['undo'], async (scene) => {
    await scene.push(HISTORY);
    const before = await scene.truth();
    const { journal } = await scene.apply(await scene.plan());
    expect(contents(await scene.truth())).not.toEqual(contents(before));

    const undone = await undo(scene, journal);

    expect(undone).toMatchObject({ outcome: 'done', counts: { kept_newer: 0, lost: 0, failed: 0, skipped: 0 } });
    expect(contents(await scene.truth())).toEqual(contents(before));
    expect(await undo(scene, journal)).toMatchObject({ outcome: 'done', counts: { restored: 0 } });
  });

  const takesTagsOff = !('deleteTag' in target.skips);

  /** What of the history goes, by hand: with each manifest its fallback tag, without what the inventory does not list. */
  function goneFrom({ tags, manifests }: Truth): Set<Digest> {
    const isListed = (digest: Digest): boolean =>
      digest in manifests && (!('referrers' in target.skips) || !ATTACHED_BY_DIGEST.has(digest));
    const digests = GOES.map(({ digest }) => digest).filter(isListed);
    return new Set([...digests, ...digests.flatMap((digest) => tags[attachmentTag(digest)] ?? [])]);
  }

  /**
   * Every index before what it lists, and every image before what is attached to it; what the registry took along need not be asked for.
   */
  function expectHoldersFirst(scene: Scene, requests: readonly Seen[], steps: readonly Step[], before: Truth): void {
    const deletions = requests.filter((request) => target.kindOf(request) === 'delete');
    const at = (digest: Digest): number => deletions.findIndex((request) => isAbout(scene.server, request, digest, tagsOf(before, digest)));
    const held = steps.flatMap((step) => (step.op === 'delete-manifest' ? step.after.map((holder) => [holder, step.digest] as const) : []));
    expect(held.length).toBeGreaterThan(5);
    expect(held.filter(([holder, digest]) => at(digest) >= 0 && at(holder) > at(digest))).toEqual([]);
    expect(at(THINGS.oldNested.digest)).toBeGreaterThanOrEqual(0);
  }
}

async function undo(scene: Scene, path: string): Promise<WholeReport> {
  return undoFile(path, { registries: new Map([[REGISTRY, scene.connect()]]), concurrency: 2 });
}
