import type { LimitFunction } from 'p-limit';
import { buildManifests } from '../../distribution/build-manifests.ts';
import type { ImageConfigs } from '../../distribution/image-config.ts';
import { readConfigs } from '../../distribution/image-configs.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { danglingProblem } from '../../distribution/dangling-problem.ts';
import { manifestCapabilities } from '../../distribution/manifest-capabilities.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import type { ReferrersApi } from '../../distribution/referrers.ts';
import { readTaggedGraph, type TaggedGraph } from '../../distribution/tagged-graph.ts';
import type { DanglingTag, Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import type { InventoryOptions } from '../registry.ts';
import type { GiteaClient } from './client.ts';
import { versionPath } from './deletion.ts';
import { readVersions, type Versions } from './versions.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: GiteaClient;
  readonly referrers: ReferrersApi;
  readonly cache: ContentCache | undefined;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads a repository: by the API all its versions, tagged and not, with their times; by the registry what tags point to, what manifests
 * say, and the configs of images. Throws `AUTH`, `UNREACHABLE` and `NOT_FOUND` for the repository as a whole; anything else that cannot be
 * read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  options.signal?.throwIfAborted();
  const problems = new Problems(options.signal);
  const reading = new GiteaReading(context, repository, options, problems);
  await problems.require(() => reading.all());
  const { client, type } = context;
  return {
    registry: client.name,
    type,
    repository,
    ...problems.verdict,
    ...(reading.dangling.length > 0 && { danglingTags: reading.dangling }),
    notes: [`The registry ${client.name} is Gitea or Forgejo. It frees what is deleted at once, so that "undo" cannot put it back.`],
    capabilities: CAPABILITIES,
    manifests: reading.manifests(),
  };
}

/** The reading of one repository. */
class GiteaReading {
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #progress: ReadingProgress;
  #versions: Versions = { tags: new Map(), digests: new Map() };
  #read: TaggedGraph | undefined;
  #configs: ImageConfigs;

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#progress = new ReadingProgress(options.onProgress);
    this.#problems = problems;
  }

  async all(): Promise<void> {
    const { client, referrers, cache, limit } = this.#context;
    const { signal, wants } = this.#options;
    this.#versions = await readVersions(client, this.#repository, signal);
    const { tags, digests } = this.#versions;
    this.#progress.found(tags.size + digests.size);
    const reading = { client: client.oci, repository: this.#repository, cache, signal };
    const shared = { reading, referrers, limit, problems: this.#problems, progress: this.#progress };
    this.#read = await readTaggedGraph([...tags.keys()], { ...shared, listed: digests.keys() });
    this.#configs = await readConfigs(reading, this.#read.tagged, {
      limit,
      problems: this.#problems,
      progress: this.#progress,
      areWanted: () => wants?.configs({ capabilities: CAPABILITIES, manifests: () => this.manifests() }) ?? true,
    });
    for (const one of this.dangling) {
      const address = client.address(versionPath(client, this.#repository, one.tag));
      const remedy = `or push it again, or take it off: curl -u USER -X DELETE ${address}`;
      this.#problems.add(danglingProblem(client.label(this.#repository, one.tag), one, remedy));
    }
  }

  get dangling(): readonly DanglingTag[] {
    return this.#read?.tagged.dangling ?? [];
  }

  manifests(): Manifest[] {
    const { tags: tagTimes, digests } = this.#versions;
    if (!this.#read) return [];
    // When a tag was first seen does not matter: Gitea tells when it was set.
    return buildManifests(this.#read.tagged, this.#configs).map((manifest): Manifest => {
      const own = manifest.tags.flatMap((tag): [string, string][] => {
        const time = tagTimes.get(tag);
        return time === undefined ? [] : [[tag, time]];
      });
      const [pushedAt] = [...own.map(([, time]) => time), digests.get(manifest.digest) ?? []].flat().toSorted().toReversed();
      return {
        ...manifest,
        ...(own.length > 0 && { tagTimes: Object.fromEntries(own) }),
        // Received last, under whatever name: each is a version of its own.
        ...(pushedAt !== undefined && { pushedAt }),
      };
    });
  }
}

/** What Gitea tells: everything that was pushed, and when; no pulls and no scans. Blobs go at once with what refers to them. */
const CAPABILITIES = manifestCapabilities({
  deleteTag: true,
  listUntagged: true,
  pushedAt: true,
  pulledAt: false,
  tagTimes: true,
  attachments: true,
  undo: false,
});
