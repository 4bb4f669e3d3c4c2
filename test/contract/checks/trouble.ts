import { expect } from 'vitest';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { everyday } from '../../sweep.ts';
import type { Contract } from '../contract.ts';
import type { Kind } from '../contract-target.ts';
import { needs } from '../expected-inventory.ts';
import type { Fault } from '../fault-proxy.ts';
import { TINY } from '../history.ts';
import type { Applied, Scene } from '../scene.ts';
import { contents } from '../truth.ts';

export function testTrouble({ target, check }: Contract): void {
  const faults: readonly (readonly [what: string, fault: Fault])[] = everyday(target.repeats ? 1 : 2, [
    ['is lost', 'lost'],
    [
      'is 404 from a machine on the way',
      { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><title>Not Found</title></html>' },
    ],
    // Not 500: a deletion that fails so is tried again, and really waited for.
    ['is 400', { status: 400, headers: { 'content-type': 'text/html' }, body: '<html><title>Bad Request</title></html>' }],
    ['is 401', target.answers.unauthorized],
    ['is 403', target.answers.forbidden],
    ['is a web page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><title>Log in</title></html>' }],
  ]);
  /** What goes wrong, and after how many that went well: the first looks at the repository are no deletion yet. */
  const moments: readonly (readonly [Kind, after: number])[] = [
    ['list', 4],
    ['manifest', 4],
    ['delete', 0],
    ['delete', 2],
  ];

  for (const [what, fault] of faults) {
    check(`harms nothing that stays, and is reported as it is, where it ${what}`, ['wrongAnswers'], async (scene) => {
      for (const [kind, after] of moments) await survives(scene, [kind], fault, after);
    });
  }

  check('harms nothing that stays, and is reported as it is, where the repository goes away meanwhile', ['wrongAnswers'], async (scene) => {
    for (const after of [0, 4, 8]) await survives(scene, ['list', 'manifest', 'delete'], target.answers.repositoryGone, after);
  });

  /** Carries a plan out while, after the first few, all requests of some kinds go wrong. */
  async function survives(scene: Scene, hit: readonly Kind[], fault: Fault, after: number): Promise<void> {
    const hint = `${hit.join()} after ${after}`;
    await scene.push(TINY);
    const before = await scene.truth();
    const plan = await scene.plan();
    const stop = scene.proxy.fault((request) => hit.includes(target.kindOf(request)), fault, { after });
    const outcome: Applied | Error = await scene.apply(plan).catch((error: Error) => error);
    stop();
    const now = await scene.truth();
    if (outcome instanceof Error) {
      expect(outcome, hint).toBeInstanceOf(ToolError);
      expect(contents(now), hint).toEqual(contents(before));
      return;
    }
    const going = new Set(
      plan.repositories[0]!.steps.flatMap((step) => (step.op === 'delete-tag' ? [step.tag] : Object.keys(step.expect))),
    );
    const staying = Object.fromEntries(Object.entries(before.tags).filter(([tag]) => !going.has(tag)));
    const whole = { tags: staying, manifests: needs(before, Object.values(staying)) };
    expect(contents(now), hint).toMatchObject(contents(whole));
    for (const [key, became] of outcome.steps) {
      const there = key in now.manifests || key in now.tags;
      if (became !== 'failed') expect(there, `${hint}: ${key} is ${became}`).toBe(became !== 'deleted' && became !== 'gone');
    }
  }
}
