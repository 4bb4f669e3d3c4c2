import type { LimitFunction } from 'p-limit';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Capabilities, RepositoryInventory } from '../../domain/inventory.ts';
import { DOCKER_MANIFEST, OCI_MANIFEST } from '../../domain/media-types.ts';
import type { OciClient } from '../../distribution/client.ts';
import { Problems } from '../../distribution/problems.ts';
import type { InventoryOptions } from '../registry.ts';
import { type Artifact, IN_FULL } from './artifact.ts';
import { hasRepository, listArtifacts, type Reading } from './artifacts.ts';
import { buildManifests } from './build-manifests.ts';
import { noRepository } from './catalog.ts';
import { type HarborClient, splitRepository } from './client.ts';
import { Collection } from './collection.ts';
import { addHidden } from './hidden-artifacts.ts';
import type { Projects } from './projects.ts';
import type { PullPolicy } from './pull-policy.ts';

/** What the inventories of one Harbor share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: HarborClient;
  readonly registry: OciClient;
  readonly projects: Projects;
  readonly policy: PullPolicy;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads a repository by the REST API alone: Harbor counts reading a manifest by `/v2` as a pull, which would spoil the times that policies
 * judge by. It takes one request for each 100 artifacts, and those of {@link addHidden}. Throws `AUTH`, `UNREACHABLE` and `NOT_FOUND` for
 * the repository as a whole; anything else that cannot be read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  const { client, registry, projects, policy, limit, type } = context;
  const { signal, onProgress } = options;
  const parts = splitRepository(repository);
  if (!parts) throw await noRepository(client, repository, signal);
  const reading: Reading = { client, repository, signal };
  const problems = new Problems(signal);
  const collection = new Collection();
  let note: string | undefined;
  let isProxyCache: boolean | undefined;
  await problems.require(async () => {
    let read = 0;
    const listed = await listArtifacts(reading, IN_FULL, (more, total) => onProgress?.((read += more), total));
    if (listed.length === 0 && !(await hasRepository(reading))) {
      throw new ToolError('NOT_FOUND', `There is no repository ${client.label(repository)}.`, {
        hint: 'Check the name of the repository, and that the credentials may see it.',
      });
    }
    for (const artifact of listed) {
      const contradiction = collection.add(artifact);
      if (contradiction !== undefined) problems.add(`In ${client.label(repository)}, ${contradiction}.`);
    }
    await addHidden(collection, { reading, registry, projects, limit, problems });
    note = await policy.note(repository);
    isProxyCache = (await projects.find(parts.project))?.isProxyCache;
  });
  return {
    registry: client.name,
    type,
    repository,
    ...problems.verdict,
    ...(note !== undefined && { notes: [note] }),
    // Nothing can be pushed to what caches another registry (src/server/middleware/repoproxy).
    capabilities: { ...harborCapabilities(collection.artifacts.values()), ...(isProxyCache && { undo: false }) },
    manifests: buildManifests(collection),
  };
}

/** What Harbor tells. Before 2.11 it knows no artifact types; from then on every manifest has one, if only its config's. */
export function harborCapabilities(artifacts: Iterable<Artifact>): Capabilities {
  return {
    deleteTag: true,
    listUntagged: true,
    pushedAt: true,
    createdAt: true,
    pulledAt: true,
    tagTimes: true,
    labels: true,
    annotations: true,
    platforms: true,
    artifactType: [...artifacts].every(
      ({ mediaType, artifactType }) => artifactType !== '' || ![OCI_MANIFEST, DOCKER_MANIFEST].includes(mediaType),
    ),
    vulnerability: true,
    attachments: true,
    cascades: true,
  };
}
