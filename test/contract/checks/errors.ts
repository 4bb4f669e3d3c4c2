import { expect } from 'vitest';
import { testClock } from '../../unit/http/test-client.ts';
import { everyday } from '../../sweep.ts';
import type { Contract } from '../contract.ts';
import { RETRY_AFTER } from '../contract-target.ts';
import type { Fault, Seen } from '../fault-proxy.ts';
import { SMALL, THINGS, TINY } from '../history.ts';
import { names } from '../scene.ts';

export function testErrors({ target, check }: Contract): void {
  const { answers } = target;
  const isData = (request: Seen): boolean => !['token', 'other'].includes(target.kindOf(request));

  for (const [what, answer, code, exitCode] of [
    ['401', answers.unauthorized, 'AUTH', 4],
    ['403', answers.forbidden, 'AUTH', 4],
    ['a repository that is gone', answers.repositoryGone, 'NOT_FOUND', 1],
  ] as const) {
    check(`for ${what} name the registry and the repository`, [], async (scene) => {
      await scene.push(SMALL);
      const plan = await scene.plan();
      scene.proxy.fault(isData, answer);
      const { repository } = scene;
      const registry = scene.connect();
      const whole = [
        () => registry.inventory(repository),
        () => registry.listTags(repository),
        () => registry.checkDelete(repository, { tags: false }),
        () => scene.apply(plan),
      ];
      for (const call of whole) {
        const error = await scene.failure(call());
        expect(error).toMatchObject({ code, exitCode });
        expect(error.message).toSatisfy((text: string) => names(scene, text));
        expect(error.hint).not.toBe('');
      }
      const single = [
        () => registry.resolveTag(repository, 'keep-1'),
        () => registry.readManifest(repository, THINGS.shared.digest),
        () => registry.deleteManifest(repository, THINGS.oldSingle.digest),
      ];
      for (const call of single) expect((await scene.failure(call())).message).toSatisfy((text: string) => names(scene, text));
    });
  }

  check('for wrong credentials say so, name the registry, and try no second time', ['accounts'], async (scene) => {
    await scene.push(SMALL);
    const registry = scene.connect('stranger');
    const error = await scene.failure(registry.inventory(scene.repository));
    expect(error).toMatchObject({ code: 'AUTH', exitCode: 4 });
    expect(error.message).toContain('contract');
    const { requests } = await scene.during(() => scene.failure(registry.listTags(scene.repository)));
    expect(requests.length).toBeLessThanOrEqual(1);
  });

  check('for a registry that cannot be reached name it', [], async (scene) => {
    await scene.push(SMALL);
    scene.proxy.fault(() => true, 'reset');
    const error = await scene.failure(scene.connect().listTags(scene.repository));
    expect(error.code).toBe('UNREACHABLE');
    expect(error.message).toContain(new URL(scene.proxy.url).host);
  });

  const passing: readonly (readonly [what: string, fault: Fault])[] = everyday(target.repeats ? 1 : 2, [
    ['429', answers.throttled],
    ['an answer that is lost', 'lost'],
    ['503', answers.unavailable],
    ['a broken connection', 'reset'],
    ['half an answer', 'truncate'],
  ]);
  for (const [what, fault] of passing) {
    check(`that pass are waited for while reading: ${what}`, [], async (scene) => {
      await scene.push(TINY);
      const calm = await scene.connect().inventory(scene.repository);
      for (const after of [0, 3]) {
        scene.proxy.fault(isData, fault, { after, times: 2 });
        expect(await scene.connect().inventory(scene.repository)).toEqual(calm);
      }
    });

    check(`that pass are waited for while finding out whether it can delete: ${what}`, [], async (scene) => {
      await scene.push(TINY);
      const deletes = (request: Seen): boolean => target.kindOf(request) === 'delete';
      for (const matches of [isData, deletes]) {
        scene.proxy.fault(matches, fault, { times: 1 });
        await scene.connect().checkDelete(scene.repository, { tags: !('deleteTag' in target.skips) });
        scene.proxy.calm();
      }
    });

    check(`that pass are waited for while deleting: ${what}`, [], async (scene) => {
      await scene.push(TINY);
      const plan = await scene.plan();
      scene.proxy.fault((request) => target.kindOf(request) === 'delete', fault, { after: 1, times: 1 });
      const { report } = await scene.apply(plan);
      expect(report).toMatchObject({ outcome: 'done', counts: { failed: 0, lost: 0 } });
      expect((await scene.truth()).manifests).not.toHaveProperty([THINGS.oldAmd.digest]);
    });
  }

  check('for too many requests make it wait as long as the registry says', ['retryAfter'], async (scene) => {
    await scene.push(SMALL);
    const clock = testClock();
    scene.proxy.fault(isData, answers.throttled, { times: 1 });
    expect((await scene.connect('owner', clock).inventory(scene.repository)).complete).toBe(true);
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(RETRY_AFTER * 1000);
  });
}
