import type { LimitFunction } from 'p-limit';
import { danglingRemedy, type Login } from './dangling-remedy.ts';
import { byCodeUnit } from '../../domain/compare.ts';
import { quoted } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { namesAnotherDigest } from '../../domain/attachment.ts';
import type { Capabilities, DanglingTag, Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { InventoryOptions } from '../registry.ts';
import { buildManifests } from '../../distribution/build-manifests.ts';
import type { TagDeletion } from './tag-deletion.ts';
import type { OciClient } from '../../distribution/client.ts';
import { danglingProblem } from '../../distribution/dangling-problem.ts';
import { readConfigs } from '../../distribution/image-configs.ts';
import { manifestCapabilities } from '../../distribution/manifest-capabilities.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import type { ReferrersApi } from '../../distribution/referrers.ts';
import type { Software } from './software.ts';
import { readTaggedGraph } from '../../distribution/tagged-graph.ts';
import { noSuchRepository, readTags } from '../../distribution/tags.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: OciClient;
  readonly cache: ContentCache | undefined;
  readonly referrers: ReferrersApi;
  /** What the registry is, as far as it can be told. */
  readonly software: () => Promise<Software | undefined>;
  readonly tagDeletion: TagDeletion;
  readonly login: () => Promise<Login>;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
  /** Lets one large repository at a time be read, since each takes much memory. */
  readonly large: LimitFunction;
  /** True of a repository that the registry's catalogue named. */
  readonly isListed: (repository: string) => boolean;
}

/** Tags of a repository that is large. */
const LARGE = 20_000;

/**
 * Reads a repository: its tags, what they point to, everything that can be reached from there, and the configs of its images. Throws
 * `AUTH`, `UNREACHABLE` and `NOT_FOUND` for the repository as a whole; anything else that cannot be read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  const { signal } = options;
  const tags = await tagsOrProblem(context, repository, signal);
  if (typeof tags === 'string')
    return inventoryOf(context, repository, { manifests: [], deleteTag: false, problems: [tags], dangling: [], notes: [] });
  const read = (): Promise<RepositoryInventory> => readListed(context, repository, tags, options);
  return tags.length < LARGE ? read() : context.large(read);
}

async function readListed(
  context: InventoryContext,
  repository: string,
  tags: readonly string[],
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  const { client, cache, limit, referrers, tagDeletion } = context;
  const { signal, onProgress } = options;
  const problems = new Problems(signal);
  const progress = new ReadingProgress(onProgress, tags.length);
  const reading = { client, repository, cache, signal };
  const { tagged, firstSeen } = await readTaggedGraph(tags, { reading, referrers, limit, problems, progress });
  const read = { ...tagged, firstSeen };
  const areWanted = (): boolean =>
    options.wants?.configs({ capabilities: capabilitiesOf(false), manifests: () => buildManifests(read, undefined) }) ?? true;
  const configs = await readConfigs(reading, read, { limit, problems, progress, areWanted });
  const manifests = buildManifests(read, configs);
  const { dangling } = tagged;
  const asks = dangling.length > 0 || (problems.list.length === 0 && sharesDigests(manifests));
  const deleteTag = asks && (await tagDeletion.isSupported(repository, signal));
  const takesOff = dangling.length > 0 && deleteTag ? await context.login() : undefined;
  const sentences = dangling.map((one) =>
    danglingProblem(client.label(repository, one.tag), one, danglingRemedy(client.url, repository, one.tag, takesOff)),
  );
  return inventoryOf(context, repository, {
    manifests,
    deleteTag,
    problems: [...problems.list, ...sentences].toSorted(byCodeUnit),
    dangling,
    notes: await notesOf(context),
  });
}

/** What the reader of a plan should know of the software of the registry; nothing where it cannot be found out now. */
async function notesOf({ client, software }: InventoryContext): Promise<string[]> {
  const known = await software().catch((error: unknown) => {
    if (error instanceof ToolError) return undefined;
    throw error;
  });
  if (!known) return [];
  const { title, refusal, note } = known;
  const refused = refusal && `A plan for it can be made, but not carried out: ${refusal.why}. ${refusal.instead}`;
  return [refused, note].flatMap((sentence) => (sentence === undefined ? [] : [`The registry ${client.name} is ${title}. ${sentence}`]));
}

/**
 * The tags; or a sentence if only the list of tags of this repository cannot be read, so that other repositories can still be. A repository
 * that the catalogue names and that the registry then does not know has lost its last tag.
 */
async function tagsOrProblem(
  context: InventoryContext,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | string> {
  const { client } = context;
  const listed = context.isListed(repository);
  if (listed && !isRepositoryName(repository))
    return `The registry ${client.name} lists ${quoted(repository)}, which is not the name of a repository.`;
  try {
    const tags = await readTags(client, repository, { signal });
    return tags ?? (listed ? [] : noSuchRepository(client, repository));
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    if (error.code === 'REGISTRY_ERROR' || error.code === 'BAD_RESPONSE' || (error.code === 'NOT_FOUND' && listed)) return error.message;
    throw error;
  }
}

interface Found {
  readonly manifests: readonly Manifest[];
  readonly deleteTag: boolean;
  /** Those of the dangling tags too. */
  readonly problems: readonly string[];
  readonly dangling: readonly DanglingTag[];
  readonly notes: readonly string[];
}

function inventoryOf({ type, client }: InventoryContext, repository: string, found: Found): RepositoryInventory {
  const { manifests, deleteTag, problems, dangling, notes } = found;
  const complete = problems.length === 0;
  return {
    registry: client.name,
    type,
    repository,
    complete,
    ...(!complete && { problems }),
    ...(dangling.length > 0 && { danglingTags: dangling }),
    ...(notes.length > 0 && { notes }),
    capabilities: capabilitiesOf(deleteTag),
    manifests,
  };
}

/**
 * What the OCI API tells: nothing of pushes, pulls, untagged manifests or scans. `deleteTag` is true only where it is needed and known, so
 * that an inventory says the same whatever was read before it.
 */
function capabilitiesOf(deleteTag: boolean): Capabilities {
  return manifestCapabilities({
    deleteTag,
    listUntagged: false,
    pushedAt: false,
    pulledAt: false,
    tagTimes: false,
    attachments: true,
  });
}

/** True if some digest has two or more tags that rules may select. Only then does it matter whether one tag can be taken off alone. */
function sharesDigests(manifests: readonly Manifest[]): boolean {
  return manifests.some(({ digest, tags }) => tags.length > 1 && tags.filter((tag) => !namesAnotherDigest(tag, digest)).length > 1);
}
