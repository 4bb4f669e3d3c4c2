import type { LimitFunction } from 'p-limit';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Capabilities, RepositoryInventory } from '../../domain/inventory.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { ManifestReader } from '../../distribution/manifest-reader.ts';
import { Problems } from '../../distribution/problems.ts';
import { noteTagsOfImages } from '../../distribution/note-tags.ts';
import type { InventoryOptions } from '../registry.ts';
import { buildManifests } from './build-manifests.ts';
import type { GarClient } from './client.ts';
import { type DockerImage, imagesToRead } from './docker-image.ts';
import type { Images } from './images.ts';
import { type WholeImageName, repositoryResource } from './image-name.ts';
import { pages } from './pages.ts';
import { isThere, noSuchImage } from './presence.ts';
import { findRepositorySettings, type RepositorySettings } from './repository-settings.ts';
import { resolveTags, TAGS_TOLD } from './tags.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: GarClient;
  readonly images: Images;
  /** By the resource name of the repository of Artifact Registry: each is asked for once. */
  readonly settings: Map<string, Promise<RepositorySettings>>;
  readonly cache: ContentCache | undefined;
  /** How many manifests are read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads the images of one package. Throws `AUTH`, `UNREACHABLE` and `NOT_FOUND` for the package as a whole, and `REGISTRY_ERROR` if its
 * repository has no images of its own; anything else that cannot be read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  const { client, type } = context;
  const problems = new Problems(options.signal);
  const reading = new Reading(context, repository, options, problems);
  await problems.require(() =>
    reading.all().catch((error: unknown) => {
      options.signal?.throwIfAborted();
      if (!(error instanceof ToolError) || error.message.includes(repository)) throw error;
      // A list is shared, and its error names the repository of Artifact Registry alone.
      throw new ToolError(error.code, `Cannot read ${client.label(repository)}: ${error.message}`, { hint: error.hint, cause: error });
    }),
  );
  const settings = reading.settings;
  if (settings?.mode === 'virtual' || (settings && settings.format !== 'DOCKER')) throw holdsNothing(client.label(repository), settings);
  const capabilities = capabilitiesOf({ immutableTags: reading.immutableTags });
  return {
    registry: client.name,
    type,
    repository,
    ...problems.verdict,
    capabilities,
    manifests: buildManifests(reading),
  };
}

function holdsNothing(label: string, { id, format, mode }: RepositorySettings): ToolError {
  const what = mode === 'virtual' ? 'is a virtual repository, which has no images of its own' : `holds packages of the format ${format}`;
  const hint =
    mode === 'virtual' ? 'Name the images in the repositories that it stands for.' : 'Only repositories of the format DOCKER hold images.';
  return new ToolError('REGISTRY_ERROR', `Cannot read ${label}: ${id} ${what}.`, { hint });
}

/** The reading of one package. */
class Reading {
  readonly images = new Map<Digest, DockerImage>();
  readonly documents = new Map<Digest, ManifestDocument>();
  settings: RepositorySettings | undefined;
  firstSeen: ReadonlyMap<string, string> = new Map();
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #progress = { done: 0, total: 0 };

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#problems = problems;
  }

  get immutableTags(): boolean {
    return this.settings?.immutableTags === true;
  }

  async all(): Promise<void> {
    const { client, images, cache } = this.#context;
    const name = client.whole(this.#repository);
    const { signal } = this.#options;
    this.settings = await this.#findSettings(name);
    if (this.settings.mode === 'virtual' || this.settings.format !== 'DOCKER') return;
    const listed = await images.of(name, { signal, onPage: (count) => this.#options.onProgress?.(count, count) });
    for (const image of listed) this.images.set(image.digest, image);
    if (listed.length === 0) await this.#checkEmpty();
    await this.#completeTags();
    this.firstSeen = await noteTagsOfImages(cache, { registry: client.oci.url, repository: this.#repository }, this.images.values());
    const wanted = imagesToRead(listed);
    this.#progress.done = listed.length;
    this.#progress.total = listed.length + wanted.length;
    await this.#readManifests(wanted);
    this.#options.onProgress?.(this.#progress.total, this.#progress.total);
  }

  #findSettings(name: WholeImageName): Promise<RepositorySettings> {
    const { client, settings } = this.#context;
    const path = repositoryResource(name, client.place);
    let asked = settings.get(path);
    if (!asked) {
      asked = findRepositorySettings(client, name, client.label(this.#repository), this.#options.signal).catch((error: unknown) => {
        settings.delete(path);
        throw error;
      });
      settings.set(path, asked);
    }
    return asked;
  }

  /** The repository's list has no image of this package: either the package does not exist, or it is empty. */
  async #checkEmpty(): Promise<void> {
    const { client } = this.#context;
    const { signal } = this.#options;
    const doing = `read the images of ${client.label(this.#repository)}`;
    const path = client.packageOf(this.#repository);
    if (!(await client.find({ doing, permission: 'artifactregistry.packages.get', path, signal })))
      throw noSuchImage(client, this.#repository);
    for await (const page of pages(
      client,
      { doing, permission: 'artifactregistry.versions.list', path: `${path}/versions`, query: { pageSize: '1' }, signal },
      'versions',
    )) {
      if (page.length > 0)
        return this.#problems.add(`Artifact Registry lists no images of ${client.label(this.#repository)}, and has some. Run again.`);
    }
  }

  /** Lists the tags where the images do not tell all of them, or where one was moved from page to page and is on two images. */
  async #completeTags(): Promise<void> {
    const seen = new Set<string>();
    let incomplete = false;
    for (const { tags } of this.images.values()) {
      if (tags.length >= TAGS_TOLD) incomplete = true;
      for (const tag of tags) {
        if (seen.has(tag)) incomplete = true;
        seen.add(tag);
      }
    }
    if (!incomplete) return;
    const tags = new Map<Digest, string[]>();
    const all = await resolveTags(this.#context.client, this.#repository, { signal: this.#options.signal });
    for (const [tag, digest] of all) {
      const known = tags.get(digest);
      if (known) known.push(tag);
      else tags.set(digest, [tag]);
    }
    for (const [digest, image] of this.images) this.images.set(digest, { ...image, tags: tags.get(digest) ?? [] });
  }

  async #readManifests(wanted: readonly DockerImage[]): Promise<void> {
    const { client, cache, limit } = this.#context;
    const reader = new ManifestReader({ client: client.oci, repository: this.#repository, cache, signal: this.#options.signal });
    await limit.map(wanted, async ({ digest, mediaType }) => {
      await this.#problems.attempt(async () => {
        const document = await reader.byDigest(digest, mediaType ?? '');
        if (document) this.documents.set(digest, document);
        else if (await isThere(client, this.#repository, digest)) {
          this.#problems.add(
            `Artifact Registry lists ${client.label(this.#repository, digest)}, and says that it has no manifest. ` +
              'Push it again or delete it.',
          );
        } else {
          // Deleted since it was listed: what is not in the inventory is not touched.
          this.images.delete(digest);
        }
      });
      this.#progress.done += 1;
      this.#options.onProgress?.(this.#progress.done, this.#progress.total);
    });
  }
}

/**
 * What Artifact Registry tells of an image without reading its manifest and config: no labels, no annotations, and a platform only of what
 * an index lists. It does not record pulls, and does not tell when a tag was set. In a repository with immutable tags, no tag can be taken
 * off.
 */
function capabilitiesOf({ immutableTags }: { readonly immutableTags: boolean }): Capabilities {
  return {
    deleteTag: !immutableTags,
    listUntagged: true,
    pushedAt: true,
    createdAt: true,
    pulledAt: false,
    tagTimes: false,
    labels: false,
    annotations: false,
    platforms: false,
    artifactType: true,
    vulnerability: false,
    attachments: true,
  };
}
