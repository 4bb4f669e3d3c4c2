import type { RepositoryInventory } from '../../src/domain/inventory.ts';
import type { ContractTarget, Feature, StartOptions, Truth } from './contract-target.ts';
import type { Seen } from './fault-proxy.ts';
import type { Scene } from './scene.ts';

/** A repository with the whole history, as it is and as a fresh client has read it. For checks that change nothing. */
export interface Filled {
  readonly scene: Scene;
  readonly truth: Truth;
  readonly inventory: RepositoryInventory;
  /** What the inventory took. */
  readonly requests: readonly Seen[];
}

/** What the checks are written with. */
export interface Contract {
  readonly target: ContractTarget;
  /**
   * One thing that must hold, in a repository of its own. Skipped, with the target's reason in its name, where the target lacks something
   * that it needs.
   */
  check(title: string, needs: readonly Feature[], work: (scene: Scene) => Promise<void>): void;
  /** Everything that some check needs, so far. */
  readonly needed: ReadonlySet<Feature>;
  /** Filled and read when first asked for. */
  filled(): Promise<Filled>;
  /** Another server of the target, stopped after `work`. */
  withServer(options: StartOptions, work: (scene: Scene) => Promise<void>): Promise<void>;
}
