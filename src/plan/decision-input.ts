import type { InUse } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Graph } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import type { LiveNames } from './live-names.ts';
import type { Matched } from './matched.ts';
import type { Surroundings } from './surroundings.ts';
import type { Times } from './time.ts';

/** Everything that the decision of one repository depends on. */
export interface DecisionInput {
  readonly repository: RepositoryInventory;
  readonly graph: Graph;
  readonly policy: Policy;
  readonly times: Times;
  readonly inUse: InUse;
  /** The lists of names that rules look up, by the name of the list. */
  readonly lists: ReadonlyMap<string, LiveNames>;
  readonly surroundings: Surroundings;
  /** Told what of the policy has selected something. */
  readonly matched: Matched;
}
