import { test } from 'vitest';
import { SWEEPING } from '../sweep.ts';
import type { RepositoryInventory } from '../../src/domain/inventory.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan, RepositoryPlan } from '../../src/plan/plan.ts';
import { compilePolicy, type Policy } from '../../src/policy/policy.ts';
import type { PolicySpec } from '../../src/policy/schema.ts';
import { type Case, digest, manyCases } from './arbitraries.ts';
import { governing, readGraph } from './reference.ts';
import { smallest } from './smallest.ts';

/* What the property tests share: the cases, their plans, and what is read off these. */

/** The cases are the same each time, so that a change is what breaks them; SEED looks elsewhere. */
export const SEED = Number(process.env['SEED'] ?? 20_261_124);
/** For invariants that plan each case several times anew. */
export const few = manyCases(SWEEPING ? 400 : 120, SEED, SWEEPING ? 8 : 4);

const compiled = new WeakMap<PolicySpec, Policy>();

export function compiledOf(policy: PolicySpec): Policy {
  const made = compiled.get(policy) ?? compilePolicy(policy, { source: 'generated', digest: digest(1000) });
  compiled.set(policy, made);
  return made;
}

const plans = new WeakMap<Case, Plan>();

export function planOf(made: Case): Plan {
  const known = plans.get(made) ?? planAnew(made);
  plans.set(made, known);
  return known;
}

export function planAnew(
  { repositories, policies, inUse, lists, now }: Case,
  more: { readonly maxDeletions?: number; readonly atMost?: number } = {},
): Plan {
  return makePlan(
    { kind: 'Inventory', formatVersion: '1.0', takenAt: new Date(now).toISOString(), repositories },
    {
      policies: policies.map(compiledOf),
      inUse,
      lists,
      now,
      createdAt: now,
      version: '0.0.0',
      ...more,
    },
  );
}

/** Each repository of the case with its plan. */
export function parts(made: Case, plan: Plan = planOf(made)): [RepositoryInventory, RepositoryPlan][] {
  return made.repositories.map((inventory) => [
    inventory,
    plan.repositories.find(
      ({ registry, repository }) => registry === inventory.registry && repository === inventory.repository,
    ) as RepositoryPlan,
  ]);
}

export const policyOf = (made: Case, inventory: RepositoryInventory): PolicySpec | undefined => governing(inventory, made.policies);

export function deletedIn(plan: RepositoryPlan): Set<string> {
  return new Set(plan.images.filter(({ action }) => action === 'delete').map((image) => image.digest));
}

/** What goes in the whole run: `registry repository digest`. */
export function deleted(plan: Plan): Set<string> {
  return new Set(
    plan.repositories.flatMap((repository) =>
      [...deletedIn(repository)].map((image) => `${repository.registry} ${repository.repository} ${image}`),
    ),
  );
}

/** The case as it is after the plan was carried out: manifests and tags gone, images in the archive, nothing else touched. */
export function applied(made: Case, plan: Plan = planOf(made)): Case {
  return { ...made, repositories: parts(made, plan).map(([inventory, planned]) => appliedTo(inventory, planned)) };
}

function appliedTo(inventory: RepositoryInventory, plan: RepositoryPlan): RepositoryInventory {
  const images = new Map(plan.images.map((image) => [image.digest, image]));
  const archived = new Set(plan.steps.flatMap((step) => (step.op === 'archive-manifest' ? [step.digest] : [])));
  const manifests = inventory.manifests
    .filter((manifest) => images.get(manifest.digest)?.action !== 'delete')
    .map((manifest) => ({
      ...manifest,
      tags: manifest.tags.filter((tag) => !images.get(manifest.digest)?.untag.includes(tag)),
      ...(archived.has(manifest.digest) && { archived: true }),
    }));
  return { ...inventory, manifests };
}

/** The indexes and subjects of each manifest. */
export function holdersOf(inventory: RepositoryInventory): Map<string, Set<string>> {
  const { images, parentsOf, subjectsOf } = readGraph(inventory);
  return new Map(
    images.map(({ digest: image }) => [
      image,
      new Set([...(parentsOf.get(image) ?? []), ...(subjectsOf.get(image) ?? [])].map((holder) => holder.digest)),
    ]),
  );
}

/** True if `holder` is held by `held` in turn, at any depth: the two stand in a ring. */
export function isHeldBy(image: string, held: string, holders: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const found = new Set([image]);
  // A set grows while it is walked: what is added is visited too.
  for (const each of found) for (const holder of holders.get(each) ?? []) found.add(holder);
  return found.has(held);
}

/** The case with other policies. */
export function withPolicies(made: Case, change: (policy: PolicySpec) => PolicySpec): Case {
  return { ...made, policies: made.policies.map(change) };
}
const floorlessOf = new WeakMap<Case, Case>();
/** The case without its floor: that looks at what the rules leave, so what it alone had saved is set aside. */
export const floorless = (made: Case): Case => {
  const without = floorlessOf.get(made) ?? withPolicies(made, (policy) => ({ ...policy, keepAtLeast: 0 }));
  floorlessOf.set(made, without);
  return without;
};

/** Holds an invariant against all these cases; when it breaks, it says the smallest case that breaks it. */
export function check(name: string, holds: (made: Case) => void, cases: readonly Case[] = few): void {
  test(name, () => {
    for (const made of cases) holdFor(made, holds);
  });
}

export function holdFor(made: Case, holds: (made: Case) => void): void {
  const problem = (each: Case): Error | undefined => {
    try {
      holds(each);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };
  if (!problem(made)) return;
  const small = smallest(made, (each) => problem(each) !== undefined);
  throw new Error(`${problem(small)?.message}\nThe smallest case: ${JSON.stringify(small)}`);
}

/**
 * True if a child loses its index and stays as the subject of an attachment that something else holds: next time it is an untagged image,
 * and takes a rank among these. No registry's own tools make such a thing; the text of the design lets it take the rank, and another image
 * may go for it.
 */
export function becomesARoot({ manifests }: RepositoryInventory, plan: RepositoryPlan): boolean {
  const gone = deletedIn(plan);
  return plan.images.some(
    ({ digest: image, reasons }) =>
      reasons[0]?.code === 'subject_of_kept' && manifests.some((index) => gone.has(index.digest) && index.children.includes(image)),
  );
}

/** True if something goes that belongs to a manifest of another repository, or the other way round: the next run finds an orphan there. */
export function losesItsOther(made: Case): boolean {
  return parts(made).some(([inventory, plan]) => {
    const gone = deletedIn(plan);
    const others = made.repositories.filter((other) => other !== inventory && other.registry === inventory.registry);
    const belongs = (
      from: RepositoryInventory,
      to: RepositoryInventory,
      of: (image: string) => boolean,
      at: (image: string) => boolean,
    ): boolean =>
      readGraph(from).images.some(
        (image) =>
          of(image.digest) &&
          image.subjects.some((subject) => to.manifests.some((each) => each.digest.startsWith(subject) && at(each.digest))),
      );
    const any = (): boolean => true;
    const goes = (image: string): boolean => gone.has(image);
    return others.some((other) => belongs(other, inventory, any, goes) || belongs(inventory, other, goes, any));
  });
}
