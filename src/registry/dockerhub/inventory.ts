import type { LimitFunction } from 'p-limit';
import { Problems } from '../../distribution/problems.ts';
import type { ReferrersApi } from '../../distribution/referrers.ts';
import { byCodeUnit } from '../../domain/compare.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Capabilities, Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import { isSignatureType } from '../../domain/media-types.ts';
import type { InventoryOptions } from '../registry.ts';
import type { HubClient } from './client.ts';
import { Listing, readListing } from './listing.ts';
import type { HubImage } from './tags.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: HubClient;
  readonly referrers: ReferrersApi;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads a repository by the list of its tags, which tells the digests, what indexes hold, and when tags were pushed and pulled. No manifest
 * is read: that would count as a pull. Throws `AUTH`, `UNREACHABLE` and `NOT_FOUND` for the repository as a whole; anything else that
 * cannot be read becomes a problem.
 */
export async function readInventory(
  context: InventoryContext,
  repository: string,
  options: InventoryOptions,
): Promise<RepositoryInventory> {
  const { signal } = options;
  signal?.throwIfAborted();
  const problems = new Problems(signal);
  const reading = new Reading(context, repository, options, problems);
  await problems.require(() => reading.all());
  const notes = reading.notes();
  return {
    registry: context.client.name,
    type: context.type,
    repository,
    ...problems.verdict,
    ...(notes.length > 0 && { notes }),
    capabilities: CAPABILITIES,
    manifests: reading.manifests(),
  };
}

/** The reading of one repository. */
class Reading {
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #signed = new Set<Digest>();
  #listing = new Listing(new Map(), () => true);
  #attached = 0;

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#problems = problems;
  }

  async all(): Promise<void> {
    const { client, limit } = this.#context;
    const { signal, onProgress, wants } = this.#options;
    this.#listing = await readListing(client, this.#repository, { signal });
    const going = wants?.signatures === false ? wants.going({ capabilities: CAPABILITIES, manifests: () => this.manifests() }) : undefined;
    const tagged = [...this.#listing.tagged].filter((digest) => going?.has(digest) ?? true);
    let done = 0;
    await limit.map(tagged, async (digest) => {
      await this.#problems.attempt(() => this.#readAttached(digest));
      done += 1;
      onProgress?.(done, tagged.length);
    });
  }

  manifests(): Manifest[] {
    const tagged = [...this.#listing.tagged].map((digest) => this.#taggedManifest(digest));
    return [...tagged, ...this.#listing.untagged.map(untaggedManifest)].toSorted((a, b) => byCodeUnit(a.digest, b.digest));
  }

  /** What a reader should know of the repository, a sentence each. */
  notes(): string[] {
    const label = this.#context.client.label(this.#repository);
    const whose = this.#options.wants?.signatures === false ? ' of what may go' : '';
    return [
      `Docker Hub lists nothing that has no tag. What loses its last tag in ${label} stays stored, and counts as storage, until it is ` +
        'deleted in its web pages (Image Management).',
      ...(this.#attached === 0
        ? []
        : [
            `Attachments${whose} in ${label} that were pushed by digest alone: ${this.#attached}. ` +
              'Docker Hub keeps them when their image goes.',
          ]),
    ];
  }

  #taggedManifest(digest: Digest): Manifest {
    const own = this.#listing.on(digest).toSorted((a, b) => byCodeUnit(a.name, b.name));
    const [first] = own;
    if (!first) throw new TypeError('a digest with a tag has a tag');
    const { isIndex, mediaType, images } = first;
    const times = own.flatMap(({ name, pushedAt }) => (pushedAt === undefined ? [] : [[name, pushedAt] as const]));
    // Each push of a tag is one of the manifest.
    const pushedAt = newest(own.map((tag) => tag.pushedAt));
    const pulledAt = newest([...own.map((tag) => tag.pulledAt), ...(isIndex ? [] : images.map((image) => image.pulledAt))]);
    const platforms = [...new Set(images.flatMap(({ platform }) => platform ?? []))].toSorted(byCodeUnit);
    const locked = own.map(({ name }) => name).filter(this.#listing.isImmutable);
    return {
      digest,
      mediaType,
      size: isIndex ? 0 : images.reduce((sum, { size }) => sum + size, 0),
      tags: own.map(({ name }) => name),
      ...(times.length > 0 && { tagTimes: Object.fromEntries(times) }),
      ...(pushedAt !== undefined && { pushedAt }),
      ...(pulledAt !== undefined && { pulledAt }),
      children: isIndex ? [...new Set(images.map((image) => image.digest))].filter((child) => child !== digest) : [],
      ...(platforms.length > 0 && { platforms }),
      ...(locked.length > 0 && { lockedTags: locked }),
      ...(this.#signed.has(digest) && { signed: true }),
    };
  }

  /** Signatures that have no tag protect their image all the same. Reading the list of what is attached does not count as a pull. */
  async #readAttached(subject: Digest): Promise<void> {
    const { client, referrers } = this.#context;
    const { namespace, name } = client.place(this.#repository);
    for (const { digest, artifactType } of await referrers.list(`${namespace}/${name}`, subject, this.#options.signal)) {
      if (this.#listing.has(digest)) continue;
      this.#attached += 1;
      // What does not say what it is may be a signature.
      if (artifactType === undefined || isSignatureType(artifactType)) this.#signed.add(subject);
    }
  }
}

function untaggedManifest({ digest, platform, size, pushedAt, pulledAt }: HubImage): Manifest {
  return {
    digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size,
    tags: [],
    ...(pushedAt !== undefined && { pushedAt }),
    ...(pulledAt !== undefined && { pulledAt }),
    children: [],
    ...(platform !== undefined && { platforms: [platform] }),
  };
}

function newest(times: readonly (string | undefined)[]): string | undefined {
  return times.reduce((latest, time) => (latest === undefined || (time !== undefined && time > latest) ? time : latest), undefined);
}

/** What the list of tags tells: when tags were pushed and pulled; of images, not what is in them; nothing of what has no tag. */
const CAPABILITIES: Capabilities = {
  deleteTag: true,
  listUntagged: false,
  pushedAt: true,
  createdAt: false,
  pulledAt: true,
  tagTimes: true,
  labels: false,
  annotations: false,
  platforms: true,
  artifactType: false,
  vulnerability: false,
  cascades: true,
  undo: false,
};
