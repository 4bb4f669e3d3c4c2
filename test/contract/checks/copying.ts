import { expect, onTestFinished } from 'vitest';
import { executePlan } from '../../../src/apply/execute-plan.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { Planner } from '../../../src/plan/planner.ts';
import type { CopyTarget } from '../../../src/policy/copy-target.ts';
import { compilePolicy } from '../../../src/policy/policy.ts';
import { adapter } from '../../unit/registry/oci-fixture.ts';
import { temporaryFolder } from '../../unit/apply/apply-fixture.ts';
import type { Contract } from '../contract.ts';
import { SMALL, THINGS } from '../history.ts';
import { NOWHERE } from '../scene.ts';

export function testCopying({ check }: Contract): void {
  check('an image that is copied to another registry is there byte for byte before it goes', ['layers'], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const target = await startEmbeddedRegistry();
    onTestFinished(() => target.close());
    const cold = { ...adapter(target.url), name: 'cold' };
    const registry = scene.connect();
    const policy = compilePolicy(
      { name: 'copying', grace: '0s', rules: [{ name: 'old', tags: ['old-single'], keep: 'none', action: { copyTo: 'cold/old' } }] },
      { source: 'contract', digest: NOWHERE },
    );
    // What was pushed in the very millisecond of `now` would be within a grace of nothing.
    const now = Date.now() + 1;
    const targetOf = (): CopyTarget => ({ registry: cold.name, url: cold.url, prefix: 'old' });
    const inUse = { images: [], problems: [], hosts: {} };
    const planner = new Planner({ policies: [policy], inUse, now, createdAt: now, version: '0.0.0', targetOf });
    planner.add({ ...(await registry.inventory(scene.repository)), url: registry.url }, true);
    const plan = planner.plan();
    const report = await executePlan({
      plan,
      registries: new Map([registry, cold].map((one) => [one.name, one])),
      journal: new Journal(await temporaryFolder()),
      concurrency: 2,
    });
    const { digest, bytes } = THINGS.oldSingle;
    expect(target.storage.repository(`old/${scene.repository}`).manifests.get(digest)?.bytes.equals(bytes)).toBe(true);
    expect(report.counts.deleted).toBeGreaterThan(0);
    expect(digest in (await scene.truth()).manifests).toBe(false);
    expect(digest in before.manifests).toBe(true);
  });
}
