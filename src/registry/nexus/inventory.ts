import type { LimitFunction } from 'p-limit';
import { buildManifests } from '../../distribution/build-manifests.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import type { ImageConfigs } from '../../distribution/image-config.ts';
import { readConfigs } from '../../distribution/image-configs.ts';
import { ImageTags, pushTimes } from '../../distribution/image-tags.ts';
import { readListedDocuments } from '../../distribution/listed-documents.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { manifestCapabilities } from '../../distribution/manifest-capabilities.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import { listTags } from '../../distribution/tags.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { byCodeUnit } from '../../domain/compare.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../domain/media-types.ts';
import type { InventoryOptions } from '../registry.ts';
import type { Component } from './component.ts';
import { namesOf } from './names-of.ts';
import { type HostedSettings, type NexusRepositories, whyLocked } from './nexus-repositories.ts';
import { deletesOciManifests } from './oci-manifests.ts';
import type { Place } from './routing.ts';
import type { TagSource } from './tags.ts';

/** What the inventories of one registry share. */
export interface InventoryContext extends TagSource {
  readonly type: string;
  readonly repositories: NexusRepositories;
  /** Why Nexus as a whole takes no changes; asked once. */
  readonly whyReadOnly: () => Promise<string | undefined>;
  readonly cache: ContentCache | undefined;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads a repository: its tags by the REST API, what they point to by digest, what indexes list, and the configs of its images. Throws
 * `AUTH`, `UNREACHABLE`, `NOT_FOUND` and `USAGE` for the repository as a whole; anything else that cannot be read becomes a problem.
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
  const own = `${new URL(context.client.url).host}/${repository}`;
  const names = (reading.names ?? []).filter((name) => name !== own).toSorted(byCodeUnit);
  return {
    registry: context.client.name,
    type: context.type,
    repository,
    ...problems.verdict,
    ...(names.length > 0 && { names }),
    ...(notes.length > 0 && { notes }),
    capabilities: CAPABILITIES,
    manifests: reading.manifests(),
  };
}

/** The reading of one repository. */
class Reading {
  /** Under which a runtime may pull it, as far as that is known. */
  names: readonly string[] | undefined;
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #progress: ReadingProgress;
  #documents: ReadonlyMap<Digest, ManifestDocument> = new Map();
  #place: Place | undefined;
  #tags = new ImageTags<Component>();
  #configs: ImageConfigs;
  #settings: HostedSettings | undefined;
  #readOnly: string | undefined;

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#progress = new ReadingProgress(options.onProgress);
    this.#problems = problems;
  }

  async all(): Promise<void> {
    const { client, routing, repositories, limit, cache, whyReadOnly } = this.#context;
    const { signal } = this.#options;
    const repository = this.#repository;
    const place = await routing.place(repository);
    this.#place = place;
    this.#readOnly = await whyReadOnly();
    this.#settings = await repositories.settings(place.hosted);
    this.names = await namesOf(client, repositories, place, this.#settings);
    this.#tags = await this.#readTags(place);
    const reading = { client: client.oci, repository, cache, signal };
    const shared = { limit, problems: this.#problems, progress: this.#progress };
    this.#documents = await readListedDocuments(reading, this.#tags, shared);
    const areWanted = (): boolean =>
      this.#options.wants?.configs({ capabilities: CAPABILITIES, manifests: () => this.manifests() }) ?? true;
    this.#configs = await readConfigs(reading, { documents: this.#documents, tags: this.#tags.byDigest() }, { ...shared, areWanted });
  }

  manifests(): Manifest[] {
    const locked = this.#whyLocked() !== undefined;
    return buildManifests({ documents: this.#documents, tags: this.#tags.byDigest() }, this.#configs).map((manifest): Manifest => {
      const pulledAt = manifest.tags
        .flatMap((tag) => this.#tags.get(tag)?.pulledAt ?? [])
        .toSorted()
        .at(-1);
      return {
        ...manifest,
        ...pushTimes(manifest.tags, this.#tags),
        ...(pulledAt !== undefined && { pulledAt }),
        ...(locked && { locked }),
      };
    });
  }

  /** What a reader should know of the repository, a sentence each. */
  notes(): string[] {
    const { client } = this.#context;
    const place = this.#place;
    if (!place) return [];
    const { name, format } = place.hosted;
    const label = `the Nexus repository ${name} of ${client.name}`;
    const why = this.#whyLocked();
    const { cleanupPolicies = [], writePolicy } = this.#settings ?? {};
    const ociManifests = [...this.#documents.values()].some(({ mediaType }) => mediaType === OCI_MANIFEST || mediaType === OCI_INDEX);
    return [
      ...(why === undefined ? [] : [`Nothing can be deleted in ${client.label(this.#repository)}: ${why}.`]),
      ...(this.#settings
        ? []
        : [
            `Whether ${label} is read-only, by which policies Nexus itself cleans it up, and under which other names runtimes pull from ` +
              `it is not known: Nexus does not tell it without the privilege nx-repository-admin-${format}-${name}-read.`,
          ]),
      ...(this.#settings && !this.names
        ? [
            `Under which other names runtimes pull from ${label} is not known: these credentials may not see the members of its groups ` +
              `(nx-repository-admin-${format}-*-read). Name them as mirrors in the config, or what is in use under them is not seen.`,
          ]
        : []),
      ...(writePolicy === 'ALLOW_ONCE' ? [`Tags in ${label} can be pushed once and not moved (ALLOW_ONCE); they can be deleted.`] : []),
      ...(cleanupPolicies.length === 0
        ? []
        : [`Nexus itself deletes tags in ${label}, whatever this plan says, by its cleanup policies: ${cleanupPolicies.join(', ')}.`]),
      ...(ociManifests && client.version && deletesOciManifests(client.version)
        ? [
            `Nexus ${client.version.text} does not understand OCI manifests (3.71 and later do): its task "Docker - Delete unused ` +
              `manifests and images" may delete those of ${label} that are in use. Upgrade before it runs.`,
          ]
        : []),
      // NEXUS-25991
      `Nexus records pulls from ${client.name} by tag alone: what is pulled by digest counts as never pulled, ` +
        'unless a source names it as in use.',
    ];
  }

  /** Why nothing can be deleted, a sentence without its period. */
  #whyLocked(): string | undefined {
    if (this.#readOnly !== undefined) return `Nexus ${this.#readOnly}`;
    const why = whyLocked(this.#settings?.writePolicy);
    return why === undefined ? undefined : `the Nexus repository ${this.#place?.hosted.name ?? ''} ${why}`;
  }

  /**
   * The tags with their components. They are compared with the list that `/v2` has of this image: the REST API leaves out without a word
   * what the account may not browse, and its list is older where other images were read meanwhile. Throws `NOT_FOUND` where there is no
   * such image, and `REGISTRY_ERROR` where both lists differ and a new one does too.
   */
  async #readTags(place: Place): Promise<ImageTags<Component>> {
    const { client, components } = this.#context;
    const { signal } = this.#options;
    let missing: string[] = [];
    for (let tries = 0; tries < 2; tries++) {
      const tags = await components.take(place, this.#repository);
      const listed = new Set(await listTags(client.oci, this.#repository, { signal }));
      missing = [...listed].filter((tag) => !tags.get(tag));
      // A tag that is gone by now is left out, so that it is not touched.
      for (const { tag } of tags.values()) if (!listed.has(tag)) tags.delete(tag);
      if (missing.length === 0) return tags;
    }
    const [first = ''] = missing;
    const others = missing.length === 1 ? '' : ` (and ${missing.length - 1} more)`;
    const message = `The tag ${client.label(this.#repository, first)}${others} is there, and the REST API of Nexus does not list it.`;
    throw new ToolError('REGISTRY_ERROR', message, {
      hint: `Check that these credentials may browse the whole Nexus repository ${place.hosted.name}, and run again.`,
    });
  }
}

/** What Nexus tells: nothing of manifests without a tag that no index lists. */
const CAPABILITIES = manifestCapabilities({
  deleteTag: true,
  listUntagged: false,
  pushedAt: true,
  pulledAt: true,
  tagTimes: true,
  cascades: true,
});
