import type { LimitFunction } from 'p-limit';
import type { Digest } from '../../domain/digest.ts';
import type { Capabilities, RepositoryInventory } from '../../domain/inventory.ts';
import { isIndexType } from '../../domain/media-types.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { digestedBytes } from '../../distribution/content-digest.ts';
import { understand } from '../../distribution/manifest-content.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { type OwnPull, type OwnPulls, readingNow, readOwnPulls, writeOwnPulls } from '../../distribution/own-pulls.ts';
import { noteTagsOfImages } from '../../distribution/note-tags.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import type { InventoryOptions } from '../registry.ts';
import { ARCHIVE_MINIMUM_DAYS } from './archive.ts';
import type { Clock } from '../../http/clock.ts';
import { buildManifests } from './build-manifests.ts';
import type { EcrClient } from './client.ts';
import type { ImageDetail } from './image-detail.ts';
import type { Images } from './images.ts';
import type { Found, ManifestSource } from './manifest-source.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: EcrClient;
  readonly images: Images;
  readonly manifests: ManifestSource;
  /** True of an image whose manifest must be read because the list does not say everything about what belongs to it. */
  readonly mustRead: (image: ImageDetail) => boolean;
  readonly capabilities: Capabilities;
  readonly cache: ContentCache | undefined;
  readonly clock: Clock;
  /** By what the cache knows the registry. */
  readonly url: string;
  /** How many calls are made side by side for manifests, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * What ECR tells of an image without reading its manifest, which would be a pull. It tells nothing of the config, so that build time,
 * labels and platform are unknown, and no annotations. Times belong to images and not to tags.
 */
export const ECR_CAPABILITIES: Capabilities = {
  deleteTag: true,
  listUntagged: true,
  pushedAt: true,
  createdAt: false,
  pulledAt: true,
  tagTimes: false,
  labels: false,
  annotations: false,
  platforms: false,
  artifactType: true,
  vulnerability: true,
  attachments: true,
  archive: true,
};

/**
 * Reads a repository with one call for each 1000 images. Reading a manifest is a pull, so only the manifests that must be read and are not
 * in the cache are read, with one call for each 100, and the times of the pulls before that are kept. Throws `AUTH`, `UNREACHABLE` and
 * `NOT_FOUND` for the repository as a whole; anything else that cannot be read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  const { client, type, capabilities } = context;
  const problems = new Problems(options.signal);
  const reading = new Reading(context, repository, options, problems);
  await problems.require(() => reading.all());
  return {
    registry: client.name,
    type,
    repository,
    ...problems.verdict,
    ...(capabilities.archive && { archiveMinimumDays: ARCHIVE_MINIMUM_DAYS }),
    capabilities,
    manifests: buildManifests(reading),
  };
}

/** The reading of one repository. */
class Reading {
  readonly details = new Map<Digest, ImageDetail>();
  readonly documents = new Map<Digest, ManifestDocument>();
  ownPulls: OwnPulls = new Map();
  firstSeen: ReadonlyMap<string, string> = new Map();
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #progress: ReadingProgress;

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#progress = new ReadingProgress(options.onProgress);
    this.#problems = problems;
  }

  async all(): Promise<void> {
    const { images, mustRead, cache, url } = this.#context;
    const { signal } = this.#options;
    for await (const page of images.list(this.#repository, { signal })) {
      for (const detail of page) this.details.set(detail.digest, detail);
      this.#progress.found(page.length);
      this.#progress.read(page.length);
    }
    await this.#settleMovedTags();
    this.firstSeen = await noteTagsOfImages(cache, { registry: url, repository: this.#repository }, this.details.values());
    const wanted = [...this.details.values()].filter(mustRead);
    this.#progress.found(wanted.length);
    await this.#readManifests(wanted);
  }

  /** A tag that was moved from one page to another while they were read is on both: where it is now is asked. */
  async #settleMovedTags(): Promise<void> {
    const seen = new Set<string>();
    const moved = new Set<string>();
    for (const { tags } of this.details.values()) for (const tag of tags) (seen.has(tag) ? moved : seen).add(tag);
    if (moved.size === 0) return;
    const now = new Map<string, Digest | undefined>();
    for (const tag of moved) now.set(tag, (await this.#context.images.find(this.#repository, tag))?.digest);
    for (const [digest, detail] of this.details) {
      const tags = detail.tags.filter((tag) => !moved.has(tag) || now.get(tag) === digest);
      if (tags.length < detail.tags.length) this.details.set(digest, { ...detail, tags });
    }
  }

  async #readManifests(wanted: readonly ImageDetail[]): Promise<void> {
    const { cache, limit, manifests, url, capabilities } = this.#context;
    if (capabilities.pulledAt) this.ownPulls = await readOwnPulls(cache, url, this.#repository);
    const left: ImageDetail[] = [];
    for (const detail of wanted) {
      const bytes = cache?.read(detail.digest);
      if (bytes) await this.#take(detail, { manifest: { digest: detail.digest, mediaType: '', bytes } });
      else left.push(detail);
    }
    if (left.length + this.ownPulls.size > 0 && capabilities.pulledAt) await this.#rememberPulls(left);
    const batches = Array.from({ length: Math.ceil(left.length / manifests.most) }, (_, n) =>
      left.slice(n * manifests.most, (n + 1) * manifests.most),
    );
    await limit.map(batches, (batch) => this.#problems.attempt(() => this.#readBatch(batch)));
  }

  /**
   * Keeps what ECR tells of their last pulls before they are read, which it counts as a pull: the next plan is to be the same. Written down
   * before the first of them is read, and each time, so that it is not forgotten.
   */
  async #rememberPulls(read: readonly ImageDetail[]): Promise<void> {
    const { cache, clock, url } = this.#context;
    const now = new Date(clock.now()).toISOString();
    const pulls = new Map<Digest, OwnPull>();
    for (const [digest, pull] of this.ownPulls) if (this.details.has(digest)) pulls.set(digest, pull);
    for (const { digest, pulledAt } of read) pulls.set(digest, readingNow(pulledAt, this.ownPulls.get(digest), now));
    await writeOwnPulls(cache, url, this.#repository, pulls);
  }

  async #readBatch(batch: readonly ImageDetail[]): Promise<void> {
    const found = await this.#context.manifests.read(
      this.#repository,
      batch.map(({ digest }) => digest),
      this.#options.signal,
    );
    for (const detail of batch)
      await this.#problems.attempt(async () => {
        const one = found.get(detail.digest);
        await this.#take(detail, one);
        if (one && 'manifest' in one) await this.#context.cache?.write(detail.digest, one.manifest.bytes);
      });
  }

  async #take(detail: ImageDetail, found: Found | undefined): Promise<void> {
    const { digest, archived } = detail;
    const { client, images } = this.#context;
    const image = client.label(this.#repository, digest);
    this.#progress.read();
    if (found && 'manifest' in found) {
      const { bytes, mediaType } = found.manifest;
      const type = mediaType === '' ? (detail.mediaType ?? '') : mediaType;
      const document = {
        ...understand(digestedBytes(bytes, type) ?? bytes, digest, type, `read the manifest ${image}`),
        bytes: bytes.length,
      };
      if (detail.subject !== undefined && document.subject !== detail.subject) {
        this.#problems.add(
          `${client.service.title} lists ${image} as attached to ${detail.subject}, but it refers to ${document.subject ?? 'nothing'}.`,
        );
      }
      this.documents.set(digest, document);
    } else if (archived) {
      if (!isSingle(detail))
        this.#problems.add(
          `The index ${image} is in the archive, so that nobody can tell what belongs to it. Restore it, or delete it by hand.`,
        );
    } else if (await images.find(this.#repository, digest)) {
      this.#problems.add(
        found?.withheld ?? `${client.service.title} lists ${image}, and says that it has no manifest. Push it again or delete it.`,
      );
    } else {
      // Deleted since it was listed: what is not in the inventory is not touched.
      this.details.delete(digest);
    }
  }
}

/** True of an image that cannot hold others. */
function isSingle({ mediaType }: ImageDetail): boolean {
  return mediaType !== undefined && !isIndexType(mediaType);
}
