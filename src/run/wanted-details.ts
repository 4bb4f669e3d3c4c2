import type { RepositoryInventory } from '../domain/inventory.ts';
import { asksForPulls, type DetailsContext, type ListedRepository, mayGo, needsConfigs } from '../plan/needed-details.ts';
import type { Policy } from '../policy/policy.ts';
import type { ReadSoFar, WantedDetails } from '../registry/registry.ts';

/** A repository that is about to be read: all of its inventory but what is read. */
export type RepositoryToRead = Omit<RepositoryInventory, 'complete' | 'capabilities' | 'manifests'>;

/**
 * Which details of the images of a repository these policies need, each of which plans it. None are needed where no policy governs the
 * repository, which is then read for the sake of others. `completed` adds to an inventory what this program knows of it besides the
 * registry.
 */
export function wantedDetails(
  repository: RepositoryToRead,
  governing: readonly Policy[],
  context: DetailsContext,
  completed: (inventory: RepositoryInventory) => RepositoryInventory,
): WantedDetails {
  const listed = ({ capabilities, manifests }: ReadSoFar): ListedRepository => ({
    capabilities,
    listed: () => completed({ ...repository, complete: true, capabilities, manifests: manifests() }),
  });
  return {
    signatures: governing.some(({ asksIfSigned }) => asksIfSigned),
    pulls: governing.some(asksForPulls),
    configs: (read) => governing.some((policy) => needsConfigs(listed(read), policy, context)),
    going: (read) => new Set(governing.flatMap((policy) => mayGo(listed(read), policy, context))),
  };
}
