import type { LimitFunction } from 'p-limit';
import type { Digest } from '../../domain/digest.ts';
import type { Capabilities, Manifest, RepositoryInventory } from '../../domain/inventory.ts';
import { DAY_MS } from '../../domain/time.ts';
import { isSignatureType } from '../../domain/media-types.ts';
import { buildManifests } from '../../distribution/build-manifests.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { readConfigs } from '../../distribution/image-configs.ts';
import type { ImageConfigs } from '../../distribution/image-config.ts';
import { MOST_ENTRIES } from '../../distribution/list-bounds.ts';
import { listedManifests, type ManifestDocument } from '../../distribution/manifest-document.ts';
import { manifestCapabilities } from '../../distribution/manifest-capabilities.ts';
import { Problems } from '../../distribution/problems.ts';
import { ReadingProgress } from '../../distribution/reading-progress.ts';
import type { ReferrersApi } from '../../distribution/referrers.ts';
import type { InventoryOptions } from '../registry.ts';
import type { AutoPrune } from './auto-prune.ts';
import type { QuayClient } from './client.ts';
import type { Features } from './features.ts';
import type { ManifestSource } from './manifest-source.ts';
import { readPullTime } from './pull-times.ts';
import { readRepositorySettings, type RepositorySettings, whyLocked } from './repository-settings.ts';
import { findTag, type QuayTag, readSteadyTags } from './tags.ts';

/** What the inventories of one registry share. */
export interface InventoryContext {
  readonly type: string;
  readonly client: QuayClient;
  readonly source: ManifestSource;
  readonly referrers: ReferrersApi;
  readonly autoPrune: AutoPrune;
  /** Asked once for the registry. */
  readonly features: () => Promise<Features>;
  readonly cache: ContentCache | undefined;
  /** How much is read side by side, over all repositories. */
  readonly limit: LimitFunction;
}

/**
 * Reads a repository: its tags, what they point to, what indexes list, what is attached, and the configs of its images. Throws `AUTH`,
 * `UNREACHABLE` and `NOT_FOUND` for the repository as a whole; anything else that cannot be read becomes a problem.
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
  const { settings } = reading;
  const days = Math.floor(((settings?.restorableSeconds ?? 0) * 1000) / DAY_MS);
  const notes = reading.notes();
  return {
    registry: context.client.name,
    type: context.type,
    repository,
    ...problems.verdict,
    ...(notes.length > 0 && { notes }),
    ...(days > 0 && { recoverableDays: days }),
    capabilities: reading.capabilities,
    manifests: reading.manifests(),
  };
}

/** The reading of one repository. */
class Reading {
  settings: RepositorySettings | undefined;
  features: Features | undefined;
  readonly #context: InventoryContext;
  readonly #repository: string;
  readonly #options: InventoryOptions;
  readonly #problems: Problems;
  readonly #progress: ReadingProgress;
  readonly #documents = new Map<Digest, ManifestDocument>();
  readonly #pulledAt = new Map<Digest, string>();
  /** What is attached by its digest alone is not listed otherwise. */
  readonly #attached = new Map<Digest, { readonly subject: Digest; readonly signs: boolean }>();
  #tags = new Map<string, QuayTag>();
  #configs: ImageConfigs;
  #pruning: readonly string[] = [];

  constructor(context: InventoryContext, repository: string, options: InventoryOptions, problems: Problems) {
    this.#context = context;
    this.#repository = repository;
    this.#options = options;
    this.#progress = new ReadingProgress(options.onProgress);
    this.#problems = problems;
  }

  async all(): Promise<void> {
    const { client, autoPrune, features, limit, cache } = this.#context;
    const { signal, wants } = this.#options;
    const repository = this.#repository;
    this.settings = await readRepositorySettings(client, repository, signal);
    this.features = await features();
    if (this.features.autoPrune) this.#pruning = await autoPrune.notes(repository, this.settings.ofOrganization, signal);
    this.#tags = await readSteadyTags(client, repository, { signal });
    await this.#readDocuments();
    const all = [...this.#documents.keys()];
    if (wants?.signatures ?? true) await this.#each(all, (digest) => this.#readAttached(digest));
    if (wants?.pulls ?? true) await this.#readPullTimes(all);
    const soFar = { capabilities: this.capabilities, manifests: () => this.manifests() };
    const read = { documents: this.#documents, tags: this.#tagsByDigest() };
    this.#configs = await readConfigs({ client: client.oci, repository, cache, signal }, read, {
      limit,
      problems: this.#problems,
      progress: this.#progress,
      areWanted: () => wants?.configs(soFar) ?? true,
    });
    const going = wants && !(wants.signatures && wants.pulls) ? wants.going(soFar) : undefined;
    const those = all.filter((digest) => going?.has(digest) ?? true);
    if (wants?.signatures === false) await this.#each(those, (digest) => this.#readAttached(digest));
    if (wants?.pulls === false) await this.#readPullTimes(those);
  }

  get capabilities(): Capabilities {
    const { features, settings } = this;
    return capabilitiesOf({ pulledAt: features?.pullStatistics === true, undo: settings?.restorableSeconds !== 0 });
  }

  manifests(): Manifest[] {
    const tags = this.#tagsByDigest();
    const locked = whyLocked(this.settings?.state ?? 'NORMAL') !== undefined;
    const signed = new Set(
      [...this.#attached].flatMap(([digest, { subject, signs }]) => (signs && !this.#documents.has(digest) ? [subject] : [])),
    );
    return buildManifests({ documents: this.#documents, tags }, this.#configs).map((manifest): Manifest => {
      const own = manifest.tags.map((name) => this.#tags.get(name) as QuayTag);
      const times = own.flatMap(({ name, setAt }) => (setAt === undefined ? [] : [[name, setAt] as const]));
      const lockedTags = own.filter(({ immutable }) => immutable).map(({ name }) => name);
      const pulledAt = this.#pulledAt.get(manifest.digest);
      return {
        ...manifest,
        ...(times.length > 0 && { tagTimes: Object.fromEntries(times) }),
        ...(pulledAt !== undefined && { pulledAt }),
        ...(locked && { locked }),
        ...(lockedTags.length > 0 && { lockedTags }),
        ...(signed.has(manifest.digest) && { signed: true }),
      };
    });
  }

  /** What a reader should know of the repository, a sentence each. */
  notes(): string[] {
    const label = this.#context.client.label(this.#repository);
    const why = this.settings && whyLocked(this.settings.state);
    const ending = [...this.#tags.values()].filter(({ endsAt }) => endsAt !== undefined).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const whose = this.#options.wants?.signatures === false ? ' of what may go' : '';
    const attached = [...this.#attached.keys()].filter((digest) => !this.#documents.has(digest)).length;
    return [
      ...(why === undefined ? [] : [`Nothing can be deleted in ${label}: it ${why}.`]),
      ...ending.map(({ name, endsAt }) => `Quay itself deletes the tag ${label}:${name} at ${endsAt}, whatever this plan says.`),
      ...this.#pruning,
      ...(attached === 0
        ? []
        : [
            `Attachments${whose} in ${label} that were pushed by digest alone: ${attached}. Quay lets nobody delete them: they stay, ` +
              'and keep the space of what they are attached to, until the repository is deleted.',
          ]),
    ];
  }

  #tagsByDigest(): Map<Digest, string[]> {
    const tags = new Map<Digest, string[]>();
    for (const { name, digest } of this.#tags.values()) {
      const known = tags.get(digest);
      if (known) known.push(name);
      else tags.set(digest, [name]);
    }
    return tags;
  }

  /** Reads what has a tag, and what that lists, to any depth, each once. */
  async #readDocuments(): Promise<void> {
    const { client, source } = this.#context;
    const asked = new Set<Digest>();
    const tagged = this.#tagsByDigest();
    let wave = [...tagged.keys()];
    while (wave.length > 0) {
      const found = new Set<Digest>();
      for (const digest of wave) asked.add(digest);
      if (asked.size > MOST_ENTRIES)
        return this.#problems.add(`In ${client.label(this.#repository)}, there are more than 1,000,000 manifests.`);
      await this.#each(wave, async (digest) => {
        const document = await source.document(this.#repository, digest, this.#options.signal);
        // An index may list what was never pushed.
        if (!document) return this.#checkVanished(tagged.get(digest) ?? []);
        this.#documents.set(digest, document);
        for (const child of listedManifests(document)) if (!asked.has(child.digest)) found.add(child.digest);
      });
      wave = [...found];
    }
  }

  /** Tags that were listed and have no manifest: those that were deleted since are left out, so that they are not touched. */
  async #checkVanished(tags: readonly string[]): Promise<void> {
    const { client } = this.#context;
    for (const tag of tags) {
      const now = await findTag(client, this.#repository, tag);
      const before = this.#tags.get(tag);
      this.#tags.delete(tag);
      if (!now) continue;
      const what = now.digest === before?.digest ? 'is listed, and its manifest cannot be read' : 'was moved while the repository was read';
      this.#problems.add(`The tag ${client.label(this.#repository, tag)} ${what}. Run again.`);
    }
  }

  async #readAttached(subject: Digest): Promise<void> {
    for (const { digest, artifactType } of await this.#context.referrers.list(this.#repository, subject, this.#options.signal)) {
      // What does not say what it is may be a signature.
      this.#attached.set(digest, { subject, signs: artifactType === undefined || isSignatureType(artifactType) });
    }
  }

  async #readPullTimes(digests: readonly Digest[]): Promise<void> {
    const { client } = this.#context;
    if (!this.features?.pullStatistics) return;
    await this.#each(digests, async (digest) => {
      const time = await readPullTime(client, this.#repository, digest, this.#options.signal);
      if (time !== undefined) this.#pulledAt.set(digest, time);
    });
  }

  async #each(digests: readonly Digest[], read: (digest: Digest) => Promise<void>): Promise<void> {
    this.#progress.found(digests.length);
    await this.#context.limit.map(digests, async (digest) => {
      await this.#problems.attempt(() => read(digest));
      this.#progress.read();
    });
  }
}

/** What Quay tells: when tags were set, and not when images were pushed; nothing of manifests without a tag that no index lists. */
function capabilitiesOf({ pulledAt, undo }: { readonly pulledAt: boolean; readonly undo: boolean }): Capabilities {
  return manifestCapabilities({
    deleteTag: true,
    listUntagged: false,
    pushedAt: false,
    pulledAt,
    tagTimes: true,
    cascades: true,
    ...(!undo && { undo }),
  });
}
