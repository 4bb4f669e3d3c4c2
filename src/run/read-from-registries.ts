import type { RestoredManifests } from '../documents/restored-times.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import type { DetailsContext } from '../plan/needed-details.ts';
import { wantedScans } from '../plan/wanted-scans.ts';
import { governingPolicy } from '../policy/governing.ts';
import type { Policy } from '../policy/policy.ts';
import type { DecidingPolicies } from './deciding-policies.ts';
import type { EarlierRuns } from './earlier-runs.ts';
import type { Failure } from './failures.ts';
import { type Io, say } from './io.ts';
import type { Progress } from './progress.ts';
import { placesOf, readRepositories, type RepositoryRead } from './read-repositories.ts';
import type { OpenRegistries } from './registries.ts';
import { inShard, type Shard } from './scope.ts';
import { type RepositoryToRead, wantedDetails } from './wanted-details.ts';
import type { Workplace } from './workplace.ts';

interface ReadContext {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What decides which details of images a plan needs. Missing: all are read. */
  readonly details?: (Omit<DetailsContext, 'now'> & { readonly earlier: EarlierRuns }) | undefined;
}

/**
 * The repositories of a run that plans: those that one of its policies governs are read, and those that are read for the sake of others.
 */
export function readFromRegistries(
  registries: OpenRegistries,
  workplace: Workplace,
  deciding: readonly DecidingPolicies[],
  shard: Shard | undefined,
  { io, signal, progress, now, details }: ReadContext,
  failures: Failure[],
  listed: Set<string>,
  restored: RestoredManifests,
): AsyncIterable<RepositoryRead> {
  const [policies, specs] = [deciding.flatMap((one) => one.policies), deciding.flatMap((one) => one.specs)];
  const options = {
    reads: (registry: string, repository: string) =>
      policies.some((policy) => policy.governs(registry, repository) || namesRepository(policy, repository)),
    shares: (registry: string, repository: string) => inShard(shard, registry, repository),
    specs,
    onSkipped: (message: string) => say(io, message),
    onListed: (registry: string) => void listed.add(registry),
    wantedScans: (inventory: RepositoryInventory, areListed: boolean) => {
      const governing = deciding.flatMap((one) => governingPolicy(one.policies, inventory.registry, inventory.repository) ?? []);
      const asking = governing.filter(({ asksForScans }) => asksForScans);
      const wanted = new Set(asking.flatMap((policy) => wantedScans(inventory, policy, now, areListed)));
      return asking.length > 0 ? [...wanted] : undefined;
    },
    ...(details && {
      wants: (repository: RepositoryToRead, completed: (inventory: RepositoryInventory) => RepositoryInventory) => {
        if (details.earlier.mayHaveLeft(repository.registry, repository.repository)) return undefined;
        const governing = deciding.flatMap((one) => governingPolicy(one.policies, repository.registry, repository.repository) ?? []);
        return wantedDetails(repository, governing, { ...details, now }, completed);
      },
    }),
    restored,
    signal,
    progress,
  };
  return readRepositories(placesOf(registries, workplace), options, (failure) => failures.push(failure));
}

/** True of a repository that is read for the sake of others: it may hold their signatures, or the images of their attachments. */
function namesRepository({ signaturesIn, rules }: Policy, repository: string): boolean {
  return signaturesIn?.matches(repository) === true || rules.orphaned.some(({ subjectsIn }) => subjectsIn?.matches(repository) === true);
}
