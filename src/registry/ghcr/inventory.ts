import type { LimitFunction } from 'p-limit';
import { buildManifests } from '../../distribution/build-manifests.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { ImageConfigs } from '../../distribution/image-config.ts';
import { readConfigs } from '../../distribution/image-configs.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { ManifestReader } from '../../distribution/manifest-reader.ts';
import { noteTagsOfImages } from '../../distribution/note-tags.ts';
import { manifestCapabilities } from '../../distribution/manifest-capabilities.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import type { InventoryOptions } from '../registry.ts';
import type { GhcrClient } from './client.ts';
import { formerLists } from './former-lists.ts';
import { digestsOf, type PackageVersions, type Version, type Versions } from './versions.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: GhcrClient;
  readonly versions: PackageVersions;
  readonly cache: ContentCache | undefined;
  /** How many manifests are read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/** GitHub lets deleted versions be restored for so long (docs.github.com, "Deleting and restoring a package"). */
const RESTORABLE_DAYS = 30;
/** One to look at it, and one to delete it. */
const REQUESTS_A_DELETION = 2;

/**
 * Reads a package: its versions by the REST API, which lists them all, with and without a tag; and the manifest of each over `/v2/`, since
 * only that tells what an index holds and what something is attached to. Throws `AUTH`, `UNREACHABLE` and `NOT_FOUND` for the package as a
 * whole; anything else that cannot be read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  options.signal?.throwIfAborted();
  const problems = new Problems(options.signal);
  const reading = new Reading(context, repository, options, problems);
  await problems.require(() => reading.all());
  const notes = reading.notes();
  return {
    registry: context.client.name,
    type: context.type,
    repository,
    ...problems.verdict,
    ...(notes.length > 0 && { notes }),
    recoverableDays: RESTORABLE_DAYS,
    capabilities: CAPABILITIES,
    manifests: reading.manifests(),
  };
}

/** The reading of one package. */
class Reading {
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #progress: ReadingProgress;
  readonly #documents = new Map<Digest, ManifestDocument>();
  #versions: Versions = new Map();
  #firstSeen: ReadonlyMap<string, string> = new Map();
  #configs: ImageConfigs;

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#progress = new ReadingProgress(options.onProgress);
    this.#problems = problems;
  }

  async all(): Promise<void> {
    const { client, versions, cache, limit } = this.#context;
    const { signal } = this.#options;
    const repository = this.#repository;
    this.#versions = await versions.listSteadily(repository, { signal });
    if (this.#versions.size === 0) {
      this.#problems.add(`GitHub lists no version of ${client.label(repository)}, and a package has one at least. Run again.`);
    }
    digestsOf(this.#versions, `list the versions of ${client.label(repository)}`);
    this.#firstSeen = await noteTagsOfImages(cache, { registry: client.oci.url, repository }, this.#versions.values());
    const reading = { client: client.oci, repository, cache, signal };
    const reader = new ManifestReader(reading);
    this.#progress.found(this.#versions.size);
    await limit.map(this.#versions.values(), async (version) => {
      await this.#problems.attempt(() => this.#readDocument(reader, version));
      this.#progress.read();
    });
    for (const [digest, subject] of formerLists(this.#documents, this.#tags()))
      this.#documents.set(digest, { ...(this.#documents.get(digest) as ManifestDocument), subject });
    const read = { documents: this.#documents, tags: this.#tags() };
    this.#configs = await readConfigs(reading, read, {
      limit,
      problems: this.#problems,
      progress: this.#progress,
      areWanted: () => this.#options.wants?.configs({ capabilities: CAPABILITIES, manifests: () => this.manifests() }) ?? true,
    });
  }

  manifests(): Manifest[] {
    const tagged = [...this.#versions.values()].filter(({ tags }) => tags.length > 0);
    return buildManifests({ documents: this.#documents, tags: this.#tags(), firstSeen: this.#firstSeen }, this.#configs).map(
      (manifest): Manifest => {
        const pushedAt = this.#versions.get(manifest.digest)?.pushedAt;
        // GitHub never deletes the last version with a tag.
        const isLast = tagged.length === 1 && tagged[0]?.digest === manifest.digest;
        return { ...manifest, ...(pushedAt !== undefined && { pushedAt }), ...(isLast && { locked: true }) };
      },
    );
  }

  /** Where what is left of GitHub's limit does not do for deleting all of it. */
  notes(): string[] {
    const { left } = this.#context.client;
    if (!left || left.requests >= REQUESTS_A_DELETION * this.#versions.size) return [];
    return [
      `GitHub takes ${left.requests} more requests of this account until ${left.until}, whoever sends them, and a deletion takes ` +
        `${REQUESTS_A_DELETION}. What is not done then is left for another run.`,
    ];
  }

  async #readDocument(reader: ManifestReader, { digest, id }: Version): Promise<void> {
    const document = await reader.byDigest(digest, '');
    if (document) {
      this.#documents.set(digest, document);
      return;
    }
    const { client, versions } = this.#context;
    // It may have been deleted since the list, and is then left out.
    if (!(await versions.find(this.#repository, digest))) return;
    this.#problems.add(
      `The version ${client.label(this.#repository, digest)} is listed (id ${id}), and its manifest is not to be had, so that nobody can ` +
        'tell what it holds. Run again; if it stays so, delete this version in the web pages of the package.',
    );
  }

  #tags(): Map<Digest, readonly string[]> {
    return new Map([...this.#versions.values()].flatMap(({ digest, tags }) => (tags.length > 0 ? [[digest, tags] as const] : [])));
  }
}

/**
 * What GitHub tells. `created_at` of a version is when it was pushed; no time of a tag and no pull is told. A tag cannot be taken off
 * alone: it goes with its version.
 */
const CAPABILITIES = manifestCapabilities({
  deleteTag: false,
  listUntagged: true,
  pushedAt: true,
  pulledAt: false,
  tagTimes: false,
  attachments: true,
});
