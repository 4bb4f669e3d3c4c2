import type { RepositoryPlan } from './plan.ts';

/** Puts a list away where it needs less room. What it answers brings back the same list, as often as it is asked. */
export type Pack = <Item>(list: readonly Item[]) => () => readonly Item[];

/** The same repository's plan, whose images and steps are brought back each time that they are read. */
export function packed(plan: RepositoryPlan, pack: Pack): RepositoryPlan {
  // Not in a literal: there V8 puts what is read by a function behind everything else, and a document has its order.
  return Object.defineProperties(
    { ...plan },
    { images: { get: pack(plan.images), enumerable: true }, steps: { get: pack(plan.steps), enumerable: true } },
  );
}
