import { describe, expect, it } from 'vitest';
import { waves } from '../../../src/apply/waves.ts';
import type { ChangeStep } from '../../../src/plan/plan.ts';
import { asDigest } from '../../digest.ts';

function manifest(digest: string, ...after: string[]): ChangeStep {
  return { op: 'delete-manifest', digest: asDigest(digest), expect: {}, after: after.map(asDigest) };
}
const tag: ChangeStep = { op: 'delete-tag', tag: 'v1', digest: asDigest('kept') };

function shape(steps: readonly ChangeStep[]): string[][] {
  return waves(steps).map((wave) => wave.map((step) => (step.op === 'delete-tag' ? step.tag : step.digest)));
}

describe('waves', () => {
  it('take single tags off before any manifest', () => {
    expect(shape([tag, manifest('a')])).toEqual([['v1'], ['a']]);
  });

  it('put side by side what nothing among the steps holds', () => {
    expect(shape([manifest('a'), manifest('b')])).toEqual([['a', 'b']]);
  });

  it('put a manifest after the last of its holders, however deep that is', () => {
    expect(
      shape([
        manifest('index'),
        manifest('other'),
        manifest('inner', 'index'),
        manifest('leaf', 'inner', 'other'),
        manifest('sbom', 'leaf'),
      ]),
    ).toEqual([['index', 'other'], ['inner'], ['leaf'], ['sbom']]);
  });

  it('put manifests with tags before those without', () => {
    const tagged: ChangeStep = { op: 'delete-manifest', digest: asDigest('b'), expect: { v2: asDigest('b') }, after: [] };
    expect(shape([manifest('a'), tagged])).toEqual([['b', 'a']]);
  });

  it('are none without steps', () => {
    expect(waves([])).toEqual([]);
  });
});
