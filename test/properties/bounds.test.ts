import { describe, expect, test } from 'vitest';
import type { RepositoryInventory } from '../../src/domain/inventory.ts';
import type { Plan, PlannedImage, RepositoryPlan } from '../../src/plan/plan.ts';
import type { PolicySpec } from '../../src/policy/schema.ts';
import { type Case, NOW } from './arbitraries.ts';
import {
  applied,
  becomesARoot,
  few,
  check,
  deleted,
  deletedIn,
  holdersOf,
  losesItsOther,
  parts,
  planAnew,
  planOf,
  policyOf,
  withPolicies,
} from './planned.ts';
import { readGraph } from './reference.ts';

describe('what limits and runs are bounded by', () => {
  /** What goes by a rule of this policy: an image, an untagged manifest, an orphaned attachment. */
  const counted = (made: Case, policy: PolicySpec, plan: Plan = planOf(made)): string[] =>
    parts(made, plan).flatMap(([inventory, { images }]) =>
      policyOf(made, inventory) === policy
        ? images
            .filter(({ action, reasons }) => action === 'delete' && reasons.some(({ code }) => code === 'expired'))
            .map((image) => image.digest)
        : [],
    );

  const boundedCases = new Map<number, Map<Case, Case>>();
  /** The case with a bound of so many deletions for each policy: the same object each time, so that it is planned once. */
  const boundedBy = (deletions: number, made: Case): Case => {
    const known = boundedCases.get(deletions) ?? new Map<Case, Case>();
    boundedCases.set(deletions, known);
    const bounded = known.get(made) ?? withPolicies(made, (policy) => ({ ...policy, perRun: { deletions } }));
    known.set(made, bounded);
    return bounded;
  };

  check('nothing is deleted that no limit counts', (made) => {
    const limits = { maxDeletions: 0, maxDeletePercent: 0, maxDeleteBytes: 0 };
    const { applyable, blockedBy } = planAnew(
      withPolicies(made, (policy) => ({ ...policy, limits })),
      { maxDeletions: 0 },
    );
    const goes = parts(made).filter(([, plan]) => deletedIn(plan).size > 0);
    const tripped = made.policies
      .filter((policy) => goes.some(([inventory]) => policyOf(made, inventory) === policy))
      .flatMap(({ name }) => Object.keys(limits).map((code) => `${code} ${name}`));
    expect(blockedBy.map(({ code, policy }) => `${code} ${policy}`).toSorted()).toEqual(
      [...tripped, ...(goes.length > 0 ? ['maxDeletions undefined'] : [])].toSorted(),
    );
    expect(applyable).toBe(goes.length === 0);
  });

  check('a limit trips one below what it counts, and not at it', (made) => {
    for (const policy of made.policies) {
      const { length } = counted(made, policy);
      if (length === 0) continue;
      const codes = (maxDeletions: number): string[] =>
        planAnew(withPolicies(made, (each) => (each === policy ? { ...each, limits: { maxDeletions } } : each))).blockedBy.map(
          ({ code }) => code,
        );
      expect([codes(length - 1), codes(length)]).toEqual([['maxDeletions'], []]);
    }
  });

  for (const bound of [1, 2]) {
    const bounded = (made: Case): Plan => planOf(boundedBy(bound, made));

    check(`no more than ${bound} in one run, all of it also without the bound, and nothing that no rule touches changes`, (made) => {
      const [few, all] = [bounded(made), planOf(made)];
      for (const policy of made.policies) expect(counted(made, policy, few).length).toBeLessThanOrEqual(bound);
      expect([...deleted(few)].filter((image) => !deleted(all).has(image))).toEqual([]);
      expect(few.blockedBy).toEqual(all.blockedBy);
      for (const [inventory, plan] of parts(made, few)) {
        const before = parts(made, all).find(([other]) => other === inventory)?.[1] as RepositoryPlan;
        plan.images.forEach((image, index) => {
          const was = before.images[index] as PlannedImage;
          if (was.action !== 'delete') expect([image.digest, image.action, image.untag]).toEqual([was.digest, was.action, was.untag]);
          else if (image.action !== 'delete') {
            expect(image.untag).toEqual([]);
            expect(['next_run', 'child_of_kept', 'attached_to_kept', 'subject_of_kept']).toContain(image.reasons[0]?.code);
          }
        });
      }
    });

    check(`with ${bound} in one run, what stays loses nothing that it needs`, (made) => {
      for (const [inventory, plan] of parts(made, bounded(made))) {
        const gone = deletedIn(plan);
        const { images, childrenOf, subjectsOf } = readGraph(inventory);
        for (const { digest: image } of images)
          if (!gone.has(image))
            expect(
              [...(childrenOf.get(image) ?? []), ...(subjectsOf.get(image) ?? [])].filter((needed) => gone.has(needed.digest)),
            ).toEqual([]);
      }
    });

    check(`with ${bound} in one run, the oldest go`, (made) => {
      for (const policy of made.policies) {
        const few = bounded(made);
        const time = (inventory: RepositoryInventory, image: PlannedImage): number => {
          const text = inventory.capabilities.pushedAt ? image.pushedAt : image.createdAt;
          const at = text === undefined ? Number.NaN : Date.parse(text);
          return at >= Date.UTC(2000, 0, 1) && at <= NOW + 86_400_000 ? at : Number.POSITIVE_INFINITY;
        };
        const governed = parts(made, few).filter(([inventory]) => policyOf(made, inventory) === policy);
        const gone = governed.flatMap(([inventory, { images }]) =>
          images
            .filter(({ action, reasons }) => action === 'delete' && reasons.some(({ code }) => code === 'expired'))
            .map((image) => time(inventory, image)),
        );
        // What something else that was to go holds can only go after that.
        const later = governed.flatMap(([inventory, { images }]) =>
          images
            .filter(({ digest: image, reasons }) => reasons[0]?.code === 'next_run' && holdersOf(inventory).get(image)?.size === 0)
            .filter(({ digest: image }) =>
              (readGraph(inventory).attachmentsOf.get(image) ?? []).every(({ ordinaryTags }) => ordinaryTags.length === 0),
            )
            .map((image) => time(inventory, image)),
        );
        if (gone.length === bound && later.length > 0 && isSimple(made)) expect(Math.max(...gone)).toBeLessThanOrEqual(Math.min(...later));
      }
    });
  }

  check('no more than two in one run over all policies, the oldest of all repositories', (made) => {
    const few = planAnew(made, { atMost: 2 });
    expect(made.policies.flatMap((policy) => counted(made, policy, few)).length).toBeLessThanOrEqual(2);
    expect([...deleted(few)].filter((image) => !deleted(planOf(made)).has(image))).toEqual([]);
    // With one policy, this is the same as its own bound.
    if (made.policies.length === 1) expect(few.repositories).toEqual(planOf(boundedBy(2, made)).repositories);
  });

  check('run after run, all goes in the end that would go in one', (made) => {
    if (losesItsOther(made) || parts(made).some(([inventory, plan]) => becomesARoot(inventory, plan))) return;
    let left = boundedBy(2, made);
    for (let run = 0; run < 20 && deleted(planOf(left)).size > 0; run++) left = applied(left);
    const digests = (each: Case): string[][] => each.repositories.map(({ manifests }) => manifests.map((manifest) => manifest.digest));
    if (isSimple(made)) expect(digests(left)).toEqual(digests(applied(made)));
  });

  /** No expired image holds another one, so that each can go by itself. */
  function isSimple(made: Case): boolean {
    return parts(made).every(([inventory, { images }]) => {
      const expired = new Set<string>(
        images
          .filter(({ action, reasons }) => action === 'delete' && reasons.some(({ code }) => code === 'expired'))
          .map((image) => image.digest),
      );
      const gone = new Set<string>(images.filter(({ action }) => action === 'delete').map((image) => image.digest));
      const holders = holdersOf(inventory);
      return [...gone].every((image) => {
        const above = new Set<string>([image]);
        // A set grows while it is walked: what is added is visited too.
        for (const each of above) for (const holder of holders.get(each) ?? []) above.add(holder);
        return [...above].filter((each) => expired.has(each)).length <= 1;
      });
    });
  }

  test('and many cases leave something for the next run', () => {
    const left = few.filter((made) =>
      planOf(boundedBy(1, made)).repositories.some(({ images }) =>
        images.some(({ reasons }) => reasons.some(({ code }) => code === 'next_run')),
      ),
    );
    expect(left.length).toBeGreaterThan(few.length / 10);
  });
});
