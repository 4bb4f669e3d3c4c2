import type { RepositoryInventory } from '../domain/inventory.ts';
import type { RepositoryPlan } from './plan.ts';

/** Keeps what is needed later, in less room where there is much of it. */
export interface Pack {
  /** Puts lists away that are read together. What it answers brings back the same lists, as often as it is asked. */
  readonly lists: <Lists extends readonly (readonly unknown[])[]>(...lists: Lists) => () => Lists;
  /** Keeps a thing that holds more than lists while there is room, and makes it again when it is asked for after that. */
  readonly thing: <Thing>(thing: Thing, again: () => Thing) => () => Thing;
}

/** The same repository's plan, whose images and steps are brought back each time that they are read. */
export function packed(plan: RepositoryPlan, pack: Pack): RepositoryPlan {
  const lists = pack.lists(plan.images, plan.steps);
  // Not in a literal: there V8 puts what is read by a function behind everything else, and a document has its order.
  return Object.defineProperties(
    { ...plan },
    { images: { get: () => lists()[0], enumerable: true }, steps: { get: () => lists()[1], enumerable: true } },
  );
}

/** Puts the manifests of an inventory away. What it answers brings the inventory back. */
export function packedInventory({ manifests, ...rest }: RepositoryInventory, pack: Pack): () => RepositoryInventory {
  const lists = pack.lists(manifests);
  // Not a word of `manifests` in here, since they would then stay in memory.
  return () => ({ ...rest, manifests: lists()[0] });
}
