import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Policy } from '../policy/policy.ts';
import type { PushHistory } from './push-history.ts';
import type { RepositoryLife } from './repository-life.ts';

/** A repository that a policy governs, as it goes on. */
export interface Forecasted {
  readonly inventory: RepositoryInventory;
  readonly policy: Policy;
  readonly history: PushHistory;
  readonly life: RepositoryLife;
  pushed: number;
  deleted: number;
}
