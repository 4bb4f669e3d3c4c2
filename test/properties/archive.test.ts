import { describe, expect, test } from 'vitest';
import type { RepositoryInventory } from '../../src/domain/inventory.ts';
import { isIndexType } from '../../src/domain/media-types.ts';
import type { PlannedImage, RepositoryPlan } from '../../src/plan/plan.ts';
import type { Case } from './arbitraries.ts';
import { applied, check as checkAmong, few, parts, policyOf } from './planned.ts';

/** Every rule archives what it may. */
const cases = few.map((made): Case => ({
  ...made,
  policies: made.policies.map((policy) => ({
    ...policy,
    rules: policy.rules.map((rule) => (rule.orphaned ? rule : { ...rule, action: 'archive' as const })),
  })),
  repositories: made.repositories.map((inventory) => ({ ...inventory, capabilities: { ...inventory.capabilities, archive: true } })),
}));

const check = (name: string, holds: (made: Case) => void): void => checkAmong(name, holds, cases);

function steps(plan: RepositoryPlan, op: string): Set<string> {
  return new Set(plan.steps.flatMap((step) => (step.op === op ? [step.digest] : [])));
}

function partsOf(repository: RepositoryInventory, root: string): Set<string> {
  const found = new Set([root]);
  // A set grows while it is walked: what is added is visited too.
  for (const each of found)
    for (const child of repository.manifests.find((manifest) => manifest.digest === each)?.children ?? []) found.add(child);
  return found;
}

/** True of an image that expires and stays as it is: an index of which nothing is there to be archived. */
function staysAsItIs({ manifests }: RepositoryInventory, { action, reasons }: PlannedImage, parts: ReadonlySet<string>): boolean {
  const isArchived = manifests.some(({ digest, archived }) => archived === true && parts.has(digest));
  return action === 'keep' && reasons[0]?.code === 'archived' && !isArchived;
}

describe('rules that archive', () => {
  test('archive something in these cases', () => {
    expect(cases.filter((made) => parts(made).some(([, plan]) => steps(plan, 'archive-manifest').size > 0)).length).toBeGreaterThan(
      cases.length / 10,
    );
  });

  check('delete nothing but orphaned attachments, and what these hold', (made) => {
    for (const [inventory, plan] of parts(made)) {
      const reasons = plan.images
        .filter(({ action }) => action === 'delete')
        .flatMap((image) => image.reasons.map(({ code, rule }) => (code === 'expired' ? rule : code)));
      const orphaned = (policyOf(made, inventory)?.rules ?? []).flatMap((rule) => (rule.orphaned ? [rule.name] : []));
      expect(reasons.filter((reason) => reason !== undefined && !orphaned.includes(reason) && !reason.startsWith('deleted_with'))).toEqual(
        [],
      );
    }
  });

  check('take no tag off', (made) => {
    for (const [, plan] of parts(made)) expect([...steps(plan, 'delete-tag')]).toEqual([]);
  });

  check('leave every image that stays for another reason whole, and no index goes itself', (made) => {
    for (const [inventory, plan] of parts(made)) {
      const cold = steps(plan, 'archive-manifest');
      for (const image of plan.images) {
        if (cold.has(image.digest)) expect(isIndexType(image.mediaType)).toBe(false);
        const stays =
          image.action === 'keep' &&
          !image.part &&
          image.reasons[0]?.code !== 'archived' &&
          !image.reasons.some(({ code }) => code.endsWith('_of_kept') || code === 'attached_to_kept');
        if (stays) expect([...partsOf(inventory, image.digest)].filter((part) => cold.has(part))).toEqual([]);
      }
    }
  });

  check('have nothing left to archive once they are carried out', (made) => {
    if (parts(made).some(([, plan]) => steps(plan, 'delete-manifest').size > 0)) return;
    // Where what is attached to such an index is archived, the index stays for it, and takes a place of the floor from then on.
    const special = parts(made).flatMap(([inventory, { images }]) =>
      images.filter((image) => staysAsItIs(inventory, image, partsOf(inventory, image.digest))),
    );
    if (special.length > 0) return;
    expect(parts(applied(made)).flatMap(([, plan]) => plan.steps)).toEqual([]);
  });
});
