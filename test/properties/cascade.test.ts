import { describe, expect } from 'vitest';
import type { RepositoryInventory } from '../../src/domain/inventory.ts';
import { SWEEPING } from '../sweep.ts';
import { type Case, manyCases } from './arbitraries.ts';
import { check, deleted, deletedIn, floorless, parts, planOf, SEED } from './planned.ts';
import { readGraph } from './reference.ts';

/** Seldom does something stay that would be taken along. */
const cases = manyCases(SWEEPING ? 1200 : 400, SEED);

describe('on a registry that deletes more than it is told', () => {
  const cascading = (made: Case, cascades: boolean): Case => ({
    ...made,
    repositories: made.repositories.map((inventory) => ({ ...inventory, capabilities: { ...inventory.capabilities, cascades } })),
  });

  /** What goes with what is deleted: children without a tag that are in no index that stays, and attachments; to any depth. */
  function takenAlong(inventory: RepositoryInventory, gone: ReadonlySet<string>): string[] {
    const { childrenOf, parentsOf, attachmentsOf } = readGraph(inventory);
    const taken = new Set(gone);
    // A set grows while it is walked: what is added is visited too.
    for (const image of taken) {
      for (const child of childrenOf.get(image) ?? [])
        if (child.tags.length === 0 && (parentsOf.get(child.digest) ?? []).every((parent) => taken.has(parent.digest)))
          taken.add(child.digest);
      for (const attachment of attachmentsOf.get(image) ?? []) taken.add(attachment.digest);
    }
    return [...taken].filter((image) => !gone.has(image));
  }

  check(
    'nothing that stays is taken along',
    (made) => {
      for (const [inventory, plan] of parts(cascading(made, true))) expect(takenAlong(inventory, deletedIn(plan))).toEqual([]);
    },
    cases,
  );

  check('no more goes than on one that does not', (made) => {
    const gone = deleted(planOf(cascading(floorless(made), false)));
    expect([...deleted(planOf(cascading(floorless(made), true)))].filter((image) => !gone.has(image))).toEqual([]);
  });
});
