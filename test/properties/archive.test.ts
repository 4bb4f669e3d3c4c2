import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RepositoryInventory } from '../../src/domain/inventory.ts';
import { isIndexType } from '../../src/domain/media-types.ts';
import type { RepositoryPlan } from '../../src/plan/plan.ts';
import { planRepository } from '../../src/plan/plan-repository.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { type Case, decisionCase, digest, NOW } from './arbitraries.ts';

/** Every rule archives what it may. The same cases each time; SEED looks elsewhere. */
const cases = fc.sample(decisionCase, { numRuns: 500, seed: Number(process.env['SEED'] ?? 20_261_124) }).map((made): Case => {
  const rules = made.policy.rules.map((rule) => (rule.orphaned ? rule : { ...rule, action: 'archive' as const }));
  const capabilities = { ...made.repository.capabilities, archive: true };
  return { ...made, repository: { ...made.repository, capabilities }, policy: { ...made.policy, rules } };
});

function planOf({ repository, policy, inUse }: Case): RepositoryPlan {
  const compiled = compilePolicy(policy, { source: 'generated', digest: digest(1000) });
  return planRepository(
    repository,
    [compiled],
    { images: inUse.map((image) => ({ image: { digest: image }, source: 'generated' })), problems: [], hosts: {} },
    NOW,
  ).plan;
}

function steps(plan: RepositoryPlan, op: string): Set<string> {
  return new Set(plan.steps.flatMap((step) => (step.op === op ? [step.digest] : [])));
}

function archived({ repository, ...rest }: Case, plan: RepositoryPlan): Case {
  const gone = steps(plan, 'delete-manifest');
  const cold = steps(plan, 'archive-manifest');
  const manifests = repository.manifests
    .filter((manifest) => !gone.has(manifest.digest))
    .map((manifest) => ({
      ...manifest,
      tags: manifest.tags.filter((tag) => !plan.images.some((image) => image.untag.includes(tag))),
      ...(cold.has(manifest.digest) && { archived: true }),
    }));
  return { ...rest, repository: { ...repository, manifests } };
}

function partsOf(repository: RepositoryInventory, root: string): Set<string> {
  const found = new Set([root]);
  for (const each of found)
    for (const child of repository.manifests.find((manifest) => manifest.digest === each)?.children ?? []) found.add(child);
  return found;
}

describe('rules that archive', () => {
  test('archive something in these cases', () => {
    expect(cases.filter((made) => steps(planOf(made), 'archive-manifest').size > 0).length).toBeGreaterThan(50);
  });

  test('delete nothing but orphaned attachments, and what these hold', () => {
    for (const made of cases) {
      const plan = planOf(made);
      const reasons = plan.images
        .filter(({ action }) => action === 'delete')
        .flatMap((image) => image.reasons.map(({ code, rule }) => (code === 'expired' ? rule : code)));
      const orphaned = made.policy.rules.flatMap((rule) => (rule.orphaned ? [rule.name] : []));
      expect(reasons.filter((reason) => reason !== undefined && !orphaned.includes(reason) && !reason.startsWith('deleted_with'))).toEqual(
        [],
      );
    }
  });

  test('leave every image that stays for another reason whole, and no index goes itself', () => {
    for (const made of cases) {
      const plan = planOf(made);
      const cold = steps(plan, 'archive-manifest');
      for (const image of plan.images) {
        if (cold.has(image.digest)) expect(isIndexType(image.mediaType)).toBe(false);
        const stays =
          image.action === 'untag' ||
          (image.action === 'keep' &&
            !image.part &&
            image.reasons[0]?.code !== 'archived' &&
            !image.reasons.some(({ code }) => code.endsWith('_of_kept') || code === 'attached_to_kept'));
        if (stays) for (const part of partsOf(made.repository, image.digest)) expect(cold.has(part)).toBe(false);
      }
    }
  });

  test('have nothing left to archive once they are carried out', () => {
    for (const made of cases) {
      const first = planOf(made);
      const again = planOf(archived(made, first));
      if (steps(first, 'delete-manifest').size > 0) continue;
      expect(again.steps.filter(({ op }) => op !== 'delete-tag')).toEqual([]);
    }
  });
});
