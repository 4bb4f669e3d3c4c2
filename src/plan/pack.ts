import type { RepositoryInventory } from '../domain/inventory.ts';
import type { RepositoryPlan } from './plan.ts';

/** Keeps what is needed later, in less room where there is much of it. */
export interface Pack {
  /** Puts a list away. What it answers brings back the same list, as often as it is asked. */
  readonly list: <Item>(list: readonly Item[]) => () => readonly Item[];
  /** Keeps a thing that holds more than lists while there is room, and makes it again when it is asked for after that. */
  readonly thing: <Thing>(thing: Thing, again: () => Thing) => () => Thing;
}

/** The same repository's plan, whose images and steps are brought back each time that they are read. */
export function packed(plan: RepositoryPlan, pack: Pack): RepositoryPlan {
  // Not in a literal: there V8 puts what is read by a function behind everything else, and a document has its order.
  return Object.defineProperties(
    { ...plan },
    { images: { get: pack.list(plan.images), enumerable: true }, steps: { get: pack.list(plan.steps), enumerable: true } },
  );
}

/** Puts the manifests of an inventory away. What it answers brings the inventory back. */
export function packedInventory({ manifests, ...rest }: RepositoryInventory, pack: Pack): () => RepositoryInventory {
  const read = pack.list(manifests);
  // Not a word of `manifests` in here, since they would then stay in memory.
  return () => ({ ...rest, manifests: read() });
}
